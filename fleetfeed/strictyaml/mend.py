"""Lines as they should be: the slips of honest hands, found and put right.

The scanners complain where they lose the thread, which is seldom where the slip is,
and each in its own words. So the lines are looked at again here.
"""

import re
from collections.abc import Iterator

from fleetfeed.finding import Finding, Place
from fleetfeed.rules import finding
from fleetfeed.strictyaml.dump import quoted

MAX_REPORTED = 10

_PREFIX = re.compile(r"( *(?:- +|[^\s:#'\"\[{-][^:\n]*:[ \t]+))(.*)", re.DOTALL)
_GLUED = re.compile(r"([A-Z][A-Z_]*):(?! |$)(.*)")
_BLOCK_HEAD = re.compile(r"[|>](?:[+-][1-9]?|[1-9][+-]?)?(?: +#.*)?")
_WHOLE = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*"'),
    "'": re.compile(r"'(?:[^']|'')*'"),
}
_SIGNS = {
    "*": "an alias", "&": "an anchor", "!": "a tag", "%": "a directive",
    "@": "nothing that YAML knows", "`": "nothing that YAML knows",
}  # fmt: skip


def requoted(line: str) -> str:
    """`line` with its value in double quotes; "" where there is no value to quote."""
    match = _PREFIX.match(line)
    if not match:
        return ""
    value = match[2].strip(" \t")
    mark = value[:1]
    if mark in _WHOLE and len(value) > 1:
        closed = value.endswith(mark)
        if closed or mark not in value[1:]:
            value = value[1:-1] if closed else value[1:]
    return match[1].replace("\t", " ") + quoted(value)


def slips(text: str, path: str) -> list[Finding]:
    """The slips in a text that no scanner can read, each with its mended line."""
    found = []
    for number, column, why, mended in _slips(text.split("\n")):
        at = Place(path, number + 1, column + 1)
        found.append(finding("FF006", at, why, mended=mended))
        if len(found) == MAX_REPORTED:
            break
    return found


def _slips(lines: list[str]) -> Iterator[tuple[int, int, str, str]]:
    block = -1  # the indentation of the block's owner while inside its text
    above = ""
    for number, line in enumerate(lines):
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        if not bare or (block >= 0 and indent > block):
            continue
        block_ended, block = block >= 0, -1
        if bare.startswith("#") or line == "---":
            continue
        slip = _of_line(line, bare, above, block_ended)
        if slip:
            yield (number, *slip)
        value = _PREFIX.match(line)
        if value and _BLOCK_HEAD.fullmatch(value[2].rstrip(" ")):
            block = indent
        above = line


def _of_line(
    line: str, bare: str, above: str, block_ended: bool
) -> tuple[int, str, str] | None:
    if "\t" in line:
        why = "A tab may stand in the text of a `|` block only; write blanks."
        return line.index("\t"), why, line.replace("\t", " ").rstrip(" ")
    glued = _GLUED.match(line)
    if glued:
        why = "A blank is missing behind the colon."
        return glued.end(1) + 1, why, f"{glued[1]}: {glued[2]}"
    if bare.startswith("? ") or bare == "?":
        return (
            line.index("?"),
            "A name may not begin with `? `; write `NAME: value`.",
            "",
        )
    match = _PREFIX.match(line)
    if match:
        if _indented(line, bare, above):
            why = "This line is indented, and the one above is not its parent."
            return 0, why, bare
        why = _of_value(match[2].rstrip(" "))
        return (match.end(1), why, requoted(line)) if why else None
    if line == bare and not bare.endswith(":") and ": " not in bare:
        if _is_text(above) or block_ended:
            why = "Text that goes on must be indented by two blanks."
            return 0, why, "  " + line
        return 0, "This line is no `NAME: value`; the colon is missing.", ""
    return None


def _indented(line: str, bare: str, above: str) -> bool:
    """Whether an entry is indented under an entry that has its value already."""
    owner = _PREFIX.match(above)
    return bool(
        line != bare
        and not bare.startswith("-")
        and owner
        and owner[2]
        and not above.startswith(" ")
        and re.match(r"[A-Z][A-Z_]*: ", bare)
    )


def _is_text(above: str) -> bool:
    match = _PREFIX.match(above)
    return bool(match and match[2])


def _of_value(value: str) -> str:
    """What is wrong with the text behind a colon or a dash, or ""."""
    sign = value[:1]
    if sign in _SIGNS:
        return f"A text may not begin with `{sign}` ({_SIGNS[sign]}); quote the text."
    if sign in _WHOLE:
        return _of_quoted(value, sign)
    if sign in ("|", ">") and sign:
        if _BLOCK_HEAD.fullmatch(value):
            return ""
        return f"A text may not begin with `{sign}` on its line; quote the text."
    if sign in ("[", "{") and sign:
        closing = "]" if sign == "[" else "}"
        if value.count(sign) == value.count(closing) and value.endswith(closing):
            return ""
        return f"A text may not begin with `{sign}`; quote the text."
    if value in ("-", "?") or value.startswith(("- ", "? ", ": ", ",", "]", "}")):
        return f"A text may not begin with `{sign}`; quote the text."
    if ": " in value or value.endswith(":"):
        return "A text with a colon and a blank in it must be quoted."
    return ""


def _of_quoted(value: str, mark: str) -> str:
    whole = _WHOLE[mark].match(value)
    if not whole:
        return f"The quote {mark} is not closed on its line; close it."
    rest = value[whole.end() :].lstrip(" ")
    if rest and not rest.startswith("#"):
        return f"Text stands behind the closing quote {mark}; quote the whole text."
    if mark == '"' and re.search(r"\\[^0abt\tnvfre \"\\N_LPxuU/]", value):
        return "A backslash in double quotes begins an escape; write two of them."
    return ""
