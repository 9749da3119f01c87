"""The JSON Schema of `policy.yaml`, for editors: made of the reader's own tables.

What is said of a key is the comment that stands above it in a new policy. Whether one
key fits another (a steward on the roster, a lane in `lanes`) is the reader's to say.
"""

import re

from fleetfeed.model import names
from fleetfeed.model.fields import SAYS_NONE, SPECS
from fleetfeed.model.identity import MODES
from fleetfeed.model.policy import AGREED, BY_INBOX
from fleetfeed.model.policy_reader import (
    FAMILY_KEYS,
    FIELD_KEYS,
    FIELD_NAME,
    GUARD_KEYS,
    KEYS,
    LEASE_KEYS,
    LEVELS,
    REF,
    Reader,
    Take,
)
from fleetfeed.model.policy_template import template
from fleetfeed.model.post import State
from fleetfeed.model.post_schema import DRAFT, Schema, scalar_types, whole
from fleetfeed.util import durations


def policy_schema() -> Schema:
    """The schema of the policy's file."""
    about = _comments()
    keys = {name: _of(take) for name, take in KEYS.items()}
    return {
        "$schema": DRAFT,
        "$id": "urn:fleetfeed:policy:1",
        "title": "The policy of a fleetfeed feed",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            name: {**({"description": about[name]} if name in about else {}), **value}
            for name, value in keys.items()
        },
        "dependentRequired": {
            "unknown_family": ["families"],
            "unknown_seat": ["roster"],
            "guard": ["paths"],
        },
    }


def _comments() -> dict[str, str]:
    """What a new policy says of its keys, each in the paragraph that ends with it."""
    found = dict[str, str]()
    for paragraph in template("refs/heads/main").split("\n\n"):
        said = list[str]()
        for line in paragraph.splitlines():
            key = re.match(r"(?:# )?([a-z_]+):(?: |$)", line)
            if key and key[1] in KEYS:
                found.setdefault(key[1], " ".join(said))
                break
            said.append(line.removeprefix("# "))
    return {name: text for name, text in found.items() if text}


def _of(take: Take) -> Schema:
    """What a key takes that is read by `take`; KeyError where nobody has said it."""
    return _TAKEN[take.__name__]


def _text(pattern: str) -> Schema:
    types = scalar_types(lambda text: re.fullmatch(pattern, text))
    return {"type": types, "pattern": whole(pattern)}


def _one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def _keys(known: dict[str, Take]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _of(take) for name, take in known.items()},
    }


def _only(name: str, value: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: value},
    }


def _each(value: Schema, names: Schema | None = None, least: int = 0) -> Schema:
    """A mapping of names of one kind to values of one kind."""
    table: Schema = {"type": "object", "additionalProperties": value}
    if names:
        table["propertyNames"] = names
    return {**table, "minProperties": least} if least else table


def _list(item: Schema, least: int = 0) -> Schema:
    found: Schema = {"type": "array", "items": item}
    return {**found, "minItems": least} if least else found


_LEVEL = _one_of(*LEVELS)
_PASSES = _one_of("pass", *LEVELS)
_NUMBER: Schema = {"type": ["integer", "string"], "pattern": "^[1-9][0-9]*$"}
_COUNT: Schema = {**_NUMBER, "minimum": 1, "maximum": names.LAST}
_SPAN = _text(durations.SPAN)
_TRUTH: Schema = {"enum": [True, False, "true", "false"]}
_ONE_PART = r"(\s*\.?\s*[:/])*[^:/]*[^:/\s][^:/]*([:/]\s*\.?\s*)*"
_SEGMENT = _text(_ONE_PART)
_PART_NAME: Schema = {"pattern": whole(_ONE_PART)}
_PATTERNS = _list(_text(names.SEAT_PATTERN), 1)

# Behind `Reader`'s methods, since a key of the policy is read by one of them.
_TAKEN: dict[str, Schema] = {
    Reader.ref.__name__: _text(REF),
    Reader.server.__name__: _text(names.SERVER.pattern),
    Reader.prefixes.__name__: _each(
        _SEGMENT, {"pattern": whole(names.PREFIX.pattern)}, 1
    ),
    Reader.lanes.__name__: {
        "anyOf": [_list(_SEGMENT, 1), _each(_only("seats", _PATTERNS), _PART_NAME, 1)]
    },
    Reader.level.__name__: _LEVEL,
    Reader.level_or_pass.__name__: _PASSES,
    Reader.pools.__name__: _each(
        _list(_text(names.SEAT_PATTERN)),
        {"pattern": whole(names.SEAT.pattern), "not": {"pattern": f"^{SAYS_NONE}$"}},
    ),
    Reader.seats.__name__: _list(_text(names.SEAT.pattern)),
    Reader.few_stewards.__name__: {**_NUMBER, "minimum": 1, "maximum": 9},
    Reader.agreed.__name__: _list(_one_of(*AGREED)),
    Reader.roster.__name__: _PATTERNS,
    Reader.surface.__name__: _one_of("warn", "required", "optional"),
    Reader.span.__name__: _SPAN,
    Reader.truth.__name__: _TRUTH,
    Reader.any_lane.__name__: _one_of("own", "any"),
    Reader.pool_leases.__name__: _each(_SPAN),
    Reader.ids.__name__: _only("max_gap", _COUNT),
    Reader.seal.__name__: _only("after", _SPAN),
    Reader.states.__name__: _list(_one_of(*(state.value for state in State))),
    Reader.queue.__name__: _one_of("direct", BY_INBOX),
    Reader.identity.__name__: _only("mode", _one_of(*MODES)),
    Reader.logins.__name__: _each(_PATTERNS),
    Reader.paths.__name__: _each(
        _text(rf"[\s\S]*[:/][\s\S]*|{SAYS_NONE}"), {"not": {"pattern": "/$"}}
    ),
    Reader.aliases.__name__: _each(_SEGMENT, _PART_NAME),
}
_TAKEN |= {
    Reader.families.__name__: _each(_keys(FAMILY_KEYS), _PART_NAME, 1),
    Reader.leases.__name__: _keys(LEASE_KEYS),
    Reader.guard.__name__: _keys(GUARD_KEYS),
    Reader.fields.__name__: {
        **_each(
            _keys(FIELD_KEYS),
            {"pattern": whole(FIELD_NAME), "not": {"enum": list(SPECS)}},
        )
    },
}
