"""What is refused although a scanner may read it.

libyaml and ruamel's own scanner disagree about tabs, about colons inside `[ ]` and
`{ }`, and about the head of a `|` block. Each of these is refused here, whichever
scanner ran, so that a post has one verdict everywhere. A ` #` behind a value is
refused because people mean the text that it silently cuts off.
"""

import re
from collections.abc import Iterator

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.yaml.nodes import Dialect
from fleetfeed.model.yaml.suggest import (
    BLANK,
    COMPLEX,
    TAB,
    indented,
    uncommented,
    untabbed,
)
from fleetfeed.model.yaml.writer import quoted
from fleetfeed.util.records import record

_MARKER = r"(?m)^(?:<{7}|>{7}|\|{7})(?= |$)|^={7}$"
_POINTER = "version https://git-lfs.github.com/spec/"
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
# Texts are compiled (and kept) by `re` at their first use: they are for mistakes, and
# compiling all of them at import would cost every hook 3 ms.
_COMMENT_BEHIND = r"\S *? (#)"
_BLOCK_HEAD = r"[|>](?:[+-][1-9]?|[1-9][+-]?)?(?: *| +#.*)"
_QUOTED = {'"': r'(?s)"(?:[^"\\]|\\.)*"', "'": r"'(?:[^']|'')*'"}
MAX_REPORTED = 5


@record
class Seen:
    """A scalar that the scanner saw: where (from 0), how written, whether in flow."""

    line: int
    column: int
    style: str
    flow: bool
    text: str


def pointer(text: str, path: str) -> Finding | None:
    """What to say of a pointer of Git LFS, which cannot be read; None for the rest."""
    if not text.startswith(_POINTER):
        return None
    todo = "write `*.yaml !filter` at the end of .gitattributes, put the text back"
    why = f"a pointer of Git LFS stands here in place of the file; {todo}"
    return finding("FF006", Place(path, 1, 1), f"{why}, and `git add --renormalize .`")


def before_scan(text: str, path: str) -> list[Finding]:
    """What is refused before any YAML is read: conflict markers and directives."""
    found = []
    marked = any(sign * 7 in text for sign in "<>|=")
    for match in list(re.finditer(_MARKER, text) if marked else ())[:MAX_REPORTED]:
        why = (
            f"git's conflict marker {match.group()} stands here; settle the conflict: "
            "keep the published post, and move your own to the next number"
        )
        at = Place(path, text.count("\n", 0, match.start()) + 1, 1)
        found.append(finding("FF005", at, why))
    directive = _DIRECTIVE.search(text)
    if directive and not found:
        at = Place(path, text.count("\n", 0, directive.start()) + 1, 1)
        found.append(finding("FF009", at, "a directive is not read; take it out"))
    return found


def after_scan(
    text: str, seen: list[Seen], path: str, dialect: Dialect
) -> list[Finding]:
    """What is refused in a text that the scanner could read."""
    lines = lines_of(text)
    blocks = _block_lines(seen, len(lines))
    found = [*_flow_colons(lines, seen, path), *_block_heads(lines, seen, path)]
    if "\t" in text:
        found += _tabs(lines, blocks, path)
    if "?" in text:
        found += _complex_names(lines, seen, blocks, path)
    if "#" in text and not dialect.comments_behind:
        found += _comments_behind(lines, seen, blocks, path)
    return found


def lines_of(text: str) -> list[str]:
    """The lines of `text`, and an empty one: libyaml puts the end of a file there."""
    return [*text.split("\n"), ""]


def _flow_colons(lines: list[str], seen: list[Seen], path: str) -> Iterator[Finding]:
    wrong = [s for s in seen if s.flow and not s.style and {":", "?"} & {*s.text}]
    mended = {scalar.line: lines[scalar.line] for scalar in wrong}
    for scalar in reversed(wrong):  # from the right, so that columns stay true
        line, end = mended[scalar.line], scalar.column + len(scalar.text)
        if line[scalar.column : end] == scalar.text:
            start = line[: scalar.column]
            mended[scalar.line] = start + quoted(scalar.text) + line[end:]
    for scalar in wrong[:MAX_REPORTED]:
        at = Place(path, scalar.line + 1, scalar.column + 1)
        why = "a text with `:` or `?` inside [ ] or { } must be quoted"
        yield finding("FF006", at, why, mended=mended[scalar.line])


