"""A settings file in JSON: what is ours is put in, brought up to date, taken out."""

import re
import shlex
from collections.abc import Iterator, Sequence

from fleetfeed.agents.artifacts import Blocked
from fleetfeed.agents.json_text import Editor, Flaw, Node
from fleetfeed.agents.tools import Entry, Member
from fleetfeed.util.records import record


@record
class JsonFile:
    """A settings file in strict JSON, which gets members and elements of ours."""

    path: str
    parts: tuple[Entry | Member, ...]
    runs = True

    @property
    def to_add(self) -> str:
        """What is to be put in, for who does it by hand."""
        editor = Editor("")
        for part in self.parts:
            _put(editor, part)
        return editor.text

    def wanted(self, text: str | None) -> str:
        """The text as it is to be; it stays where it has all, to the letter."""
        try:
            editor = Editor(text or "")
        except Flaw as flaw:
            if text and _names_all(text, self.parts):
                return text  # by hand, in a dialect that is not ours to change
            raise Blocked(f"it is no strict JSON: {flaw}") from None
        for part in self.parts:
            _put(editor, part)
        return editor.text

    def has_any(self, text: str) -> bool:
        """Whether anything of ours is in `text`."""
        try:
            editor = Editor(text)
        except Flaw:
            return any(_name(part) in text for part in self.parts if _own(part))
        return any(_is_there(editor, part) for part in self.parts if _own(part))

    def has_all(self, text: str) -> bool:
        """Whether all of ours is in `text`, however it starts fleetfeed."""
        try:
            editor = Editor(text)
        except Flaw:
            return _names_all(text, self.parts)
        return all(_is_there(editor, part) for part in self.parts)

    def without(self, text: str, before: str | None) -> str:
        """The text without ours; `before` is what it was before us, where known."""
        try:
            editor = Editor(text)
            old = Editor(before) if before is not None else None
        except Flaw as flaw:
            why = f"it is no strict JSON: {flaw}"
            raise Blocked(f"{why}; take out by hand what is ours") from None
        for part in self.parts:
            _drop(editor, part, old)
        return editor.text

    def is_empty(self, text: str) -> bool:
        """Whether a text without ours is nothing that anybody wrote."""
        editor = Editor(text)
        said = editor.says(editor.root)
        own = {part.path[0]: part.value for part in self.parts if not _own(part)}
        return said in ({}, own)


def _own(part: Entry | Member) -> bool:
    """Whether a part is ours alone (a version is the file's)."""
    return isinstance(part, Entry) or part.mends


def _name(part: Entry | Member) -> str:
    """By what a part is known in a text that is not parsed."""
    return part.sign if isinstance(part, Entry) else f'"{part.path[-1]}"'


def _names_all(text: str, parts: Sequence[Entry | Member]) -> bool:
    return all(_name(part) in text for part in parts)


def _is_there(editor: Editor, part: Entry | Member) -> bool:
    node = editor.at(part.path)
    if isinstance(part, Member) or node is None:
        return node is not None
    return any(_signed(editor, each, part.sign) for each in node.values or ())


def _put(editor: Editor, part: Entry | Member) -> None:
    """Add a part that is missing; bring up to date how one that is there starts us."""
    _needs_objects(editor, part.path[:-1])
    node = editor.at(part.path)
    if isinstance(part, Member):
        if node is None:
            editor.set(part.path, part.value)
        elif part.mends:
            _mend_server(editor, part)
        return
    if node is not None and not node.is_array:
        raise Blocked(f"{'.'.join(part.path)} is no array there")
    found = [] if node is None else _signed(editor, node, part.sign)
    if not found:
        editor.append(part.path, part.value)
        return
    wanted = next(_texts(part.value, part.sign))
    if _is_ours(editor.says(found[0]), part.sign) and editor.says(found[0]) != wanted:
        editor.put(found[0], wanted)


