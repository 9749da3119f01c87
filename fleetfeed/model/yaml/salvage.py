"""What can still be made out in a file that `load` refuses.

An unreadable post must not free what it claimed: the surfaces that can be read in it
stay held until somebody repairs it. So this reads generously, both halves of a
conflict included; it is no way to read a good post.
"""

import re
from collections.abc import Iterator

MAX_BYTES = 1024 * 1024
MAX_VALUES = 100

# Texts are compiled (and kept) by `re` at their first use: they are for mistakes, and
# compiling all of them at import would cost every hook 3 ms.
_MARKER = r"<{7}|>{7}|={7}|\|{7}"
_BLOCK_HEAD = r"[|>][-+1-9]*$"
_PROPERTIES = r"\A(?:[&!]\S*+[ \t]++)+"
_OTHER_FIELD = r"""[A-Z_]+:(?:\s|$)|(["'])[A-Z_]+\1\s*:"""
_ESCAPE = r"(?a)\\(?:(?:x(..)|u(.{4})|U(.{8}))|(.))"
_HEX = r"[0-9A-Fa-f]+"


def salvage(data: bytes, name: str) -> tuple[str, ...]:
    """The values of the field `name`, scalar or list, as far as they can be read.

    Never raises; takes time linear in the size of the file.
    """
    # Without its nulls, UTF-16 of ASCII letters is ASCII.
    text = data[:MAX_BYTES].decode("utf-8", "ignore").replace("\0", "")
    found: dict[str, None] = {}
    inside = False  # in the lines of `name`
    block = False  # in the text of another field's `|` block
    for line in _lines(text.lstrip("\ufeff")):
        bare = line.strip()
        if not bare or bare.startswith("#") or re.match(_MARKER, bare):
            continue
        if bare.startswith("? "):  # a name on a line of its own, `: value` below it
            bare = f"{bare[2:]}:"
        goes_on = line[0] in " \t-]:"
        field, colon, rest = bare.partition(":")
        if colon and _unquoted(field) == name and not (block and goes_on):
            inside = True
            found |= dict.fromkeys(_values(rest))
        elif goes_on and inside and not re.match(_OTHER_FIELD, bare):
            found |= dict.fromkeys(_values(bare.lstrip("-:")))
        elif not (goes_on and block):
            inside = False
            block = bool(re.match(_BLOCK_HEAD, rest.strip()))
    return tuple(found)[:MAX_VALUES]


def _lines(text: str) -> Iterator[str]:
    """The lines of `text`; from a `{NAME: value, …}` on, each field on its own."""
    flow = False
    for line in text.splitlines():
        start = line.strip().removeprefix("---").strip()
        flow = flow or re.sub(_PROPERTIES, "", start).startswith("{")
        yield from re.sub("[{},]", "\n ", line).split("\n") if flow else (line,)


def _values(rest: str) -> list[str]:
    """The texts in what stands behind a colon or a dash."""
    text = f" {rest}".partition(" #")[0].strip()
    text = re.sub(_PROPERTIES, "", text)
    if re.match(_BLOCK_HEAD, text):
        return []
    return [value for part in re.split(r"[,\[\]]", text) if (value := _unquoted(part))]


def _unquoted(text: str) -> str:
    bare = text.strip(" \t{}")
    inner = bare.strip(" \t\"'{}")
    return re.sub(_ESCAPE, _escaped, inner) if bare.startswith('"') else inner


def _escaped(match: re.Match[str]) -> str:
    r"""What an escape of a double-quoted text stands for (`\x61`, `\/`), or nothing."""
    digits = match[1] or match[2] or match[3]
    if not digits:
        return "" if match[4].isalnum() else match[4]
    code = int(digits, 16) if re.fullmatch(_HEX, digits) else 0
    is_text = 0 < code < 0xD800 or 0xDFFF < code < 0x110000  # noqa: PLR2004 - surrogates
    return chr(code) if is_text else ""
