"""Whether a surface key is written as it may be, and what it means where it is not."""

import re
from collections.abc import Callable

from fleetfeed.model.surface_parts import (
    LONGEST_NAME,
    decoded,
    escaped,
    first_invisible,
)
from fleetfeed.util.records import record

LONGEST_KEY = LONGEST_NAME
"""The longest key, in bytes of UTF-8."""

_EVERYTHING = frozenset({"all", "any", "*", "**", "everything"})
_STARS = frozenset({"*", "**"})
_HEAD = 2  # lane and family
# A flaw that is mended may show another one; a key has fewer kinds of them.
_MOST_MENDS = 8

# What a text may have around it. Other blanks would be dropped, and seen by nobody.
_BLANKS = " \t\n"

_FOLDER = "claim the folder that it lies in"
_BELOW = "a key holds what is below it: name the folder, or write %2A for a star"


@record
class Flaw:
    """What is wrong with a key: a rule's code, why, and the key without this flaw.

    `mended` is empty where nobody knows; it may have other flaws.
    """

    code: str
    why: str
    mended: str = ""


def shape_flaw(text: str) -> Flaw | None:
    """The first thing that is wrong with a key as written; None where nothing is."""
    written = text.strip(_BLANKS)
    found = (check(written) for check in _CHECKS)
    return next((flaw for flaw in found if flaw), None)


def key_meant(text: str) -> str:
    """The lawful key that a flawed one probably means; empty where nobody knows."""
    meant = text
    for _ in range(_MOST_MENDS):
        flaw = shape_flaw(meant)
        if flaw is None:
            return "" if meant == text else meant.strip()
        meant = flaw.mended
    return ""


def _too_long(key: str) -> Flaw | None:
    many = len(key.encode("utf-8", "surrogatepass"))
    if many <= LONGEST_KEY:
        return None
    return Flaw("FF201", f"has {many} bytes, more than {LONGEST_KEY}; {_FOLDER}")


def _says_everything(key: str) -> Flaw | None:
    """The artifact is `all` or the like, or its last part a star."""
    pieces = [piece for piece in _pieces(_cut(key)[1].casefold()) if piece]
    if pieces and pieces[-1] in _STARS:
        return Flaw("FF203", f"says everything; {_BELOW}", _above(key, "*"))
    if not names_everything(key):
        return None
    todo = "name the artifact that is being changed"
    named = f"%{ord(pieces[0][0]):02X}{pieces[0][1:]}"
    return Flaw("FF203", f"says everything; {todo} ({named} if it is called that)")


def names_everything(key: str) -> bool:
    """Whether the artifact is made of words such as `all` alone."""
    pieces = [piece for piece in _pieces(_cut(key)[1].casefold()) if piece]
    return bool(pieces) and _EVERYTHING.issuperset(pieces)


def _sign(key: str) -> Flaw | None:
    """No sign that stands for something else in a pattern or a path of Windows."""
    if "\\" in key:
        why = "has a backslash; write / in its place, or %5C where a name has one"
        return Flaw("FF201", why, key.replace("\\", "/"))
    if "*" in key:
        return Flaw("FF201", f"has *; {_BELOW}", _above(key, "*"))
    if "?" in key:
        why = "has ?; write %3F where a name has one, or name the folder"
        return Flaw("FF201", why, key.replace("?", "%3F"))
    return None


def _invisible(key: str) -> Flaw | None:
    """Nothing that cannot be seen, or that is no text."""
    bad = first_invisible(key)
    if not bad:
        return None
    if "\ud800" <= bad <= "\udfff":
        return Flaw("FF201", f"has {bad!a}, which is no UTF-8; {_FOLDER}")
    mended = "".join(escaped(ch) if first_invisible(ch) else ch for ch in key)
    return Flaw("FF201", f"has {bad!a}, unseen; write {escaped(bad)}", mended)


