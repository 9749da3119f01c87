"""How the demo is told: numbered steps on eighty columns."""

import textwrap
from collections.abc import Iterable
from itertools import count

import click

from fleetfeed.util.records import field, record

_WIDTH = 80


@record
class Screen:
    """Prints the demo; `colour` where a person looks on."""

    colour: bool
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def title(self, text: str) -> None:
        """The first line."""
        self._print(text, bold=True)

    def step(self, text: str) -> None:
        """A numbered heading."""
        self._print(f"\n{next(self._numbers)}. {text}", bold=True)

    def say(self, text: str) -> None:
        """A sentence of the teller's."""
        self._wrapped(text, "   ")

    def command(self, seat: str, text: str) -> None:
        """What `seat` types."""
        self._print(f"   {seat} $ {text}", fg="cyan")

    def quote(self, lines: Iterable[str], fg: str | None = None) -> None:
        """What somebody else says, in its own words."""
        for line in lines:
            self._wrapped(line, "     | ", fg=fg)

    def _wrapped(self, text: str, indent: str, fg: str | None = None) -> None:
        lines = textwrap.wrap(
            text, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False
        )
        for line in lines:
            self._print(indent + line, fg=fg)

    def _print(self, text: str, *, fg: str | None = None, bold: bool = False) -> None:
        click.echo(click.style(text, fg=fg, bold=bold) if self.colour else text)
