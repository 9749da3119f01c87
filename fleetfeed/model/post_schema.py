"""The JSON Schema of a post, or a note, for editors: made of the reader's own table.

It says less than the reader does. What depends on another value (the path, the item's
other posts, the policy) no schema can say, nor whether a day is in the calendar. And an
editor takes an unquoted `007`, `null` or `true` for something else than the text that
it is here.
"""

from collections.abc import Callable, Mapping

from fleetfeed.model import names
from fleetfeed.model.fields import (
    HIGHEST_PRIORITY,
    REQUIRED,
    REQUIRED_IN_NOTE,
    SPECS,
    FieldSpec,
)
from fleetfeed.model.post import State
from fleetfeed.model.post_reader import MOST_VALUES

Schema = dict[str, object]

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_ABOUT = {
    "ITEM": "The item, as the path says.",
    "STATE": "The state of the item from this post on.",
    "SEAT": "Who posts.",
    "AT": "When, in UTC; no rule trusts it.",
    "SUBJECT": "What the item is about, in one line; its first post says it.",
    "OWNER": "Who holds the item, or who may claim it: a seat, a pool, or none.",
    "SURFACE_KEY": "What is claimed, as LANE:family:artifact; a list of it, or none.",
    "NO_OVERLAP_PROOF": "How this differs from what is near.",
    "LEASE": "How long the claim is good without a sign of life; or none.",
    "TURN": "The place in line of a parked item; or none.",
    "EPOCH": "The item's epoch after this post; required from 2 on.",
    "REASON": "Why: to reopen, to take over, on a steward's act.",
    "OP": "The id of the command that wrote this post.",
    "REPAIRS": "The number of the unreadable post that this one stands in for.",
    "DEPENDS_ON": "What must be done before this item is begun: an item, a list, none.",
    "PARENT": "The item that this one is a part of.",
    "PRIORITY": "0 comes first.",
    "BRANCH": "The branch that the work is on.",
    "BODY": "Free text.",
}


def post_schema() -> Schema:
    """The schema of a post's file."""
    return _schema("post", "A post of a fleetfeed feed", SPECS, REQUIRED)


def note_schema() -> Schema:
    """The schema of a note's file."""
    known = {name: spec for name, spec in SPECS.items() if spec.in_note}
    schema = _schema("note", "A note on a fleetfeed feed", known, REQUIRED_IN_NOTE)
    others = {name: False for name in SPECS if name not in known}
    return {**schema, "properties": {**_properties(known), **others}}


def _schema(
    kind: str, title: str, known: Mapping[str, FieldSpec], required: tuple[str, ...]
) -> Schema:
    return {
        "$schema": DRAFT,
        "$id": f"urn:fleetfeed:{kind}:1",
        "title": title,
        "type": "object",
        "required": list(required),
        "properties": _properties(known),
        # A field of the fleet's own, which its policy declares: a text, or some.
        "additionalProperties": one_or_list({"type": SCALAR}),
    }


def _properties(known: Mapping[str, FieldSpec]) -> Schema:
    found = Schema()
    for name, spec in known.items():
        value = _value(spec)
        whole = one_or_list(value, MOST_VALUES) if spec.many else value
        found[name] = {"description": _ABOUT[name], **whole}
    return found


SCALAR = ["string", "number", "boolean"]
"""What an editor takes a text for, where it stands unquoted."""


def one_or_list(value: Schema, most: int | None = None) -> Schema:
    """A value, or a list of at least one such value."""
    several: Schema = {"type": "array", "items": value, "minItems": 1}
    if most is not None:
        several["maxItems"] = most
    return {"anyOf": [value, several]}


def _value(spec: FieldSpec) -> Schema:
    """One value of a field: the check itself says what it may look like."""
    if spec.shape == "|".join(state.value for state in State):
        return {"enum": [state.value for state in State]}

    def fits(text: str) -> bool:
        return not spec.check(text)

    types = scalar_types(fits)
    value: Schema = {"type": types, "pattern": whole(spec.shape)}
    if fits("7") and not fits("-1"):
        value["minimum"] = next(n for n in (0, 1) if fits(str(n)))
    if "integer" in types:
        most = (names.LAST, HIGHEST_PRIORITY)
        value["maximum"] = next(n for n in most if fits(str(n)))
    if spec is SPECS["SEAT"]:
        value["maxLength"] = names.LONGEST_SEAT
    return value


def scalar_types(fits: Callable[[str], object]) -> list[str]:
    """What an editor may take a text for that `fits`, where it stands unquoted."""
    number = "number" if fits("1.5") else "integer" if fits("7") else ""
    found = ["string", number, "boolean" if fits("true") else ""]
    return [kind for kind in found if kind]


def whole(pattern: str) -> str:
    """A pattern that a whole text fits; in a schema it may fit a part of one."""
    return f"^(?:{pattern})$"
