"""From a scanner's events to a table: shape, names, and no YAML magic."""

from collections.abc import Callable
from typing import Any

from fleetfeed.finding import Finding, Place
from fleetfeed.rules import finding
from fleetfeed.shown import shown
from fleetfeed.strictyaml.characters import bad_in_value
from fleetfeed.strictyaml.node import Dialect, Listing, Node, Scalar, Table

MAX_NAME = 200


class Stop(Exception):
    """Nothing after this place can be read; the findings so far say why."""


class Builder:
    """Reads one document from `get_event`; `findings` is what it had to say.

    `blocks` are the lines on which a `|` or `>` block begins; `spans` is the line of
    every value that is neither block nor empty, with the style it is written in.
    """

    def __init__(self, get_event: Callable[[], Any], path: str, dialect: Dialect):
        self._get = get_event
        self._path = path
        self._dialect = dialect
        self.findings: list[Finding] = []
        self.values: list[tuple[Any, str]] = []

    def document(self) -> Table:
        """The one table of the file. Stop or ScanError where it has none."""
        self._get()  # the stream begins
        if _kind(self._get()) != "DocumentStart":
            self._stop(None, "FF007", "The file is empty; write one field per line.")
        event = self._get()
        if _kind(event) != "MappingStart":
            self._magic(event)
            self._stop(event, "FF007", "The file is not a list of `NAME: value` lines.")
        table = self._table(event, 1)
        self._get()  # the document ends
        after = self._get()
        if _kind(after) != "StreamEnd":
            self._stop(after, "FF007", "A second document begins here; write one.")
        return table

    def _table(self, start: Any, level: int) -> Table:
        self._magic(start)
        entries: list[tuple[Scalar, Node]] = []
        seen: set[str] = set()
        while _kind(event := self._get()) != "MappingEnd":
            key = self._name(event, seen)
            value = self._get()
            entries.append((key, self._value(key, value, level)))
        return Table(tuple(entries), *_place(start))

    def _name(self, event: Any, seen: set[str]) -> Scalar:
        if _kind(event) != "Scalar":
            self._magic(event)
            self._stop(event, "FF007", "A name must be a plain word before a colon.")
        self._magic(event)
        key = self._scalar(event)
        if event.style in ("|", ">") or "\n" in key.text or len(key.text) > MAX_NAME:
            self._stop(event, "FF007", "A name must be a short word before a colon.")
        if key.text == "":
            self._stop(event, "FF007", "A name is missing before the colon.")
        if key.text == "<<":
            self._say(event, "FF009", "A merge key `<<` is not read; write it out.")
        elif key.text in seen:
            why = f"{shown(key.text)} is given twice; keep one of the two."
            self._say(event, "FF008", why)
        seen.add(key.text)
        return key

    def _value(self, key: Scalar, event: Any, level: int) -> Node:
        kind = _kind(event)
        if kind == "MappingStart":
            if level == self._dialect.tables:
                self._too_deep(event, key)
            return self._table(event, level + 1)
        if kind == "SequenceStart":
            return self._list(event, key)
        return self._text(event, key)

    def _list(self, start: Any, key: Scalar) -> Listing:
        self._magic(start)
        items: list[Scalar] = []
        while _kind(event := self._get()) != "SequenceEnd":
            if _kind(event) in ("SequenceStart", "MappingStart"):
                self._too_deep(event, key)
            items.append(self._text(event, key))
        if not items:
            why = f"{shown(key.text)} is an empty list; leave the field out."
            self._say(start, "FF007", why)
        return Listing(tuple(items), *_place(start))

    def _text(self, event: Any, key: Scalar) -> Scalar:
        if _kind(event) == "Alias":
            self._magic(event)
            return Scalar("", *_place(event))
        magic = self._magic(event)
        scalar = self._scalar(event)
        if event.style in (None, "") and scalar.text == "" and not magic:
            why = f"{shown(key.text)} has no value; leave it out, or write a text."
            self.findings.append(self._at("FF006", key.line, key.column, why))
        return scalar

    def _scalar(self, event: Any) -> Scalar:
        bad = bad_in_value(event.value)
        if bad:
            why = f"{bad[1]} is in the value once it is read; take it out."
            self._say(event, bad[0], why)
        self.values.append((event.start_mark, event.style or ""))
        return Scalar(event.value, *_place(event))

    def _magic(self, event: Any) -> bool:
        """Refuse anchor, alias or tag of `event`."""
        kind = _kind(event)
        if kind == "Alias":
            what = f"`*{shown(event.anchor)}` is an alias"
        elif kind not in ("Scalar", "MappingStart", "SequenceStart"):
            return False
        elif event.anchor is not None:
            what = f"`&{shown(event.anchor)}` is an anchor"
        elif event.tag is not None:
            what = "`!` begins a tag"
        else:
            return False
        self._say(event, "FF009", f"{what}, which is not read; quote the text.")
        return True

    def _too_deep(self, event: Any, key: Scalar) -> None:
        why = f"{shown(key.text)} is nested too deep; write a text or a list of texts."
        self._stop(event, "FF007", why)

    def _stop(self, event: Any, code: str, why: str) -> None:
        if event is None:
            self.findings.append(self._at(code, 1, 1, why))
        else:
            self._say(event, code, why)
        raise Stop

    def _say(self, event: Any, code: str, why: str) -> None:
        self.findings.append(self._at(code, *_place(event), why))

    def _at(self, code: str, line: int, column: int, why: str) -> Finding:
        return finding(code, Place(self._path, line, column), why)


def _kind(event: Any) -> str:
    """`Scalar`, `MappingStart` …; the name, so that no scanner need be imported."""
    return type(event).__name__.removesuffix("Event")


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
