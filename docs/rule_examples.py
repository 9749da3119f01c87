# ruff: noqa: INP001 - beside the pages, not a package
"""The rules' examples, out of the table that tests run: tests/judge/rule_table.py."""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from judge.rule_table import ROWS, Odd, Row

from fleetfeed.feed.objects import MODES

_MOST_LINES = 8


def examples(code: str) -> str:
    """One example that the rule `code` finds fault with, and one that passes."""
    bad, good = (_first(code, fails=fails) for fails in (True, False))
    return f"Found fault with: {_example(bad)}\nPasses: {_example(good)}"


@cache
def _first(code: str, *, fails: bool) -> Row:
    return next(row for row in ROWS if row.code == code and row.fails is fails)


def _example(row: Row) -> str:
    how = f" ({row.how})" if row.how else ""
    said = [f"`{s.code}` {_at(s.at)}: … {s.words} …" for s in row.expected]
    found = "".join(f"* {each}\n" for each in dict.fromkeys(said))
    files = "\n".join(_files(row))
    block = f"\n````yaml\n{files}\n````\n" if files else ""
    return f"{row.name}{how}\n{block}{found and chr(10) + found}"


def _at(place: str) -> str:
    return f"at {place}" if place != "-" else "of the file or ref"


def _files(row: Row) -> Iterator[str]:
    if row.policy:
        yield f"# the policy\n{row.policy.rstrip()}"
    if row.signs != "unknown":
        yield f"# the lease of every item: {row.signs}"
    for name, what in row.before.items():
        yield f"# there already: {name}\n{_text(what)}"
    for name, what in row.after.items():
        yield f"# new: {name}\n{_text(what)}"


def _text(what: str | bytes | Odd | None) -> str:
    if what is None:
        return "# (taken away)"
    if isinstance(what, Odd):
        return f"# ({MODES[what.mode]})\n{_text(what.text)}"
    text = what if isinstance(what, str) else what.decode("utf-8", "backslashreplace")
    lines = text.replace("\r\n", "␍\n").splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… ({len(lines)} lines)"]
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    return "".join(
        ch if ch.isprintable() else ch.encode("unicode_escape").decode("ascii")
        for ch in line
    )
