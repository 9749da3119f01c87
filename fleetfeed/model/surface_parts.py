"""The parts of a surface key: how a name is spelled in one, and folded.

`%XX` stands for a byte of UTF-8. All spellings of one name have one canonical part, and
a canonical part is its own: what would not be read as itself is escaped again in it.
"""

import re

from fleetfeed.util.invisible import INVISIBLE

_ESCAPE = rb"%([0-9A-Fa-f]{2})"
# What means something in a key.
_SIGNS = frozenset("%:/*?\\")


def decoded(part: str) -> str:
    """The name that `part` spells; bytes that are no UTF-8 are lone surrogates."""
    data = part.encode("utf-8", "surrogatepass")
    data = re.sub(_ESCAPE, lambda found: bytes([int(found[1], 16)]), data)
    return data.decode("utf-8", "surrogateescape")


def folded(name: str) -> str:
    """`name` as a file system sees it that folds case and Unicode; `_` as `-`."""
    if name.isascii():
        return name.lower().replace("_", "-")
    from unicodedata import normalize

    caseless = normalize("NFD", name).casefold()
    return normalize("NFC", caseless).replace("_", "-")


def canonical(part: str) -> str:
    """The one spelling of the name that `part` spells; outer blanks are none of it."""
    return _spelled(folded(decoded(part.strip())), "%02x")


def spelled(name: str) -> str:
    """How `name` is written in a key: as it is, but for what a key cannot have."""
    return _spelled(name, "%02X")


def escaped(ch: str) -> str:
    """A character by its bytes of UTF-8, such as `%E2%80%8D`."""
    return _escaped(ch, "%02X")


def unseen(text: str) -> str:
    """The first character of `text` that cannot be seen; empty where there is none."""
    if text.isprintable() and text.isascii():
        return ""
    return next((ch for ch in text if _cannot_be_seen(ch)), "")


def _cannot_be_seen(ch: str) -> bool:
    return not ch.isprintable() or bool(re.match(f"[{INVISIBLE}]", ch))


def _spelled(name: str, digits: str) -> str:
    last = len(name) - 1
    return "".join(
        _escaped(ch, digits)
        if ch in _SIGNS or _cannot_be_seen(ch) or (ch == " " and at in (0, last))
        else ch
        for at, ch in enumerate(name)
    )


def _escaped(ch: str, digits: str) -> str:
    data = ch.encode("utf-8", "surrogateescape")
    return "".join(f"%{digits % byte}" for byte in data)