def _escape(key: str) -> Flaw | None:
    """A percent sign comes with two digits, and what they spell can be in a name."""
    if "%" not in key:
        return None
    mended = re.sub("%(?![0-9A-Fa-f]{2})", "%25", key)
    if mended != key:
        why = "has a % without the two digits of a byte; write %25 for a percent sign"
        return Flaw("FF201", why, mended)
    names = decoded("\n".join(_pieces(key)))
    if any("\udc80" <= ch <= "\udcff" for ch in names):
        why = "has %XX that is no UTF-8; write %25 for a percent sign"
        return Flaw("FF201", f"{why}, or {_FOLDER}")
    if "/" in names:
        mended = re.sub("%2f", "/", key, flags=re.IGNORECASE)
        return Flaw("FF201", "has %2F, and no name has a slash; write /", mended)
    if "\0" in names:
        return Flaw("FF201", "has %00, which no name has; take it out")
    return None


def _too_local(key: str) -> Flaw | None:
    if ":" in key:
        return None
    todo = "write lane:family:artifact (`fleetfeed surface PATH` prints a path's key)"
    return Flaw("FF202", f"has one segment; {todo}")


def _empty(key: str) -> Flaw | None:
    if all(_pieces(key)):
        return None
    head, artifact = _cut(key)
    mended = re.sub("[:/]+", _first, artifact.strip(":/"))
    why = "has an empty segment; take out the `:` or `/` too many"
    return Flaw("FF201", why, f"{head}:{mended}" if all(_pieces(head)) else "")


def _first(signs: re.Match[str]) -> str:
    return signs[0][0]


def _outer_blank(key: str) -> Flaw | None:
    """A blank that somebody means is written: outer ones are seen by nobody."""
    pieces = _pieces(key)
    if all(piece == piece.strip(" ") for piece in pieces):
        return None
    head, artifact = _cut(key)
    head = re.sub(" *: *", ":", head).strip(" ")
    mended = re.sub("(?<![^:/]) | (?![^:/])", "%20", artifact)
    why = "has a blank at the edge of a segment; take it out, or write %20"
    return Flaw("FF201", why, f"{head}:{mended}")


def _dots(key: str) -> Flaw | None:
    """No `.` and no `..`, which would be another spelling."""
    if not any(decoded(piece) in (".", "..") for piece in _pieces(key)):
        return None
    head, artifact = _cut(key)
    kept: list[str] = []
    for piece in _pieces(artifact):
        name = decoded(piece)
        if name == ".." and not kept:
            break
        if name == "..":
            kept.pop()
        elif name != ".":
            kept.append(piece)
    else:
        mended = f"{head}:{'/'.join(kept)}"
        return Flaw("FF201", f"{_DOTS}; write the path without it", mended)
    return Flaw("FF201", f"{_DOTS}; write the path from the top of the work tree")


_DOTS = "has a segment . or .."


def _nameless(key: str) -> Flaw | None:
    """Lane and family are names, with a letter or a digit."""
    pieces = _pieces(_cut(key)[0])
    if all(any(ch.isalnum() for ch in decoded(piece)) for piece in pieces):
        return None
    return Flaw("FF201", "has a lane or family without a letter or digit; name it")


def _too_broad(key: str) -> Flaw | None:
    if _cut(key)[1]:
        return None
    return Flaw("FF203", "names a whole family; write lane:family:artifact")


_CHECKS: tuple[Callable[[str], Flaw | None], ...] = (
    _too_long,
    _says_everything,
    _sign,
    _invisible,
    _escape,
    _too_local,
    _empty,
    _outer_blank,
    _dots,
    _nameless,
    _too_broad,
)


def _cut(key: str) -> tuple[str, str]:
    """Lane and family, and the artifact: all that stands behind the second colon."""
    parts = key.split(":")
    return ":".join(parts[:_HEAD]), ":".join(parts[_HEAD:])


def _pieces(key: str) -> list[str]:
    return key.replace("/", ":").split(":")


def _above(key: str, sign: str) -> str:
    """The key of what holds all that a pattern with `sign` may mean, if any does."""
    head, artifact = _cut(key)
    plain = artifact.partition(sign)[0]
    folder = re.sub("(^|[:/])[^:/]*$", "", plain)
    return f"{head}:{folder}" if folder and sign not in head else ""
