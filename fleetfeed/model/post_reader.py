"""From bytes to a post or a note.

Whether a post is readable does not depend on the policy: new rules bind new posts, and
a rule that is added must never make an old post unreadable. What the policy says of a
post is the judge's (`judge/fields.py`).
"""

from collections.abc import Iterator, Mapping

from fleetfeed.model.catalogue import finding
from fleetfeed.model.fields import REQUIRED, REQUIRED_IN_NOTE, SPECS, is_none, lets_go
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.post import Note, Post, State, Unreadable, Value, as_list
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.yaml.nodes import Listing, Scalar, Table
from fleetfeed.model.yaml.reader import load
from fleetfeed.model.yaml.salvage import salvage
from fleetfeed.util.printable import printable

Fields = Mapping[str, Value]
Places = Mapping[str, Place]

MOST_VALUES = 50
"""Values in one list: an item that holds more is several items."""


def read_post(data: bytes, path: str, item: str, number: int) -> Post | Unreadable:
    """The post `number` of `item` from the file's bytes; `path` is for findings."""
    table, findings = load(data, path)
    if table is None:
        keys = salvage(data, "SURFACE_KEY")
        return _unreadable(path, item, number, keys, findings)
    fields, places = _values(table, path)
    findings = (
        *_missing(fields, REQUIRED, path),
        *_bad_values(table, path),
        *_other_path(fields, places, "ITEM", item),
    )
    if findings:
        given = as_list(fields.get("SURFACE_KEY", ()))
        keys = (*given, *salvage(data, "SURFACE_KEY"))
        return _unreadable(path, item, number, keys, findings)
    return _post(fields, places, path, number)


def read_fields(data: bytes) -> Fields | None:
    """The fields of a post's or a note's file as written; None where it is no YAML."""
    table, _ = load(data, "")
    return None if table is None else _values(table, "")[0]


def read_request(data: bytes, path: str) -> tuple[Fields | None, tuple[Finding, ...]]:
    """The fields of a post that is not written yet, and what is wrong with them.

    It says ITEM and STATE; who posts it may be filled in.
    """
    table, findings = load(data, path)
    if table is None:
        return None, findings
    fields, _ = _values(table, path)
    missing = _missing(fields, ("ITEM", "STATE"), path)
    findings = (*missing, *_bad_values(table, path))
    return (None, findings) if findings else (fields, ())


def read_note(
    data: bytes, path: str, seat: str
) -> tuple[Note | None, tuple[Finding, ...]]:
    """The note of `seat` from the file's bytes, and what is wrong with it."""
    table, findings = load(data, path)
    if table is None:
        return None, findings
    fields, places = _values(table, path)
    findings = (
        *_missing(fields, REQUIRED_IN_NOTE, path),
        *_bad_values(table, path),
        *_not_in_note(fields, places),
        *_other_path(fields, places, "SEAT", seat),
    )
    if findings:
        return None, findings
    named = fields.get("ITEM", "")
    return Note(path, str(fields["SEAT"]), str(named), fields, places), ()


def note_or_unreadable(data: bytes, path: str, seat: str) -> Note | Unreadable:
    """As `read_note`; what is no note is an `Unreadable` without item and number."""
    note, findings = read_note(data, path, seat)
    return note or Unreadable(path, "", 0, (), findings)


def _unreadable(
    path: str,
    item: str,
    number: int,
    texts: tuple[str, ...],
    findings: tuple[Finding, ...],
) -> Unreadable:
    keys = dict.fromkeys(map(SurfaceKey.of, texts))
    held = tuple(key for key in keys if key.parts and not is_none(key.text))
    return Unreadable(path, item, number, held, findings)


