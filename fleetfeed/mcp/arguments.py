"""What a tool is given: its schema, and the words of the command line that it becomes.

A text can never become an option: it stands behind the `=` of its own flag, or, without
one, behind `--`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool; `flag` is empty where the command has it by its place.

    `kind` is the name of its JSON type; of an array, each is a text.
    """

    name: str
    flag: str
    text: str
    kind: str = "string"
    choices: tuple[str, ...] = ()
    default: int | None = None

    @property
    def schema(self) -> Json:
        """Its JSON Schema."""
        found: Json = {"type": self.kind, "description": self.text}
        if self.kind == "array":
            found["items"] = {"type": "string"}
        if self.choices:
            found["enum"] = list(self.choices)
        if self.default is not None:
            found |= {"default": self.default, "minimum": 1}
        return found

    def words(self, value: object) -> Iterator[str]:
        """The words that say `value`."""
        if isinstance(value, bool):
            if value:
                yield self.flag
            return
        each = value if isinstance(value, list) else [value]
        yield from (f"{self.flag}={one}" if self.flag else str(one) for one in each)


def input_schema(known: Iterable[Argument], required: Sequence[str]) -> Json:
    """The JSON Schema of a tool's arguments."""
    found: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {argument.name: argument.schema for argument in known},
    }
    return {**found, "required": list(required)} if required else found


def given(arguments: Mapping[str, Any] | None) -> Json:
    """What is really given: models say null for what they leave out."""
    return {name: v for name, v in (arguments or {}).items() if v is not None}


def words_of(known: Sequence[Argument], values: Json) -> tuple[str, ...]:
    """The words behind the command's name; `values` are as the schema has them."""
    said, places = list[str](), list[str]()
    for argument in known:
        value = values.get(argument.name, argument.default)
        if value is not None:
            (said if argument.flag else places).extend(argument.words(value))
    return ("--json", *said, *(("--", *places) if places else ()))
