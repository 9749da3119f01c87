"""Lines as they should be: the slips of honest hands, found and put right.

The scanners complain where they lose the thread, which is seldom where the slip is,
and each in its own words. So the lines are looked at again here.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.yaml.writer import quoted

MAX_REPORTED = 10
TAB = "a tab may stand in the text of a `|` block only; write blanks"
BLANK = "this block begins with blanks or a tab; say how far its text is indented"
DEEP = "this block's first line is indented more than others; say how far its text is"
FENCE = "a Markdown fence stands here; take this line out"
COMPLEX = "a name may not begin with `? `; write `NAME: value`"

# Texts are compiled (and kept) by `re` at their first use: they are for mistakes, and
# compiling all of them at import would cost every hook 3 ms.
_PREFIX = r"(?s)( *(?:- +|[^\s:#'\"\[{-][^:\n]*:[ \t]+))(.*)"
_NAME = r"[A-Z][A-Z_]*:( |$)"
_GLUED = r"([A-Z][A-Z_]*):(?! |$)(.*)"
_BLOCK_HEAD = r"([|>](?:[+-][1-9]?|[1-9][+-]?)?)(?: +#.*)?"
_BEHIND = "(?: +#.*)?"
_MOST_INDENTED = 9  # one digit says it
_WHOLE = {'"': r'"(?:[^"\\]|\\.)*"', "'": r"'(?:[^']|'')*'"}
_ESCAPE = (
    r"(?:[0abtnvfre \"/\\N_LP]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}"
    r"|U(?:0010|000[0-9A-Fa-f])[0-9A-Fa-f]{4})"
)
_BAD_ESCAPE = rf"(?:[^\\]|\\{_ESCAPE})*\\(?!{_ESCAPE})"
_SIGNS = {
    "*": " (an alias)", "&": " (an anchor)", "!": " (a tag)", "%": " (a directive)",
    "@": "", "`": "",
}  # fmt: skip
_CLOSING = {"[": "]", "{": "}"}

Slip = tuple[int, str, str]  # column from 0, what is wrong, the mended line or ""


def requoted(line: str) -> str:
    """`line` with its value in double quotes; "" where there is no value to quote."""
    match = re.match(_PREFIX, line)
    if not match:
        return ""
    value = match[2].strip(" \t")
    mark = value[:1]
    if mark in _WHOLE and len(value) > 1:
        closed = value.endswith(mark)
        # An apostrophe that nothing closes is one, as in 'tis; a `"` was to be closed.
        if closed or (mark == '"' and mark not in value[1:]):
            value = value[1:-1] if closed else value[1:]
    return match[1].replace("\t", " ") + quoted(value)


def requoted_at(line: str, column: int) -> str:
    """`requoted(line)` where its value begins at `column` (from 1), else ""."""
    match = re.match(_PREFIX, line)
    return requoted(line) if match and match.end(1) == column - 1 else ""


def uncommented(line: str) -> str:
    """`line` without the comment that cuts its value off.

    A quoted value or a block's head was meant to end there; other text goes on.
    """
    match = re.match(_PREFIX, line)
    value = match[2] if match else ""
    head = re.fullmatch(_BLOCK_HEAD, value)
    whole = head and head.end(1)
    if value[:1] in _WHOLE and (quotes := re.match(_WHOLE[value[:1]], value)):
        whole = quotes.end()
    if match and whole:
        return match[1] + value[:whole]
    return requoted(line)


def untabbed(line: str) -> str:
    """`line` with blanks for its tabs; a field's name goes to the first column.

    Quoted where that needs quotes; "" where a field has no value but tabs.
    """
    bare = line.lstrip(" \t")
    indent = line[: len(line) - len(bare)].replace("\t", "  ")
    lead = "" if re.match(_NAME, bare) else indent
    whole = re.match(_PREFIX, bare)
    if whole and "\t" in whole[2].strip(" \t") and not _of_value(whole[2]):
        return lead + requoted(bare)
    blank = lead + bare.replace("\t", " ").rstrip(" ")
    if blank.endswith(":"):
        return ""
    match = re.match(_PREFIX, blank)
    return requoted(blank) if match and _of_value(match[2]) else blank


def indented(lines: Sequence[str], head: int) -> tuple[int, str]:
    """Where the `|` stands in `lines[head]`, and the line with its text's indentation.

    The line is empty where that cannot be said. So a text may begin with blanks, or
    with a tab, and every scanner reads the same.
    """
    match = re.fullmatch(rf"([A-Z][A-Z_]*: )([|>])([+-]?)({_BEHIND})", lines[head])
    if not match:
        return max(0, len(lines[head]) - 1), ""
    block = takewhile(lambda line: line[:1] in ("", " "), lines[head + 1 :])
    texts = [line for line in block if line.strip(" ")]
    least = min((len(line) - len(line.lstrip(" ")) for line in texts), default=0)
    fits = f"{match[1]}{match[2]}{least}{match[3]}{match[4]}"
    return match.end(1), fits if 0 < least <= _MOST_INDENTED else ""


def slips(text: str, path: str) -> list[Finding]:
    """The slips in a text that no scanner can read, each with its mended line."""
    found = []
    for number, (column, why, mended) in _Lines(text.split("\n")).slips():
        at = Place(path, number + 1, column + 1)
        found.append(finding("FF006", at, why, mended=mended))
        if len(found) == MAX_REPORTED:
            break
    return found


class _Lines:
    """Goes down the lines, and knows which are the text of a `|` block."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._head = 0  # the line of its `|`
        self._owner = -1  # indentation of the field whose block this is; -1: none
        self._block = 0  # indentation of the block's first line; 0: not yet known
        self._above = ""  # the line above, a comment or blank line not counted
        self._loose = False  # text stood above that belongs to the field before

    def slips(self) -> Iterator[tuple[int, Slip]]:
        for number, line in enumerate(self._lines):
            bare = line.lstrip(" ")
            indent, within = len(line) - len(bare), self._owner >= 0
            if within and (indent > self._owner or (line and not bare)):
                why = self._of_block(bare, indent)
                if why:
                    column, mended = indented(self._lines, self._head)
                    yield self._head, (column, why, mended)
            elif bare:
                slip = self._of_line(number, line, bare, indent)
                if slip:
                    yield number, slip

    def _of_line(self, number: int, line: str, bare: str, indent: int) -> Slip | None:
        self._loose = self._loose or self._owner >= 0 or _has_text(self._above)
        self._owner = -1
        if bare.startswith("#") or line == "---":
            return None
        slip = self._of_field(line, bare)
        value = re.match(_PREFIX, line)
        if value and re.fullmatch(_BLOCK_HEAD, value[2].rstrip(" ")):
            digit = re.search("[1-9]", value[2])
            self._owner, self._head = indent, number
            self._block = indent + int(digit[0]) if digit else 0
        self._above = line
        return slip

    def _of_block(self, bare: str, indent: int) -> str:
        """What is wrong with a line of a block; each block is told of once."""
        begun, self._block = self._block, self._block or indent
        if not begun and bare[:1] in ("", "\t"):
            self._block = 1
            return BLANK
        if not bare or indent >= self._block:
            return ""
        self._block = indent
        return DEEP

    def _of_field(self, line: str, bare: str) -> Slip | None:
        if "\t" in line:
            return line.index("\t"), TAB, untabbed(line)
        if bare.startswith("? ") or bare == "?":
            return line.index("?"), COMPLEX, ""
        if bare.startswith(("```", "~~~")):
            return len(line) - len(bare), FENCE, ""
        if line == "...":
            return 0, "`...` ends the document here; take it out", ""
        glued = re.match(_GLUED, line)
        if glued:
            why = "a blank is missing behind the colon"
            return glued.end(1) + 1, why, f"{glued[1]}: {glued[2]}"
        match = re.match(_PREFIX, line)
        if not match and not bare.endswith(":") and line == bare:
            return self._of_no_field(line)
        self._loose = False
        if line != bare and not bare.startswith("-") and _has_text(self._above):
            return self._of_continued(line, bare)
        why = _of_value(match[2].rstrip(" ")) if match else ""
        return (match.end(1), why, requoted(line)) if match and why else None

    def _of_no_field(self, line: str) -> Slip:
        if self._loose:
            why = "text that goes on must be indented by two blanks"
            return 0, why, "  " + line
        return 0, "this line is not of the form `NAME: value`", ""

    @staticmethod
    def _of_continued(line: str, bare: str) -> Slip | None:
        if re.match(_NAME, bare):
            return 0, "a field's name must begin in the first column", bare
        if ": " not in bare and not bare.endswith(":"):
            return None
        why = "text with a colon that goes on over lines belongs in a `|` block"
        return line.index(":"), why, ""


