"""A section of ours in somebody's text, between two marks; all else stays as it is."""

import re

from fleetfeed.util.records import record


class Halved(ValueError):
    """A mark is missing, is there twice, or is none of ours; `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        """`what` is wrong with it."""
        self.line = line
        super().__init__(f"{what} (line {line})")


@record
class Marks:
    """How a section begins and ends, in the comments of a kind of file."""

    open: str
    close: str

    def line(self, word: str, more: str = "") -> str:
        """The line of a mark: `begin` or `end`."""
        return f"{self.open}fleetfeed: {word}{more}{self.close}"


MARKDOWN = Marks("<!-- ", " -->")
HASH = Marks("# ", "")

_BEGIN = re.compile(r"[ \t]*(?:<!-- |# )fleetfeed: begin\b.*")
_END = re.compile(r"[ \t]*(?:<!-- |# )fleetfeed: end\b.*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MADE_BY = " (`fleetfeed agents` writes this; edit outside of it)"


def section(marks: Marks, body: str) -> str:
    """A section's text, with its marks, its lines ended by newlines."""
    begin, end = marks.line("begin", _MADE_BY), marks.line("end")
    return f"{begin}\n{body.strip()}\n{end}\n"


def with_section(text: str, new: str) -> str:
    """`text` with the section `new` in the place of an earlier one, or at its end.

    Halved where it cannot be told where an earlier one is.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    new = new.replace("\n", newline)
    span = _span(text)
    if span:
        return text[: span[0]] + new + text[span[1] :]
    if not text.removeprefix("\ufeff"):
        return text + new
    ended = text if text.endswith("\n") else text + newline
    return f"{ended}{newline}{new}"


def without_section(text: str) -> str:
    """`text` without the section, and without the empty line that came with it."""
    span = _span(text)
    if not span:
        return text
    before, after = text[: span[0]], text[span[1] :]
    newline = "\r\n" if "\r\n" in text else "\n"
    if before.endswith(2 * newline) and (not after or after.startswith(newline)):
        before = before.removesuffix(newline)
    return before + after


def has_section(text: str) -> bool:
    """Whether a section is there; Halved where only half of one is."""
    return _span(text) is not None


def _span(text: str) -> tuple[int, int] | None:
    """Where the section begins and ends, the line of its end included."""
    found: tuple[int, int] | None = None
    begun = begun_line = at = 0
    inside = False
    for number, line in enumerate(_LINE.findall(text), 1):
        bare = line.removeprefix("\ufeff") if number == 1 else line
        if _BEGIN.fullmatch(bare.rstrip("\r\n")):
            if _MADE_BY not in line:  # what lies behind it is somebody's own
                raise Halved("a mark that fleetfeed did not write is there", number)
            if inside or found:
                raise Halved("a second fleetfeed section begins there", number)
            inside, begun, begun_line = True, at + len(line) - len(bare), number
        elif _END.fullmatch(bare.rstrip("\r\n")):
            if not inside:
                raise Halved("a fleetfeed section ends there that never began", number)
            inside, found = False, (begun, at + len(line))
        at += len(line)
    if inside:
        raise Halved("a fleetfeed section begins there that never ends", begun_line)
    return found
