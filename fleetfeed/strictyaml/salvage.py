"""What can still be made out in a file that `load` refuses.

An unreadable post must not free what it claimed: the surfaces that can be read in it
stay held until somebody repairs it. So this reads generously, both halves of a
conflict included; it is no way to read a good post.
"""

import re

MAX_BYTES = 1024 * 1024
MAX_VALUES = 100

_MARKER = re.compile(r"<{7}|>{7}|={7}|\|{7}")
_BLOCK_HEAD = re.compile(r"[|>][-+1-9]*$")
_PROPERTIES = re.compile(r"\A(?:[&!]\S*+[ \t]++)+")


def salvage(data: bytes, name: str) -> tuple[str, ...]:
    """The values of the field `name`, scalar or list, as far as they can be read.

    Never raises; takes time linear in the size of the file.
    """
    # Without its nulls, UTF-16 of ASCII letters is ASCII.
    text = data[:MAX_BYTES].decode("utf-8", "ignore").replace("\0", "")
    found: dict[str, None] = {}
    inside = False  # in the lines of `name`
    block = False  # in the text of another field's `|` block
    for line in text.lstrip("\ufeff").splitlines():
        bare = line.strip()
        if not bare or bare.startswith("#") or _MARKER.match(bare):
            continue
        goes_on = line[0] in " \t-]"
        field, colon, rest = bare.partition(":")
        if colon and _unquoted(field) == name and not (block and goes_on):
            inside = True
            found |= dict.fromkeys(_values(rest))
        elif goes_on and inside and not re.match(r"[A-Z_]+:(?:\s|$)", bare):
            found |= dict.fromkeys(_values(bare.removeprefix("-")))
        elif not (goes_on and block):
            inside = False
            block = bool(_BLOCK_HEAD.match(rest.strip()))
    return tuple(found)[:MAX_VALUES]


def _values(rest: str) -> list[str]:
    """The texts in what stands behind a colon or a dash."""
    text = f" {rest}".partition(" #")[0].strip()
    text = _PROPERTIES.sub("", text)
    if _BLOCK_HEAD.match(text):
        return []
    return [value for part in re.split(r"[,\[\]]", text) if (value := _unquoted(part))]


def _unquoted(text: str) -> str:
    return text.strip(" \t\"'{}")
