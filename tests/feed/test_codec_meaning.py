"""Whoever changes what a remembered item means is reminded of `MEANING`."""

import hashlib
from pathlib import Path

import fleetfeed
from fleetfeed.feed.codec import MEANING

PACKAGE = Path(fleetfeed.__file__).parent

# What decides of a post what is remembered, from its bytes to a row.
SOURCES = [
    "feed/codec.py", "feed/tree_reader.py", "feed/seal_format.py", "feed/seal_view.py", "feed/shards.py",
    "feed/summary.py", "feed/surface_index.py", "model/fields.py", "model/item.py",
    "model/layout.py", "model/names.py", "model/post*.py", "model/surface.py",
    "model/surface_parts.py",
    "model/yaml/*.py", "repo/cache_file.py", "util/intervals.py",
]  # fmt: skip

RECORDED = (10, "21b30ccba1dde6ba")
"""A meaning, and the fingerprint of the sources that it stands for."""


def code(text: str) -> str:
    """A source without blank lines, indentation and lines that are comments.

    No tokens and no syntax tree: those of two Pythons differ.
    """
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def fingerprint() -> str:
    """Of all sources, as one."""
    files = sorted(file for source in SOURCES for file in PACKAGE.glob(source))
    assert len(files) > 20
    whole = "\n".join(code(file.read_text("utf-8")) for file in files)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def test_the_meaning_stands_for_these_sources():
    assert (MEANING, fingerprint()) == RECORDED, (
        "how posts become remembered items has changed. If any post could now be read or "
        "folded otherwise, or a row looks otherwise, raise MEANING in fleetfeed/feed/codec.py "
        "(or FORM in fleetfeed/repo/cache_file.py), so that what older versions remembered is not "
        "read; then record the new fingerprint here"
    )


def test_a_fingerprint_sees_code_and_no_comment():
    assert code("# one\na = 1\n\n\nb = 2\n") == code("a = 1\n    b = 2\n")
    assert code("a = 1\n") != code("a = 2\n")
