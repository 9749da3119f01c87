"""Reading: from bytes to a table, or to the findings that say why not.

`load` is the way in; `_Builder` makes a table of a scanner's events, and looks at
shape, names and YAML magic.
"""

from collections.abc import Callable

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place, in_order
from fleetfeed.model.yaml import lint, scanner
from fleetfeed.model.yaml.characters import (
    MAX_MENDED,
    OF_CHARACTERS,
    bad_in_value,
    cleaned,
    decoded,
)
from fleetfeed.model.yaml.lint import Seen
from fleetfeed.model.yaml.nodes import POST, Dialect, Listing, Node, Scalar, Table
from fleetfeed.model.yaml.suggest import requoted_at, slips
from fleetfeed.model.yaml.writer import quoted
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object

MAX_NAME = 200
MAX_SCALARS = 4000  # 64 KiB of `a,` take ruamel's pure scanner more than a second
MAX_REPORTED = 20
MOST_PROVED = 16_384  # characters; a stranger's text must not take twice as long
FEWEST_REPORTED = 5  # where there may be more, some more may stay unsaid


_Loaded = tuple[Table | None, tuple[Finding, ...]]


def load(data: bytes, path: str, dialect: Dialect = POST) -> _Loaded:
    """The table in `data`, or None and at least one finding that refuses.

    Never raises, whatever the bytes. `path` is only said in the findings.
    """
    last, known = _LATEST.get(dialect.name, (None, None))
    if last == data:
        return known, ()
    table, findings = load_with(scanner.fastest(), data, path, dialect)
    if table is not None:
        _LATEST[dialect.name] = data, table
    return table, findings


_LATEST: dict[str, tuple[bytes, Table]] = {}
"""By dialect, what was read last, where nothing was wrong with it.

What a writer drafts is read at once, and once more when it lies in a feed: 0.05 ms.
"""


def load_with(
    source: scanner.Source, data: bytes, path: str, dialect: Dialect = POST
) -> _Loaded:
    """`load` with a given scanner: every scanner must give the same answer."""
    text, refused = decoded(data, path)
    if refused:
        return None, _readable(refused, data, path, dialect)
    marked = lint.before_scan(text, path)
    if marked:
        return None, tuple(marked)
    table, findings = _read(source, text, path, dialect)
    if findings and source is not scanner.pure_scanner():
        # In the pure scanner's words, so that every seat reads the same.
        _, in_words = _read(scanner.pure_scanner(), text, path, dialect)
        findings = in_words or findings
    instead = lint.pointer(text, path) if findings else None
    if instead:
        return None, (instead,)
    return table, _proved(findings, text, path, dialect)


def _readable(
    refused: tuple[Finding, ...], data: bytes, path: str, dialect: Dialect
) -> tuple[Finding, ...]:
    """`refused` for its characters, each mended line as YAML wants the rest of it."""
    mends = {found.place.line: found.mended for found in refused if found.mended}
    if not mends or len(data) > MOST_PROVED:
        return refused
    lines = data.decode().replace("\r\n", "\n").split("\n")
    pasted = "\n".join(mends.get(at, line) for at, line in enumerate(lines, 1))
    _, left = load_with(scanner.pure_scanner(), pasted.encode(), path, dialect)
    more = {found.place.line: found.mended for found in left}
    return tuple(
        replace(found, mended=more.get(found.place.line, found.mended))
        for found in refused
    )


def _proved(
    findings: tuple[Finding, ...], text: str, path: str, dialect: Dialect
) -> tuple[Finding, ...]:
    """`findings` with those mended lines alone that can be pasted as they stand.

    Of several for one line it is the last. What is long is not read once more.
    """
    mends = {found.place.line: found.mended for found in findings if found.mended}
    if not mends or len(text) > MOST_PROVED:
        return findings
    lines = text.split("\n")
    pasted = "\n".join(mends.get(at, line) for at, line in enumerate(lines, 1))
    _, left = _read(scanner.pure_scanner(), pasted, path, dialect)
    bad = {found.place.line for found in left}
    whole = len(findings) < FEWEST_REPORTED and all(found.mended for found in findings)
    if whole and bad and not bad & mends.keys():
        bad = set(mends)
    kept = {line: mended for line, mended in mends.items() if line not in bad}
    return tuple(
        found
        if found.mended == kept.get(found.place.line, "")
        else replace(found, mended="")
        for found in findings
    )


