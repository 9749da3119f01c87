"""From bytes to text: size, encoding, and characters that must not be in a post.

This runs before any YAML is read, so that the scanners see only text on which they
agree about lines and columns.
"""

import re
from collections.abc import Iterator
from itertools import islice

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.util.invisible import INVISIBLE, masked

MAX_BYTES = 64 * 1024
MAX_REPORTED = 20
OF_CHARACTERS = ("FF002", "FF003")
"""The codes of characters that may not be in a text."""

MAX_MENDED = 1000  # nobody reads a longer line in a terminal

_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}"
    for plane in range(0, 0x110000, 0x10000)
)
_CONTROL = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff" + _NONCHARACTERS
)
_BAD_IN_VALUE = f"[{_CONTROL}{INVISIBLE}\r]"
_BAD_IN_FILE = f"[{_CONTROL}{INVISIBLE}]|\r(?!\n)"
# ECMA-48: what a terminal acts upon, as a whole.
_SEQUENCE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|\x1b(?:[ -/]+[0-~]|[78=>@-Z\\^_])"
)
_BREAK = "[\r\x0b\x0c\x85\u2028\u2029]"

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xef\xbb\xbf", "UTF-8 with a byte order mark"),
)


def decoded(data: bytes, path: str) -> tuple[str, tuple[Finding, ...]]:
    """The text of `data`, with newlines alone, and what its characters are refused for.

    Where the bytes are no text at all, the text is empty and there is a finding.
    """
    if len(data) > MAX_BYTES:
        why = f"the file's bytes are more than {MAX_BYTES}; shorten it"
        return "", (_finding("FF004", path, why),)
    encoding = _other_encoding(data)
    if encoding:
        why = f"the file is {encoding}; save it as UTF-8 without a byte order mark"
        return "", (_finding("FF001", path, why, 1, 1),)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", (_not_utf_8(data, error.start, path),)
    if _usual(text):
        return text, ()  # the search below costs 16 µs, and 340 to prepare
    if re.search(_BAD_IN_FILE, masked(text)):
        return "", tuple(_bad_lines(text, path))
    return text.replace("\r\n", "\n"), ()


def bad_in_value(value: str) -> tuple[str, str] | None:
    """The code and name of the first character that a value may not have, or None."""
    match = None if _usual(value) else re.search(_BAD_IN_VALUE, masked(value))
    return _named(match.group()) if match else None


def cleaned(text: str) -> str:
    """`text` without what `bad_in_value` refuses; a blank for what breaks a line."""
    text = re.sub(_SEQUENCE, "", text)
    # What is taken out may have been what another one belonged to.
    while bad_in_value(text):
        at = re.finditer(_BAD_IN_VALUE, masked(text))
        for match in reversed(list(at)):
            blank = " " if re.match(_BREAK, match.group()) else ""
            text = text[: match.start()] + blank + text[match.end() :]
    return text


def _usual(text: str) -> bool:
    """Whether `text` has plain letters and newlines alone: told without a search."""
    return text.isascii() and text.replace("\n", "").isprintable()


def _other_encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:8]
    if b"\x00\x00\x00" in head:
        return "UTF-32"
    many = len(head) // 4
    wide = many and max(head[1::2].count(0), head[::2].count(0)) > many
    return "UTF-16" if wide else ""


def _not_utf_8(data: bytes, at: int, path: str) -> Finding:
    before = data[:at].decode("utf-8")
    line, column = position(before, len(before))
    why = f"byte 0x{data[at]:02x} is not UTF-8; save the file as UTF-8"
    return _finding("FF001", path, why, line, column)


def _bad_lines(text: str, path: str) -> Iterator[Finding]:
    """A finding for each line that has such characters, with the line without them."""
    lines = text.replace("\r\n", "\n").split("\n")
    bad = ((at, line) for at, line in enumerate(lines, 1) if bad_in_value(line))
    for at, line in islice(bad, MAX_REPORTED):
        found = list(re.finditer(_BAD_IN_VALUE, masked(line)))
        code, name = _named(found[0].group())
        others = f", and {len(found) - 1} more like it" if len(found) > 1 else ""
        mended = cleaned(line) if len(line) <= MAX_MENDED else ""
        todo = "it" if mended.strip() or len(line) > MAX_MENDED else "the line"
        why = f"{name} stands in this line{others}; take {todo} out"
        place = Place(path, at, found[0].start() + 1)
        yield finding(code, place, why, mended=mended if mended.strip() else "")


def _named(ch: str) -> tuple[str, str]:
    control, invisible = OF_CHARACTERS
    if re.match(f"[{INVISIBLE}]", ch):
        return invisible, f"the invisible character U+{ord(ch):04X}"
    return control, f"the control character U+{ord(ch):04X}"


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of `text[index]`."""
    start = text.rfind("\n", 0, index) + 1
    return text.count("\n", 0, start) + 1, index - start + 1


def _finding(code: str, path: str, why: str, line: int = 0, column: int = 0) -> Finding:
    return finding(code, Place(path, line, column), why)
