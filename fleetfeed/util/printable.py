"""Untrusted text made safe to print.

Posts, paths and ref names come from strangers. Everything that reaches a terminal,
a log or a server's answer goes through `printable`, so that an escape sequence, a
carriage return or a bidirectional override in a post is seen and never acted on.
"""

import re
from collections.abc import Sequence

from fleetfeed.util.invisible import masked

LIMIT = 120

_WORD = re.compile(r"[\w:/.,@#%+*~=-]+")

_FEW = 5
"""Names that are told, where there are many."""


def printable(text: str, limit: int = LIMIT) -> str:
    r"""`text` on one line, printable characters only, cut to `limit` characters.

    What is not printable is written as its Python escape (`\x1b`, `\u202e`); what is
    not seen and belongs to the text, as a joiner in an emoji does, stays.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isprintable():
        return cut
    known = zip(cut, masked(cut), strict=True)
    return "".join(ch if seen.isprintable() else _escaped(ch) for ch, seen in known)


def is_word(text: str) -> bool:
    """Whether a name is one word, as most are: nobody takes it for a sentence."""
    return _WORD.fullmatch(text) is not None


def first_few(names: Sequence[str], limit: int = 600, between: str = ", ") -> str:
    """The first few of `names`, printable, and how many more there are.

    The names are cut to `limit` characters together.
    """
    shown, more = printable(between.join(names[:_FEW]), limit), len(names) - _FEW
    return f"{shown} and {more} more" if more > 0 else shown


def _escaped(ch: str) -> str:
    return ch.encode("unicode_escape").decode("ascii")