def _read(source: scanner.Source, text: str, path: str, dialect: Dialect) -> _Loaded:
    builder = _Builder(source(text), path, dialect)
    try:
        table = builder.document()
    except _Stop:
        if builder.seen:
            return None, _with_mended(builder.findings, text)
        return None, _with_mended(_of_no_table(builder.findings, text, path), text)
    except scanner.ScanError as error:
        known = {found.place.line for found in builder.findings}
        complaints = [s for s in slips(text, path) if s.place.line not in known]
        if not complaints and not known:
            complaints = [_untranslated(error, path)]
        return None, _with_mended([*builder.findings, *complaints], text)
    refusals = builder.findings + lint.after_scan(text, builder.seen, path, dialect)
    if refusals:
        return None, _with_mended(refusals, text)
    return table, ()


def _of_no_table(found: list[Finding], text: str, path: str) -> list[Finding]:
    """`found` for a document without any field, its slips in place of its shape."""
    magic = [each for each in found if each.code != "FF007"]
    return magic or slips(text, path) or found


def _untranslated(error: scanner.ScanError, path: str) -> Finding:
    why = f"not readable as YAML ({printable(error.problem)})"
    place = Place(path, error.line, error.column)
    return finding("FF006", place, f"{why}; quote the text of this field")


def _with_mended(findings: list[Finding], text: str) -> tuple[Finding, ...]:
    """`findings` in order, anchors, aliases and tags with the quoted line."""
    cut_off = {f.place.line for f in findings if f.code == "FF010"}
    lines = lint.lines_of(text)
    kept = []
    for each in findings:
        if each.code == "FF006" and not each.mended and each.place.line in cut_off:
            continue  # `SUBJECT: #1438` is an empty value because of the comment
        kept.append(_mended(each, lines[each.place.line - 1]))
    return in_order(kept)


def _mended(found: Finding, line: str) -> Finding:
    """`found` with its line quoted, where magic or nesting was meant as text."""
    if len(found.mended) > MAX_MENDED:
        return replace(found, mended="")
    if found.mended and found.code in OF_CHARACTERS:
        before = line[: found.place.column - 1]
        return replace(found, mended=before + found.mended if before.strip() else "")
    if found.mended or found.code not in ("FF007", "FF009") or len(line) > MAX_MENDED:
        return found
    return replace(found, mended=requoted_at(line, found.place.column))


class _Stop(Exception):
    """Nothing after this place can be read; the findings so far say why."""


_CONTAINERS = ("SequenceStartEvent", "MappingStartEvent")
_NODES = ("ScalarEvent", *_CONTAINERS)


