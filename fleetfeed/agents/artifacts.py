"""A file's text with what is ours in it, and without: pure, a text for a text.

Each kind of file answers the same questions. `Blocked` says that a text is left as it
is, and why: whatever cannot be changed for certain is for its owner to change.
"""

import json
import tomllib
from collections.abc import Iterator

from fleetfeed.agents.sections import (
    HASH,
    Halved,
    Marks,
    has_section,
    section,
    with_section,
    without_section,
)
from fleetfeed.agents.tools import Entry, Member
from fleetfeed.util.records import record


class Blocked(Exception):
    """A file that is not to be changed: why, in words that go on behind its name."""


@record
class SectionFile:
    """A file for reading, in which a section is ours; `head` begins it where it is new.

    `path` is that from the top of the work tree, as in all kinds.
    """

    path: str
    body: str
    marks: Marks
    head: str = ""
    runs = False

    @property
    def to_add(self) -> str:
        """What is to be put in, for who does it by hand."""
        return section(self.marks, self.body)

    def wanted(self, text: str | None) -> str:
        """The text as it is to be; `text` is None where there is no file."""
        return _with_section(self.head if text is None else text, self.to_add)

    def has_any(self, text: str) -> bool:
        """Whether anything of ours is in `text`."""
        try:
            return has_section(text)
        except Halved:
            return True

    def without(self, text: str, before: str | None) -> str:
        """The text without ours."""
        del before
        return _without_section(text)

    def is_empty(self, text: str) -> bool:
        """Whether a text without ours is nothing that anybody wrote."""
        return text.strip("\ufeff\r\n") in ("", self.head.strip())


def _with_section(text: str, new: str) -> str:
    try:
        return with_section(text, new)
    except Halved as error:
        todo = "take that line out, or change it"
        raise Blocked(f"{error}: {todo}") from None


def _without_section(text: str) -> str:
    try:
        return without_section(text)
    except Halved as error:
        raise Blocked(f"{error}: take out by hand what is ours") from None


@record
class TomlFile:
    """A settings file in TOML, which gets tables of ours at its end."""

    path: str
    parts: tuple[Entry | Member, ...]
    runs = True

    @property
    def to_add(self) -> str:
        """What is to be put in, for who does it by hand."""
        lines = [line for part in self.parts for line in _table(part)]
        return "\n".join(lines) + "\n"

    def wanted(self, text: str | None) -> str:
        """The text as it is to be."""
        there = text or ""
        known = _toml(there)
        made = _with_section(there, section(HASH, self.to_add))
        if not has_section(there) and any(_in_toml(known, p) for p in self.parts):
            return there
        try:
            _toml(made)
        except Blocked:
            raise Blocked("what it says leaves no room for a table of ours") from None
        return made

    def has_any(self, text: str) -> bool:
        """Whether anything of ours is in `text`."""
        try:
            return has_section(text) or any(
                _in_toml(_toml(text), part) for part in self.parts
            )
        except (Halved, Blocked):
            return True

    def has_all(self, text: str) -> bool:
        """Whether all of ours is in `text`, however it starts fleetfeed."""
        return self.has_any(text)

    def without(self, text: str, before: str | None) -> str:
        """The text without ours."""
        del before
        return _without_section(text)

    def is_empty(self, text: str) -> bool:
        """Whether a text without ours is nothing that anybody wrote."""
        return not text.strip("\ufeff\r\n")


def _table(part: Entry | Member) -> Iterator[str]:
    yield f"[{'.'.join(part.path)}]"
    values = part.value if isinstance(part.value, dict) else {}
    for key, value in values.items():
        yield f"{key} = {json.dumps(value)}"


def _toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise Blocked(f"it is no TOML: {error}") from None


def _in_toml(known: object, part: Entry | Member) -> bool:
    for key in part.path:
        if not isinstance(known, dict) or key not in known:
            return False
        known = known[key]
    return True


@record
class ExampleFile:
    """A file of which all is ours, and which nothing reads: `text` is what it says."""

    path: str
    text: str
    runs = False

    @property
    def to_add(self) -> str:
        """What is to be put in, for who does it by hand."""
        return self.text

    def wanted(self, text: str | None) -> str:
        """The text as it is to be; one that was changed by hand stays."""
        return self.text if text is None else text

    def has_any(self, text: str) -> bool:
        """Whether anything of ours is in `text`."""
        return bool(text)

    def without(self, text: str, before: str | None) -> str:
        """Nothing."""
        del before
        if text != self.text:
            raise Blocked("it was changed by hand; delete it, if nobody needs it")
        return ""

    def is_empty(self, text: str) -> bool:
        """Whether a text without ours is nothing that anybody wrote."""
        return not text
