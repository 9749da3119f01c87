"""The words of a command: declared once, and read without click where they are plain.

click takes 21 ms to import, a seventh of a claim's whole time. What is read here, click
would read alike (`tests/cli/test_words.py`). All else is click's: help, what is wrong
with a command line, and what click's own types are for.

Where click has been imported, it is told at once of what is declared; otherwise when
it is needed.
"""

import sys
from collections.abc import Callable, Sequence

from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import click

Command = Callable[..., "Any"]

_DECLARED = "__fleetfeed_words__"
"""Where a function keeps what was declared of it, the last one first."""

_DIGITS = 9
"""Digits of a whole number that is read here."""


@record
class ClickType:
    """`click.NAME(*args, **how)`, made when click is there."""

    name: str
    args: tuple[object, ...] = ()
    how: tuple[tuple[str, object], ...] = ()

    def made(self) -> "click.ParamType[Any]":
        """The type itself."""
        import click

        found: click.ParamType[Any] = getattr(click, self.name)(
            *self.args, **dict(self.how)
        )
        return found


class _Word:
    """An option or argument: `kind` says which, the rest is as click has it."""

    def __init__(
        self, kind: str, names: tuple[str, ...], how: "dict[str, Any]"
    ) -> None:
        self.kind, self.names, self.how = kind, names, how

    @property
    def key(self) -> str:
        """The name by which the command gets it."""
        own = [name for name in self.names if not name.startswith("-")]
        longest = own or [name for name in self.names if name.startswith("--")]
        return longest[0].lstrip("-").replace("-", "_").lower()

    @property
    def is_plain(self) -> bool:
        """Whether it can be read here, where it is given."""
        known = {"type", "is_flag", "multiple", "required", "default", "nargs", *_SHOWN}
        simple = self.how.keys() <= known and self.how.get("type", int) is int
        return simple or self.is_json

    @property
    def is_json(self) -> bool:
        """Whether it asks for a document, which no command gets by a name."""
        return self.names == ("--json",)

    @property
    def takes_all(self) -> bool:
        """Whether it is an argument of any number of words: those that are left."""
        return self.kind == "argument" and self.how.get("nargs") == -1

    @property
    def needed(self) -> bool:
        """Whether it must be given."""
        always = self.kind == "argument" and not self.takes_all
        return bool(self.how.get("required", always))

    @property
    def several(self) -> bool:
        """Whether the command gets a tuple."""
        return self.takes_all or bool(self.how.get("multiple"))

    @property
    def unsaid(self) -> object:
        """What the command gets where it is not given."""
        if self.several:
            return ()
        return self.how.get("default", False if self.how.get("is_flag") else None)

    def add_to(self, function: Command) -> Command:
        """Tell click of it."""
        import click

        kind = self.how.get("type")
        typed = {"type": kind.made()} if isinstance(kind, ClickType) else {}
        how = {**self.how, **typed}
        added: Command = getattr(click, self.kind)(*self.names, **how)(function)
        return added


_SHOWN = ("help", "metavar", "show_default")
"""What is for the help alone."""


def option(*names: str, **how: object) -> Callable[[Command], Command]:
    """As `click.option`."""
    return _declares(_Word("option", names, how))


def argument(name: str, **how: object) -> Callable[[Command], Command]:
    """As `click.argument`."""
    return _declares(_Word("argument", (name,), how))


def _declares(word: _Word) -> Callable[[Command], Command]:
    def add(function: Command) -> Command:
        if "click" in sys.modules:
            return word.add_to(function)
        vars(function).setdefault(_DECLARED, []).append(word)
        return function

    return add


def command(
    name: str | None = None, text: str | None = None
) -> "Callable[[Command], Declared | click.Command]":
    """As `click.command`; `text` is its help, in place of the function's own."""

    def made(function: Command) -> "Declared | click.Command":
        declared = Declared(function, name, text)
        return declared.for_click() if "click" in sys.modules else declared

    return made


class Declared:
    """A command of which click has not been told."""

    def __init__(self, function: Command, name: str | None, text: str | None) -> None:
        self.function, self._name, self._text = function, name, text
        self._words: list[_Word] = vars(function).pop(_DECLARED, [])

    def for_click(self) -> "click.Command":
        """The same as a command of click's."""
        import click

        function = self.function
        for word in self._words:
            function = word.add_to(function)
        return click.command(self._name, help=self._text)(function)

    @property
    def bare(self) -> Command:
        """The function without what click calls it by (`functools.wraps`)."""
        found: Command = vars(self.function)["__wrapped__"]
        return found

    @property
    def flags(self) -> frozenset[str]:
        """All flags that it knows."""
        return frozenset(name for word in self._words for name in word.names)

    def read(self, words: Sequence[str]) -> "tuple[dict[str, Any], bool] | None":
        """What `words` say, by names, and whether they ask for a document.

        None where click has to read them.
        """
        parts = _parted(words, {n: w for w in self._words for n in w.names})
        if parts is None:
            return None
        said, rest = parts
        arguments = [w for w in reversed(self._words) if w.kind == "argument"]
        last = arguments[-1:] if arguments and arguments[-1].takes_all else []
        more = last * (len(rest) - len(arguments))
        if len(rest) > len(arguments) + len(more):
            return None
        if any(not word.is_plain for word in arguments):
            return None
        said += zip([*arguments, *more], rest, strict=False)
        return _values(self._words, said)


def _parted(
    words: Sequence[str], known: dict[str, _Word]
) -> tuple[list[tuple[_Word, object]], list[str]] | None:
    """The options among `words` with their values, and all other words."""
    said, rest, left = list[tuple[_Word, object]](), list[str](), list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return said, rest + left
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        name, equals, text = word.partition("=")
        found = known.get(name) if name.startswith("--") else None
        if found is None or not found.is_plain:
            return None
        value: object = True
        if not found.how.get("is_flag"):
            if not equals and not left:
                return None
            value = text if equals else left.pop(0)
        elif equals:
            return None
        said.append((found, value))
    return said, rest


def _values(
    known: Sequence[_Word], said: Sequence[tuple[_Word, object]]
) -> "tuple[dict[str, Any], bool] | None":
    """What was `said`, and what was not, by names."""
    values: dict[str, Any] = {}
    as_json = False
    for word in known:
        given = [value for other, value in said if other is word]
        if word.needed and not given:
            return None
        if word.how.get("type") is int:
            if not all(_is_whole(value) for value in given):
                return None
            given = [int(str(value)) for value in given]
        if word.is_json:
            as_json = bool(given)
        elif word.several:
            values[word.key] = tuple(given)
        else:
            values[word.key] = given[-1] if given else word.unsaid
    return values, as_json


def _is_whole(value: object) -> bool:
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS
