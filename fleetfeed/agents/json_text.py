"""JSON as it is written: where each value stands, so that the rest can stay as it is.

A settings file belongs to whoever wrote it: its order, indentation and line endings are
no business of ours. So it is not parsed and written anew; what is added or taken out is
a piece of its text. Only strict JSON is read: a comment would be lost on somebody, and
of two members of one name each reader takes another.
"""

import json
import re
from collections.abc import Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from fleetfeed.util.records import record

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")
_DEEPEST = 200


class Flaw(ValueError):
    """What is no strict JSON: `what`, and where, both counted from 1."""

    def __init__(self, what: str, text: str, at: int) -> None:
        """`at` is where in `text`, from 0."""
        self.what = what
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        super().__init__(f"{what} (line {self.line}, column {self.column})")


@record
class Node:
    """A value in a text: `text[start:end]`; for an object or array, what is in it.

    `keys` are the names of an object's members, None for all other values; `starts` are
    where its members begin, with their names, or an array's values.
    """

    start: int
    end: int
    keys: tuple[str, ...] | None = None
    values: "tuple[Node, ...] | None" = None
    starts: tuple[int, ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether it has members."""
        return self.keys is not None

    @property
    def is_array(self) -> bool:
        """Whether it has values without names."""
        return self.values is not None and self.keys is None

    def member(self, key: str) -> "Node | None":
        """The value of the member `key`; None where there is none."""
        if self.keys is None or self.values is None or key not in self.keys:
            return None
        return self.values[self.keys.index(key)]


def parse(text: str) -> Node:
    """The one value in `text`, which may begin with a byte-order mark; Flaw if none."""
    start = _space(text, 1 if text.startswith("\ufeff") else 0)
    node = _value(text, start, 0)
    end = _space(text, node.end)
    if end < len(text):
        raise Flaw(_unexpected(text, end), text, end)
    return node


def value_of(text: str, node: Node) -> Any:  # noqa: ANN401 - whatever it says
    """What a node says, as Python has it."""
    return json.loads(text[node.start : node.end])


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _unexpected(text: str, at: int) -> str:
    if at >= len(text):
        return "it ends too early"
    if text.startswith(("//", "/*", "#"), at):
        return "it has a comment"
    return f"{text[at]!a} is not expected there"


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise Flaw("it is nested too deeply", text, at)
    first = text[at : at + 1]
    if first == "{":
        return _object(text, at, depth)
    if first == "[":
        return _array(text, at, depth)
    if first == '"':
        return Node(at, _string(text, at)[1])
    found = _SCALAR.match(text, at)
    if not found:
        raise Flaw(_unexpected(text, at), text, at)
    return Node(at, found.end())


def _string(text: str, at: int) -> tuple[str, int]:
    try:
        said: tuple[str, int] = scanstring(text, at + 1, True)
    except json.JSONDecodeError as error:
        raise Flaw("a string does not end, or has a bad letter", text, at) from error
    return said


def _object(text: str, at: int, depth: int) -> Node:
    keys, values, starts = list[str](), list[Node](), list[int]()
    here = _space(text, at + 1)
    while text[here : here + 1] != "}" or keys:
        if text[here : here + 1] != '"':
            raise Flaw(_trailing(text, here, bool(keys)), text, here)
        starts.append(here)
        key, here = _string(text, here)
        if key in keys:
            raise Flaw(f"it has {key!a} twice", text, starts[-1])
        here = _space(text, here)
        if text[here : here + 1] != ":":
            raise Flaw(_unexpected(text, here), text, here)
        node = _value(text, _space(text, here + 1), depth + 1)
        keys.append(key)
        values.append(node)
        here = _space(text, node.end)
        if text[here : here + 1] == "}":
            break
        here = _after_comma(text, here)
    return Node(at, here + 1, tuple(keys), tuple(values), tuple(starts))


def _array(text: str, at: int, depth: int) -> Node:
    values = list[Node]()
    here = _space(text, at + 1)
    while text[here : here + 1] != "]" or values:
        if values and text[here : here + 1] == "]":
            raise Flaw(_trailing(text, here, True), text, here)
        node = _value(text, here, depth + 1)
        values.append(node)
        here = _space(text, node.end)
        if text[here : here + 1] == "]":
            break
        here = _after_comma(text, here)
    starts = tuple(node.start for node in values)
    return Node(at, here + 1, None, tuple(values), starts)


def _after_comma(text: str, at: int) -> int:
    if text[at : at + 1] != ",":
        raise Flaw(_unexpected(text, at), text, at)
    return _space(text, at + 1)


def _trailing(text: str, at: int, several: bool) -> str:
    ends = text[at : at + 1] in ("}", "]")
    return (
        "a comma has nothing behind it" if several and ends else _unexpected(text, at)
    )


class Editor:
    """A text of JSON that is changed a piece at a time."""

    def __init__(self, text: str) -> None:
        """Flaw where it is no strict JSON; of an empty text an empty object is made."""
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        body = text.removeprefix("\ufeff")
        self._text = text if body.strip() else f"{mark}{{}}\n"
        self._newline = "\r\n" if "\r\n" in self._text else "\n"
        self.root = parse(self._text)
        self._unit = self._indentation()

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self._text

    def at(self, path: Sequence[str]) -> Node | None:
        """The value at `path`, names of members one below the other; None: none."""
        node: Node | None = self.root
        for key in path:
            node = node.member(key) if node else None
        return node

    def says(self, node: Node) -> Any:  # noqa: ANN401 - whatever it says
        """What a node of the text says."""
        return value_of(self._text, node)

    def put(self, node: Node, value: object) -> None:
        """Write `value` in the place of `node`."""
        self._splice(node.start, node.end, self._shown(value, self._margin(node.start)))

    def set(self, path: Sequence[str], value: object) -> None:
        """Add a member at the end of the object above it, which is made if missing."""
        *above, key = path
        node = self.at(above)
        if node is None:
            self.set(above, {key: value})
        else:
            self._add(node, f"{json.dumps(key, ensure_ascii=False)}: ", value)

    def append(self, path: Sequence[str], value: object) -> None:
        """Add a value at the end of the array at `path`, which is made if missing."""
        node = self.at(path)
        if node is None:
            self.set(path, [value])
        else:
            self._add(node, "", value)

    def take_out(self, above: Node, index: int) -> None:
        """Take the member or value `index` out of `above`, with its comma."""
        values = above.values or ()
        if len(values) == 1:
            self._splice(above.start + 1, above.end - 1, "")
        elif index:
            self._splice(values[index - 1].end, values[index].end, "")
        else:
            self._splice(above.starts[0], above.starts[1], "")

    def _add(self, above: Node, name: str, value: object) -> None:
        margin = self._margin(above.start)
        values = above.values or ()
        if not values:
            inner = margin + self._unit
            shown = name + self._shown(value, inner)
            lines = f"{self._newline}{inner}{shown}{self._newline}{margin}"
            self._splice(above.start + 1, above.end - 1, lines)
            return
        last = values[-1].end
        before = self._text[above.start : above.starts[-1]]
        if "\n" in before:
            inner = self._margin(above.starts[-1])
            shown = name + self._shown(value, inner)
            self._splice(last, last, f",{self._newline}{inner}{shown}")
        else:
            self._splice(last, last, f", {name}{json.dumps(value, ensure_ascii=False)}")

    def _shown(self, value: object, margin: str) -> str:
        shown = json.dumps(value, ensure_ascii=False, indent=self._unit)
        return shown.replace("\n", f"{self._newline}{margin}")

    def _margin(self, at: int) -> str:
        """The blanks that the line of `at` begins with."""
        start = self._text.rfind("\n", 0, at) + 1
        found = re.compile(r"\ufeff?([ \t]*)").match(self._text, start)
        return found[1] if found else ""

    def _indentation(self) -> str:
        """By what the first member is indented; two blanks where it is not."""
        starts = self.root.starts
        inner = self._margin(starts[0]) if starts else ""
        outer = self._margin(self.root.start)
        return inner.removeprefix(outer) or "  "

    def _splice(self, start: int, end: int, new: str) -> None:
        self._text = self._text[:start] + new + self._text[end:]
        self.root = parse(self._text)
