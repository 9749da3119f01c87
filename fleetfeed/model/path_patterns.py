"""Patterns of a repository's paths, as git's pathspecs with `:(glob)` mean them.

`*` stands for any characters of one name, `?` for one of them, and a name `**` for any
names on the way, or for none; at the end it stands for all that is below. All else is
itself, brackets too: folders are called `[id]`. A path is compared whole, from the top.
"""

import re

_DEEP = "**"
_MOST_DEEP = 2


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
    """The regular expression of the whole paths that `pattern` fits.

    Between two signs that stand for anything, what fits first is as good as what fits
    later: nothing is tried twice, however many there are.
    """
    *above, last = _names(pattern)
    found, waiting = "", ""
    for name in above:
        if name == _DEEP:
            found += f"(?>{waiting})" if waiting else ""
            waiting = "(?:[^/]+/)*?"
        elif waiting:
            waiting += f"{_one(name)}/"
        else:
            found += f"{_one(name)}/"
    if last == _DEEP:
        return f"{found}(?>{waiting}).+" if waiting else f"{found}.+"
    return f"{found}{waiting}{_one(last)}"


def whole_folder(pattern: str) -> str:
    """The pattern of the folder of which `pattern` fits all; empty where it is none.

    What stands in that folder's place (a file, a link, a submodule) is instead of all
    that is below. A folder's name with `*` or `?` fits what is a file of its own, too.
    """
    *above, last = _names(pattern)
    while above and above[-1] == _DEEP:
        above.pop()
    named = last == _DEEP and above and not set("*?") & set(above[-1])
    return "/".join(above) if named else ""


def pathspec(pattern: str) -> str:
    """What git calls `pattern`, or more; letter case is no difference to it.

    Of three names `**` git tries all places of all in a deep path, which may take for
    ever: it is asked with two.
    """
    names = _names(pattern)
    deep = [n for n, name in enumerate(names) if name == _DEEP]
    if len(deep) > _MOST_DEEP:
        del names[deep[1] : deep[-1]]
    plain = re.sub(r"([\[\]])", r"\\\1", "/".join(names))
    return f":(top,icase,glob){plain}"


def _names(pattern: str) -> list[str]:
    return pattern.removeprefix("/").split("/")


def _one(name: str) -> str:
    """One name's expression."""
    first, *rest = (_plain(part) for part in name.split("*"))
    if not rest:
        return first
    *between, last = rest
    return first + "".join(f"(?>[^/]*?{part})" for part in between) + f"[^/]*{last}"


def _plain(part: str) -> str:
    return "".join("[^/]" if sign == "?" else re.escape(sign) for sign in part)
