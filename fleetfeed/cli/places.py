"""Where a post that was not written is wrong: in a flag, or in a file that was given.

The judge names a place in the post's file. Where a command refuses, that file is not
there, and nobody could look into it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fleetfeed.model.errors import Refused
from fleetfeed.model.findings import Finding, Place
from fleetfeed.util.records import replace

Given = Mapping[str, str]
"""Field -> the flag or the file that said it."""

_INDENT = 2
_BLOCK = re.compile(r"[|>][+-]?")


@contextmanager
def told_by(given: Given | None) -> Iterator[None]:
    """Let a refusal within name what said a field, and the item for the rest.

    None: leave the places as they are.
    """
    try:
        yield
    except Refused as refused:
        texts = {} if given is None else refused.unwritten
        refused.findings = tuple(
            _as_given(found, texts[found.place.path], given or {})
            if found.place.path in texts
            else found
            for found in refused.findings
        )
        raise


def _as_given(found: Finding, text: str, given: Given) -> Finding:
    field, line, column = _field_at(text, found.place)
    source = given.get(field)
    if source is None:
        return replace(found, place=Place(_about(found.place.path)), mended="")
    mended = found.mended.removeprefix(" " * _INDENT) if line else ""
    if not line and source.startswith("--"):
        mended = _as_flag(source, field, found.mended)
    return replace(found, place=Place(source, line, column), mended=mended)


def _as_flag(flag: str, field: str, mended: str) -> str:
    """The mended line of a post as the flag that says the same; empty if it cannot."""
    import shlex  # late: no command that goes through needs it

    from fleetfeed.model.yaml.nodes import Scalar
    from fleetfeed.model.yaml.reader import load

    table, _ = load(f"{mended}\n".encode(), "")
    value = table.get(field) if table else None
    return f"{flag} {shlex.quote(value.text)}" if isinstance(value, Scalar) else ""


def _field_at(text: str, place: Place) -> tuple[str, int, int]:
    """The field that stands at `place`, and the line and column in its text.

    Both are 0 where the value stands on one line with its name: then it is short.
    """
    lines = text.split("\n")
    for number in range(min(place.line, len(lines)), 0, -1):
        name, colon, value = lines[number - 1].partition(":")
        if colon and name[:1] not in ("", " ", "-"):
            within = place.line - number
            if within and _BLOCK.fullmatch(value.strip()):
                return name, within, max(1, place.column - _INDENT)
            return name, 0, 0
    return "", 0, 0


def _about(path: str) -> str:
    """The item that a post's path is of; `note` for a note."""
    *_, item, _ = ("note", *path.split("/"))
    return item if "-" in item else "note"