def _block_lines(seen: list[Seen], count: int) -> set[int]:
    """The lines (from 0) that are the text of `|` and `>` blocks."""
    blocks: set[int] = set()
    following = [scalar.line for scalar in seen[1:]] + [count]
    for scalar, end in zip(seen, following, strict=False):
        if scalar.style in ("|", ">"):
            blocks.update(range(scalar.line + 1, end))
    return blocks


def _block_heads(lines: list[str], seen: list[Seen], path: str) -> Iterator[Finding]:
    for scalar in seen:
        if scalar.style not in ("|", ">"):
            continue
        if not re.fullmatch(_BLOCK_HEAD, lines[scalar.line][scalar.column :]):
            at = Place(path, scalar.line + 1, scalar.column + 1)
            why = f"nothing may stand behind `{scalar.style}` on its line"
            yield finding("FF006", at, why)
        first = next((n for n in range(scalar.line + 1, len(lines)) if lines[n]), 0)
        said = re.search("^[+-]?[1-9]", lines[scalar.line][scalar.column + 1 :])
        if first and not said and lines[first].lstrip(" ")[:1] in ("", "\t"):
            column, mended = indented(lines, scalar.line)
            at = Place(path, scalar.line + 1, column + 1)
            yield finding("FF006", at, BLANK, mended=mended)


def _tabs(lines: list[str], blocks: set[int], path: str) -> Iterator[Finding]:
    for number, line in enumerate(lines):
        comment = line.lstrip(" ").startswith("#")
        if "\t" in line and number not in blocks and not comment:
            at = Place(path, number + 1, line.index("\t") + 1)
            yield finding("FF006", at, TAB, mended=untabbed(line))


def _complex_names(
    lines: list[str], seen: list[Seen], blocks: set[int], path: str
) -> Iterator[Finding]:
    """`? name`: in block style a line begins with it, in flow style a name does."""
    for number, line in enumerate(lines):
        bare = line.lstrip(" -")
        if bare.startswith("?") and bare[1:2] in ("", " ") and number not in blocks:
            at = Place(path, number + 1, len(line) - len(bare) + 1)
            yield finding("FF006", at, COMPLEX)
    for scalar in seen:
        before = lines[scalar.line][: scalar.column].rstrip(" ")
        if scalar.flow and before.endswith("?"):
            at = Place(path, scalar.line + 1, len(before))
            yield finding("FF006", at, COMPLEX)


def _comments_behind(
    lines: list[str], seen: list[Seen], blocks: set[int], path: str
) -> Iterator[Finding]:
    quotes = _quoted_spans(lines, seen)
    for number, line in enumerate(lines):
        comment = line.lstrip(" ").startswith("#")
        if "#" not in line or number in blocks or comment:
            continue
        start, end = quotes.get(number, (0, 0))
        visible = line[:start] + "x" * (end - start) + line[end:]
        match = re.search(_COMMENT_BEHIND, visible)
        if match:
            at = Place(path, number + 1, match.start(1) + 1)
            why = "a ` #` behind a value cuts the text off; quote the text"
            yield finding("FF010", at, why, mended=uncommented(line))


def _quoted_spans(lines: list[str], seen: list[Seen]) -> dict[int, tuple[int, int]]:
    """Per line (from 0), the columns from the first quote to the last."""
    spans: dict[int, tuple[int, int]] = {}
    for scalar in seen:
        if scalar.style not in _QUOTED:
            continue
        rest = "\n".join(lines[scalar.line :])
        match = re.compile(_QUOTED[scalar.style]).match(rest, scalar.column)
        end = match.end() if match else len(rest)
        column = scalar.column
        for number in range(scalar.line, len(lines)):
            length = len(lines[number])
            old = spans.get(number, (column, 0))
            spans[number] = (min(old[0], column), max(old[1], min(end, length)))
            end -= length + 1
            column = 0
            if end <= 0:
                break
    return spans
