"""Where a post that was not written is wrong: in a flag, or in a file that was given.

The judge names a place in the post's file, and fields to write into it. Where a command
refuses, that file is not there, and nobody could look into it: what is to be written is
told as a flag.
"""

import re
import shlex
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from fleetfeed.cli.call import current
from fleetfeed.cli.fields import FLAGS
from fleetfeed.model.errors import Refused
from fleetfeed.model.fields import SPECS
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.post_reader import read_fields
from fleetfeed.util.records import replace

Given = Mapping[str, str]
"""Field -> the flag or the file that said it."""

_FLAG_OF = {field: f"--{flag.replace('_', '-')}" for flag, field in FLAGS.items()}
_FLAG_OF |= {"BODY": "--body", "EPOCH": "--epoch"}
"""Field -> the flag that says it."""

_OPEN = "…"
"""A value that whoever reads it fills in."""

_INDENT = 2
# Most runs look for none of these: `re` makes each when it is first used.
_BLOCK = r"[|>][+-]?"


@contextmanager
def told_by(given: Given | None) -> Iterator[None]:
    """Let a refusal within name what said a field, and the item for the rest.

    None: leave the places as they are.
    """
    try:
        yield
    except Refused as refused:
        found = as_given(refused.findings, refused.unwritten, given)
        for old, new in zip(refused.findings, found, strict=True):
            if str(refused) == old.sentence:
                refused.args = (new.sentence,)
        refused.findings = found
        raise


def as_given(
    findings: tuple[Finding, ...],
    texts: Mapping[str, str],
    given: Given | None,
    *,
    written: bool = False,
) -> tuple[Finding, ...]:
    """`findings` about the posts `texts`, by their paths, as `told_by` tells them.

    `written` says that the posts are on the feed: what is wrong is amended there.
    """
    if given is None:
        return findings
    return tuple(
        _as_given(found, texts[found.place.path], given, written=written)
        if found.place.path in texts
        else found
        for found in findings
    )


def _as_given(found: Finding, text: str, given: Given, *, written: bool) -> Finding:
    field, line, column = _field_at(text, found.place)
    item, source = _about(found.place.path), given.get(field)
    other = f"fleetfeed claim {item}"
    if written:
        state = (read_fields(text.encode()) or {}).get("STATE")
        other = f"fleetfeed append {item} --state {state}"
    # The place says which flag it is.
    told = found.message.removeprefix(f"{field}: ") if source else found.message
    message = _with_flags(told, other, again=not written)
    if source is None:
        mended = _as_flag(found.mended, other)
        return replace(found, place=Place(item), message=message, mended=mended)
    mended = found.mended.removeprefix(" " * _INDENT) if line else ""
    if not line and source.startswith("--"):
        mended = _as_flag(found.mended, other, {field: source})
    place = Place(source, line, column)
    return replace(found, place=place, message=message, mended=mended)


def _as_flag(mended: str, other: str, said: Given | None = None) -> str:
    """The mended line of a post as the flag that says the same; empty if it cannot.

    That is the flag that has `said` this very field, where it was one of the command's
    own. One that the command lacks is a flag of the command `other`.
    """
    fields = read_fields(f"{mended}\n".encode()) if mended else None
    for name, value in (fields or {}).items():
        if not isinstance(value, str):
            break
        if said and name in said and name in SPECS:
            return f"{said[name]} {shlex.quote(value)}"
        known = _flag(name, value)
        there = not known or _flag(name, value, _options())
        return known if there else f"{other} {known}"
    return ""


_LINE = r"`([A-Z][A-Z0-9_]*): ([^`]*)`"
_QUOTED = r"('[^']*'|`[^`]*`)"


def _with_flags(message: str, other: str, *, again: bool) -> str:
    """`message` with flags for the lines and the fields that nobody has written.

    A flag that the command lacks is one of the command `other`; so are all where that
    which runs is not to be typed `again`.
    """

    def as_flag(line: re.Match[str]) -> str:
        known = _flag(line[1], line[2])
        there = _flag(line[1], line[2], _options())
        if known and not (there and again):
            return f"`{other} {known}`"
        return f"`{there}`" if there else line[0]

    pieces = re.split(_QUOTED, re.sub(_LINE, as_flag, message))
    pieces[::2] = [re.sub(_FIELD, _named, piece) for piece in pieces[::2]]
    return "".join(pieces)


_FIELD = r"(?<![^\s(])(?:(with|and) a )?([A-Z][A-Z_]*)(?=[\s;,:.)]|$)"


def _named(field: re.Match[str]) -> str:
    """The flag for a field that a sentence names; others, and prose, as they are."""
    flag = _FLAG_OF.get(field[2])
    if flag is None or flag not in _options() or flag == "--owner":
        return field[0]
    return f"{field[1]} {flag}" if field[1] else flag


def _flag(name: str, value: str, options: Container[str] | None = None) -> str:
    """How a command is told that a field has that value; empty where it is not.

    It is not, either, where the flag is none of `options`.
    """
    if name not in SPECS:
        own = f"{name}={value}"
        return f"--field {own if value == _OPEN else shlex.quote(own)}"
    flag = _FLAG_OF.get(name, "")
    if not flag or (options is not None and flag not in options):
        return ""
    return f"{flag} {value if value == _OPEN else shlex.quote(value)}"


def _options() -> Container[str]:
    """The flags of the command that runs."""
    call = current()
    return call.flags if call else ()


def _field_at(text: str, place: Place) -> tuple[str, int, int]:
    """The field that stands at `place`, and the line and column in its text.

    Both are 0 where the value stands on one line with its name: then it is short.
    """
    lines = text.split("\n")
    for number in range(min(place.line, len(lines)), 0, -1):
        name, colon, value = lines[number - 1].partition(":")
        if colon and name[:1] not in ("", " ", "-"):
            within = place.line - number
            if within and re.fullmatch(_BLOCK, value.strip()):
                return name, within, max(1, place.column - _INDENT)
            return name, 0, 0
    return "", 0, 0


def _about(path: str) -> str:
    """The item that a post's path is of; `note` for a note."""
    *_, item, _ = ("note", *path.split("/"))
    return item if "-" in item else "note"