def _has_text(line: str) -> bool:
    match = re.match(_PREFIX, line)
    return bool(match and match[2])


def _of_value(value: str) -> str:
    """What is wrong with the text behind a colon or a dash, or ""."""
    sign = value[:1]
    if not sign or re.fullmatch(_BLOCK_HEAD, value):
        return ""
    if sign in _WHOLE:
        return _of_quoted(value, sign)
    if sign in _CLOSING and value.endswith(_CLOSING[sign]):
        return ""
    indicators = ("- ", "? ", ": ", ",", "]", "}", "[", "{", "|", ">", *_SIGNS)
    if value in ("-", "?") or value.startswith(indicators):
        meaning = _SIGNS.get(sign, "")
        return f"a text may not begin with {sign}{meaning}; quote the text"
    if ": " in value or value.endswith(":"):
        return "a text with a colon and a blank in it must be quoted"
    return ""


def _of_quoted(value: str, mark: str) -> str:
    whole = re.match(_WHOLE[mark], value)
    if not whole:
        return f"the quote {mark} is not closed on its line; close it"
    rest = value[whole.end() :].lstrip(" ")
    if rest and not rest.startswith("#"):
        return f"text stands behind the closing quote {mark}; quote the whole text"
    if mark == '"' and re.match(_BAD_ESCAPE, whole.group()):
        return "a backslash in double quotes begins an escape; write two of them"
    return ""