def _values(table: Table, path: str) -> tuple[Fields, Places]:
    fields: dict[str, Value] = {}
    places: dict[str, Place] = {}
    for name, node in table.entries:
        if isinstance(node, Scalar):
            fields[name.text] = node.text
        elif isinstance(node, Listing):
            fields[name.text] = tuple(scalar.text for scalar in node.items)
        places[name.text] = Place(path, node.line, node.column)
    return fields, places


def _missing(fields: Fields, names: tuple[str, ...], path: str) -> Iterator[Finding]:
    for name in names:
        if name not in fields:
            yield finding("FF101", Place(path), f"{name} is missing; add `{name}: …`")


def _bad_values(table: Table, path: str) -> Iterator[Finding]:
    for name, node in table.entries:
        spec = SPECS.get(name.text)
        if spec is None or isinstance(node, Table):
            continue
        place = Place(path, node.line, node.column)
        if isinstance(node, Listing) and not spec.many:
            message = f"{name.text} takes one text, not a list; write one"
            yield finding("FF106", place, message)
            continue
        scalars = node.items if isinstance(node, Listing) else (node,)
        if len(scalars) > MOST_VALUES:
            message = f"{name.text} has {len(scalars)} values, more than {MOST_VALUES}"
            yield finding("FF103", place, f"{message}; make several items of it")
        if not scalars:
            yield finding("FF103", place, f"{name.text} is an empty list; leave it out")
        if spec.clears and lets_go([scalar.text for scalar in scalars]):
            continue
        for scalar in scalars:
            yield from _bad_value(name.text, scalar, path, alone=scalar is node)


def _bad_value(
    name: str, scalar: Scalar, path: str, *, alone: bool
) -> Iterator[Finding]:
    """What is wrong with a value; the line to write where it stands `alone` on its."""
    spec = SPECS[name]
    wrong = spec.check(scalar.text)
    if not wrong:
        return
    code = "FF104" if spec.check is SPECS["ITEM"].check else "FF103"
    place = Place(path, scalar.line, scalar.column)
    meant = spec.meant(scalar.text) if alone else ""
    mended = f"{name}: {meant}" if meant else ""
    message = f"{name}: '{printable(scalar.text)}' {wrong}"
    yield finding(code, place, message, mended=mended)


def _not_in_note(fields: Fields, places: Places) -> Iterator[Finding]:
    for name in fields:
        if name in SPECS and not SPECS[name].in_note:
            message = f"a note carries no {name}; take it out, or write a post"
            yield finding("FF106", places[name], message)


def _other_path(
    fields: Fields, places: Places, name: str, by_path: str
) -> Iterator[Finding]:
    given = fields.get(name)
    if isinstance(given, str) and given.casefold() != by_path.casefold():
        message = f"{name} is {printable(given)}, but the path says"
        todo = f"mend {name}, or move the file"
        message = f"{message} {printable(by_path)}; {todo}"
        yield finding("FF105", places[name], message, mended=f"{name}: {by_path}")


def _post(fields: Fields, places: Places, path: str, number: int) -> Post:
    def text(name: str) -> str:
        return str(fields.get(name, ""))

    def whole(name: str) -> int | None:
        return int(text(name)) if name in fields else None

    owner = fields.get("OWNER")
    return Post(
        path=path,
        item=text("ITEM"),
        number=number,
        seat=text("SEAT"),
        state=State(text("STATE")),
        owner=None if owner is None else "" if is_none(str(owner)) else str(owner),
        subject=text("SUBJECT"),
        keys=_keys(fields.get("SURFACE_KEY")),
        proof=text("NO_OVERLAP_PROOF"),
        reason=text("REASON"),
        lease=text("LEASE") or None,
        epoch=whole("EPOCH"),
        repairs=whole("REPAIRS"),
        fields=fields,
        places=places,
    )


def _keys(value: Value | None) -> tuple[SurfaceKey, ...] | None:
    if value is None:
        return None
    texts = as_list(value)
    if lets_go(texts):
        return ()
    return tuple(key for key in map(SurfaceKey.of, texts) if key.parts)
