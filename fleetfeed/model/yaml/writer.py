"""Writing: a post as text that `load` reads back as the very same values."""

import re
from collections.abc import Iterable

# No blank twice or before `#`, no colon before a blank, no sign at the beginning.
_SAFE_PLAIN = r"[A-Za-z0-9_./(](?:[^\s:#\[\]{}]|:(?=\S)|(?<! )#| (?=[^\s#]))*"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def dump(fields: Iterable[tuple[str, str | tuple[str, ...]]]) -> str:
    """A post with `fields`, in their order.

    Plain where that is safe, quoted where needed, a `|` block for texts with
    newlines. A field with an empty list is left out: it says nothing.
    """
    return "".join(_field(name, value) for name, value in fields)


def quoted(text: str) -> str:
    """`text` in double quotes, on one line."""
    return '"' + "".join(_ESCAPES.get(ch, ch) for ch in text) + '"'


def _field(name: str, value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        items = "".join(f"  - {_inline(item)}\n" for item in value)
        return f"{name}:\n{items}" if items else ""
    if _fits_block(value):
        lines = value.removesuffix("\n").split("\n")
        indented = "".join(f"  {line}\n" if line else "\n" for line in lines)
        return f"{name}: |{_chomping(value)}\n{indented}"
    return f"{name}: {_inline(value)}\n"


def _inline(text: str) -> str:
    return text if re.fullmatch(_SAFE_PLAIN, text) else quoted(text)


def _fits_block(text: str) -> bool:
    """Whether a `|` block gives `text` back: its first line must begin with text."""
    return "\n" in text and text.strip() != "" and not text[0].isspace()


def _chomping(text: str) -> str:
    if not text.endswith("\n"):
        return "-"
    return "+" if text.endswith("\n\n") else ""
