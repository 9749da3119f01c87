"""Patterns of a repository's paths, as git's pathspecs with `:(glob)` mean them.

`*` stands for any characters of one name, `?` for one of them, and a name `**` for any
names on the way, or for none; at the end it stands for all that is below. All else is
itself, brackets too: folders are called `[id]`. A path is compared whole, from the top.
"""

import re

_DEEP = "**"


def pattern_flaw(pattern: str) -> str:
    """What is wrong with a pattern, as the end of a sentence; empty: nothing."""
    names = _names(pattern)
    if "\\" in pattern or not pattern.isprintable():
        return "has a backslash, or what cannot be seen; write / between names"
    if pattern.endswith("/") and pattern.strip("/"):
        return f"is a folder; write {pattern}** for all that is below it"
    if not all(names) or {".", ".."}.intersection(names):
        return "is no path from the top; write one such as web/**"
    if any(_DEEP in name and name != _DEEP for name in names):
        return "has ** beside other characters; it stands alone, as in web/**/a.ts"
    if "/" not in pattern and pattern != _DEEP and set("*?") & set(pattern):
        return f"has no folder; write **/{pattern} for any, or /{pattern} for the top"
    return ""


def expression(pattern: str) -> str:
    """The regular expression of the whole paths that `pattern` fits."""
    names = _names(pattern)
    return "".join(map(_above, names[:-1])) + _last(names[-1])


def pathspec(pattern: str) -> str:
    """What git calls `pattern`; letter case is no difference to it."""
    plain = re.sub(r"([\[\]])", r"\\\1", "/".join(_names(pattern)))
    return f":(top,icase,glob){plain}"


def _names(pattern: str) -> list[str]:
    return pattern.removeprefix("/").split("/")


def _above(name: str) -> str:
    return "(?:[^/]+/)*" if name == _DEEP else f"{_one(name)}/"


def _last(name: str) -> str:
    return ".+" if name == _DEEP else _one(name)


def _one(name: str) -> str:
    """One name's expression."""
    signs = {"*": "[^/]*", "?": "[^/]"}
    return "".join(signs.get(sign) or re.escape(sign) for sign in name)
