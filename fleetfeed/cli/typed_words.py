"""A command line that is being typed: what may stand where the cursor is.

The words of all commands are in `words.json`, which `make docs` writes from the
commands themselves: to import them, and click, would take longer than who types waits.
"""

import json
import os
from collections.abc import Mapping, Sequence

from fleetfeed.util.records import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BY_THEMSELVES = {
    "fleet-active-queue": "active",
    "ticket-reserve": "reserve",
    "feed-append": "append",
}
"""Programs that are a command of ours by themselves."""


@record
class Typed:
    """What is typed so far, and what its last word may become.

    `command` are the words that name the command; `takes` are the kinds of values that
    may stand here, the shell's own among them (`file`, `folder`, `command`); `words`
    are those that the command itself has there, each with what it means. `flags` are
    the options that were given, `seat` and `folder` what two of them say. `last` is the
    last word, `option` the one whose value it is; it begins with `head` where that is
    said in the same word.
    """

    last: str
    head: str = ""
    option: str = ""
    command: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    seat: str = ""
    folder: str = ""


def typed(program: str, words: Sequence[str]) -> Typed:
    """What may become of the last of `words`, which were typed after `program`."""
    at = os.path.join(os.path.dirname(__file__), "words.json")
    with open(at, encoding="utf-8") as file:
        line = _Line(json.load(file))
    own = _BY_THEMSELVES.get(os.path.basename(program))
    for word in [*([own] if own else []), *words[:-1]]:
        line.read(word)
    return line.at(words[-1])


class _Line:
    """The words before the last one, read one after the other."""

    def __init__(self, table: "Mapping[str, Any]") -> None:
        """`table` is what the program itself knows."""
        self._here, self._command = table, list[str]()
        self._known = dict(table["options"])
        self._flags, self._values = list[str](), dict[str, str]()
        self._given, self._open, self._over = 0, "", False

    def read(self, word: str) -> None:
        """Go on by one word that is whole."""
        name, equals, value = word.partition("=")
        if self._open:
            self._take(self._open, word)
        elif self._over or word == "-" or not word.startswith("-"):
            self._enter(word)
        elif word == "--":
            self._over = True
            self._given = max(self._given, self._before_dashes)
        elif name in self._known:
            self._flags.append(name)
            self._open = name if self._known[name].get("takes") is not None else ""
            if equals:
                self._take(name, value)

    def at(self, last: str) -> Typed:
        """What may become of `last`, the word behind those that were read."""
        name, equals, value = last.partition("=")
        if self._open:
            return self._value(self._open, last)
        if not self._over and equals and name in self._known:
            return self._value(name, value, f"{name}=")
        if not self._over and last.startswith("-"):
            return self._typed(last, words=self._options)
        below = self._here.get("commands", {})
        if below:
            return self._typed(last, words={n: c["help"] for n, c in below.items()})
        return self._typed(last, self._argument)

    def _value(self, option: str, last: str, head: str = "") -> Typed:
        takes = self._known[option].get("takes", ())
        return self._typed(last, takes, head=head, option=option)

    def _take(self, name: str, value: str) -> None:
        self._values[name], self._open = value, ""

    def _enter(self, word: str) -> None:
        below = self._here.get("commands", {}).get(word)
        if below is None:
            self._given += 1
            return
        self._command.append(word)
        self._here, self._known = below, dict(below["options"])

    @property
    def _before_dashes(self) -> int:
        """Arguments that can only stand before a `--`, as `hold` has one."""
        takes = self._here.get("arguments", [])
        return len(takes) - 1 if takes[-1:] == [["command"]] else 0

    @property
    def _argument(self) -> Sequence[str]:
        """What the next argument takes; the last one may be repeated."""
        takes = self._here.get("arguments", [])
        if self._given < len(takes):
            return takes[self._given] or ()
        return takes[-1] if takes and self._here.get("repeats") else ()

    @property
    def _options(self) -> dict[str, str]:
        """The options that may still be given, the long name of each."""
        return {
            name: option["help"]
            for name, option in self._known.items()
            if name.startswith("--")
            and (option.get("repeats") or name not in self._flags)
        }

    def _typed(
        self,
        last: str,
        takes: Sequence[str] = (),
        words: Mapping[str, str] | None = None,
        **more: str,
    ) -> Typed:
        choices = {kind[1:]: "" for kind in takes if kind.startswith("=")}
        return Typed(
            last,
            command=tuple(self._command),
            takes=tuple(kind for kind in takes if not kind.startswith("=")),
            words={**choices, **(words or {})},
            flags=frozenset(self._flags),
            seat=self._values.get("--seat", ""),
            folder=self._values.get("-C", ""),
            **more,
        )
