"""The parts of a surface key: how a name is spelled in one, and folded.

`%XX` stands for a byte of UTF-8. All spellings of one name have one canonical part, and
a canonical part is its own: what would not be read as itself is escaped again in it.
"""

import re

from fleetfeed.util.invisible import INVISIBLE

LONGEST_NAME = 1024
"""Characters; no lawful key has so many bytes."""

_ESCAPE = rb"%([0-9A-Fa-f]{2})"
# What no name has in a key as it is; a colon and a slash part names.
_ESCAPED = frozenset("%*?\\")
# Text may have variants of letters and pictures, and a joiner of marks; in a key each
# would be another name that looks the same.
_UNSEEN = f"{INVISIBLE}\u034f\u180b-\u180f\ufe00-\ufe0f"
_SIGNS = f"%*?\\\\:/{_UNSEEN}"


def decoded(part: str) -> str:
    """The name that `part` spells; bytes that are no UTF-8 are lone surrogates."""
    if "%" not in part and part.isascii():
        return part
    data = part.encode("utf-8", "surrogatepass")
    data = re.sub(_ESCAPE, lambda found: bytes([int(found[1], 16)]), data)
    return data.decode("utf-8", "surrogateescape")


def folded(name: str) -> str:
    """`name` as a file system sees it that folds case and Unicode; `_` as `-`."""
    if name.isascii():
        return name.lower().replace("_", "-")
    if len(name) > LONGEST_NAME:
        # To put n marks in order takes n², and no key of that length is lawful.
        return name.casefold().replace("_", "-")
    from unicodedata import normalize

    caseless = normalize("NFD", name).casefold()
    return normalize("NFC", caseless).replace("_", "-")


def is_plain(text: str) -> bool:
    """Whether nothing in `text` is escaped, or has to be: nearly all keys are so."""
    return text.isascii() and text.isprintable() and _ESCAPED.isdisjoint(text)


def canonical(part: str) -> str:
    """The one spelling of the name that `part` spells; outer blanks are none of it."""
    part = part.strip()
    return folded(part) if is_plain(part) else _spelled(folded(decoded(part)), "%02x")


def spelled(name: str) -> str:
    """How `name` is written in a key: as it is, but for what a key cannot have."""
    return _spelled(name, "%02X")


def escaped(ch: str) -> str:
    """A character by its bytes of UTF-8, such as `%E2%80%8D`."""
    return _escaped(ch, "%02X")


def first_invisible(text: str) -> str:
    """The first character of `text` that cannot be seen; empty where there is none."""
    if text.isprintable() and text.isascii():
        return ""
    return next((ch for ch in text if _cannot_be_seen(ch)), "")


def _cannot_be_seen(ch: str) -> bool:
    return not ch.isprintable() or bool(re.match(f"[{_UNSEEN}]", ch))


def _spelled(name: str, digits: str) -> str:
    pattern = rf"^ | \Z|[{_SIGNS}]"
    text = re.sub(pattern, lambda found: _escaped(found[0], digits), name)
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() else _escaped(ch, digits) for ch in text)


def _escaped(ch: str, digits: str) -> str:
    data = ch.encode("utf-8", "surrogateescape")
    return "".join(f"%{digits % byte}" for byte in data)