class _Builder:
    """Reads one document from `get_event`.

    `findings` is what there is to say; `seen` is every scalar, for `lint.after_scan`.
    """

    def __init__(self, get_event: Callable[[], Any], path: str, dialect: Dialect):
        self._get, self._path, self._dialect = get_event, path, dialect
        self.findings, self.seen = list[Finding](), list[Seen]()
        self._flow = 0

    def document(self) -> Table:
        """The one table of the file. _Stop or ScanError where it has none."""
        start = self._get()
        if _kind(self._get()) != "DocumentStartEvent":
            self._stop(start, "FF007", "the file is empty; write one field per line")
        event = self._get()
        if _kind(event) != "MappingStartEvent":
            self._magic(event)
            self._stop(event, "FF007", "the file is not a list of `NAME: value` lines")
        table = self._table(event, 1)
        self._get()  # the document ends
        after = self._get()
        if _kind(after) != "StreamEndEvent":
            self._stop(after, "FF007", "a second document begins here; write one")
        return table

    def _table(self, start: Any, level: int) -> Table:
        self._magic(start)
        entries: list[tuple[Scalar, Node]] = []
        names: set[str] = set()
        self._flow += bool(start.flow_style)
        while _kind(event := self._get()) != "MappingEndEvent":
            key = self._name(event, names)
            entries.append((key, self._value(key, self._get(), level)))
        self._flow -= bool(start.flow_style)
        return Table(tuple(entries), *_place(start))

    def _name(self, event: Any, names: set[str]) -> Scalar:
        if _kind(event) != "ScalarEvent":
            if self._magic(event):
                raise _Stop
            self._stop(event, "FF007", "a name must be a plain word before a colon")
        self._magic(event)
        key = self._scalar(event)
        if event.style in ("|", ">") or "\n" in key.text or len(key.text) > MAX_NAME:
            self._stop(event, "FF007", "a name must be a short word before a colon")
        if key.text == "":
            self._stop(event, "FF007", "a name is missing before the colon")
        if key.text == "<<":
            self._report(event, "FF009", "a merge key `<<` is not read; write it out")
        elif key.text in names:
            why = f"{printable(key.text)} is given twice; keep one of the two"
            self._report(event, "FF008", why)
        names.add(key.text)
        return key

    def _value(self, key: Scalar, event: Any, level: int) -> Node:
        kind = _kind(event)
        if kind == "MappingStartEvent":
            if level == self._dialect.tables:
                self._too_deep(event, key)
            return self._table(event, level + 1)
        if kind == "SequenceStartEvent":
            return self._list(event, key)
        return self._text(event, key)

    def _list(self, start: Any, key: Scalar) -> Listing:
        self._magic(start)
        items: list[Scalar] = []
        self._flow += bool(start.flow_style)
        while _kind(event := self._get()) != "SequenceEndEvent":
            if _kind(event) in _CONTAINERS:
                self._too_deep(event, key)
            items.append(self._text(event, key))
        self._flow -= bool(start.flow_style)
        if not items and self._dialect.tables == 1:
            why = f"{printable(key.text)} is an empty list; leave the field out"
            self._report(start, "FF006", why)
        return Listing(tuple(items), *_place(start))

    def _text(self, event: Any, key: Scalar) -> Scalar:
        if _kind(event) == "AliasEvent":
            self._magic(event)
            return Scalar("", *_place(event))
        magic = self._magic(event)
        scalar = self._scalar(event)
        if event.style in (None, "") and scalar.text == "" and not magic:
            why = f"{printable(key.text)} has no value; leave it out, or write a text"
            self._report_at("FF006", key.line, key.column, why)
        return scalar

    def _scalar(self, event: Any) -> Scalar:
        bad = bad_in_value(event.value)
        if bad:
            why = f"{bad[1]} is in the value once it is read; take it out"
            # Without what stands before it on the line, which `_mended` knows.
            ends = event.start_mark.line == event.end_mark.line and not self._flow
            mended = quoted(cleaned(event.value)) if ends else ""
            self._report(event, bad[0], why, mended)
        if len(self.seen) == MAX_SCALARS:
            why = f"more than {MAX_SCALARS} names and texts; a post is a message"
            self._stop(event, "FF007", why)
        mark, style = event.start_mark, event.style or ""
        flow = self._flow > 0
        self.seen.append(Seen(mark.line, mark.column, style, flow, event.value))
        return Scalar(event.value, mark.line + 1, mark.column + 1)

    def _magic(self, event: Any) -> bool:
        """Refuse anchor, alias or tag of `event`."""
        kind = _kind(event)
        if kind == "AliasEvent":
            what = f"`*{printable(event.anchor)}` is an alias"
        elif kind in _NODES and event.anchor is not None:
            what = f"`&{printable(event.anchor)}` is an anchor"
        elif kind in _NODES and event.tag is not None:
            what = "`!` begins a tag"
        else:
            return False
        self._report(event, "FF009", f"{what}, which is not read; quote the text")
        return True

    def _too_deep(self, event: Any, key: Scalar) -> None:
        why = f"{printable(key.text)} is nested too deep"
        self._stop(event, "FF007", f"{why}; write a text or a list of texts")

    def _stop(self, event: Any, code: str, why: str) -> None:
        self._report(event, code, why)
        raise _Stop

    def _report(self, event: Any, code: str, why: str, mended: str = "") -> None:
        self._report_at(code, *_place(event), why, mended)

    def _report_at(
        self, code: str, line: int, column: int, why: str, mended: str = ""
    ) -> None:
        place = Place(self._path, line, column)
        self.findings.append(finding(code, place, why, mended=mended))
        if len(self.findings) == MAX_REPORTED:
            raise _Stop


def _kind(event: Any) -> str:
    """`ScalarEvent` …: by name, since the classes are not imported before a scan."""
    return type(event).__name__


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