def _needs_objects(editor: Editor, path: Sequence[str]) -> None:
    for length in range(len(path) + 1):
        node = editor.at(path[:length])
        if node is not None and not node.is_object:
            name = ".".join(path[:length]) or "the whole"
            raise Blocked(f"{name} is no object there")


def _mend_server(editor: Editor, part: Member) -> None:
    """Bring up to date by which program a server of ours is started."""
    node = editor.at(part.path)
    there = editor.says(node) if node else None
    wanted = part.value
    if not isinstance(there, dict) or not isinstance(wanted, dict):
        return
    words = [there.get("command"), *(there.get("args") or ())]
    if not _is_started_by_path(words, ["mcp"]):
        return
    for key in ("command", "args"):
        value = editor.at((*part.path, key))
        if value is not None and editor.says(value) != wanted[key]:
            editor.put(value, wanted[key])


_STARTS = ["-E", "-P", "-m", "fleetfeed"]
"""Behind the path of a Python: how we write it."""


def _is_started_by_path(words: Sequence[object], behind: Sequence[str]) -> bool:
    return list(words[1:]) == [*_STARTS, *behind]


def _is_ours(line: object, sign: str) -> bool:
    """Whether a hook's line is as we write it for one machine: others are by hand."""
    try:
        words = shlex.split(str(line))
    except ValueError:
        return False
    if words[-3:] == ["||", "exit", "0"]:
        words = words[:-3]
    return _is_started_by_path(words, sign.split())


def _signed(editor: Editor, node: Node, sign: str) -> list[Node]:
    """The strings in `node`, at any depth, that call fleetfeed for `sign`."""
    if node.values is not None:
        return [found for each in node.values for found in _signed(editor, each, sign)]
    said = editor.says(node)
    return [node] if isinstance(said, str) and _calls(said, sign) else []


def _calls(line: str, sign: str) -> bool:
    return re.search(rf"\bfleetfeed\b.*\b{re.escape(sign)}(?![\w-])", line) is not None


def _texts(value: object, sign: str) -> Iterator[str]:
    """The strings in `value`, at any depth, that have `sign` in them."""
    if isinstance(value, str) and sign in value:
        yield value
    elif isinstance(value, dict):
        yield from _texts([*value.values()], sign)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, sign)


def _drop(editor: Editor, part: Entry | Member, old: Editor | None) -> None:
    """Take a part out, and what was made for it and is empty now."""
    if isinstance(part, Member):
        was = old is not None and old.at(part.path) is not None
        goes = part.mends or (old is not None and not was)
        if not was and goes and editor.at(part.path) is not None:
            _take_out(editor, part.path)
            _prune(editor, part.path[:-1], old)
        return
    while _drop_one(editor, part):
        pass
    _prune(editor, part.path, old)


def _drop_one(editor: Editor, part: Entry) -> bool:
    """Take out one element that calls fleetfeed, or of a group the one hook."""
    node = editor.at(part.path)
    if node is None or not node.is_array:
        return False
    for index, each in enumerate(node.values or ()):
        if not _signed(editor, each, part.sign):
            continue
        hooks = each.member("hooks")
        inner = list(hooks.values or ()) if hooks and hooks.is_array else []
        own = [n for n, hook in enumerate(inner) if _signed(editor, hook, part.sign)]
        if hooks and own and len(own) < len(inner):
            editor.take_out(hooks, own[0])
        else:
            editor.take_out(node, index)
        return True
    return False


def _take_out(editor: Editor, path: Sequence[str]) -> None:
    above = editor.at(path[:-1])
    if above is not None and above.keys is not None:
        editor.take_out(above, above.keys.index(path[-1]))


def _prune(editor: Editor, path: Sequence[str], old: Editor | None) -> None:
    """Take out what is empty at `path` and above it, and was not there before us."""
    while path:
        node = editor.at(path)
        was = old is not None and old.at(path) is not None
        if was or (node is not None and node.values):
            return
        if node is not None:
            _take_out(editor, path)
        path = path[:-1]
