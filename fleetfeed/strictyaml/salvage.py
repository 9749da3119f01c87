"""What can still be made out in a file that `load` refuses.

An unreadable post must not free what it claimed: the surfaces that can be read in it
stay held until somebody repairs it.
"""

import re

MAX_BYTES = 64 * 1024
MAX_VALUES = 100


def salvage(data: bytes, name: str) -> tuple[str, ...]:
    """The values of the field `name`, scalar or list, as far as they can be read.

    Never raises; takes time linear in the size of the file.
    """
    text = data[:MAX_BYTES].decode("utf-8", "replace")
    lines = text.splitlines()
    found: list[str] = []
    inside = False
    for line in lines:
        field, colon, rest = line.partition(":")
        if not line[:1].isspace() and colon and _bare(field) == name:
            inside = True
            found += _values(rest)
        elif inside and line.lstrip().startswith("-"):
            found += _values(line.lstrip()[1:])
        elif line.strip() and not line.lstrip().startswith("#"):
            inside = inside and line[:1].isspace()
    return tuple(dict.fromkeys(found))[:MAX_VALUES]


def _values(rest: str) -> list[str]:
    """The texts in what stands behind a colon or a dash."""
    if " #" in rest:
        rest = rest[: rest.index(" #")]
    parts = re.split(r"[,\[\]]", rest) if rest.lstrip().startswith("[") else [rest]
    return [text for part in parts if (text := _bare(part))]


def _bare(text: str) -> str:
    return text.strip(" \t\"'{}[]")
