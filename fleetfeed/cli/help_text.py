"""Help that fits its terminal, down to 60 columns, and groups of commands that say so.

click lays out prose. What it leaves as it is are examples, which would be torn by the
terminal where they are longer than it is: here such a line is continued as a shell
allows, and still works when it is copied.
"""

from collections.abc import Iterable, Mapping

import click

from fleetfeed.util.printable import printable

_CONTINUED = 4
"""Blanks before the rest of a line that was too long."""

MEANT = "fleetfeed.meant"
"""Where click's context keeps which command a mistyped one meant."""


class _Formatter(click.HelpFormatter):
    """Writes help; no line is longer than the terminal."""

    def write_text(self, text: str) -> None:
        """See click: the lines below a `\\b` are kept, as far as they fit."""
        room = self.width - self.current_indent
        paragraphs = text.split("\n\n")
        super().write_text("\n\n".join(_fitted(p, room) for p in paragraphs))

    def write_dl(
        self,
        rows: Iterable[tuple[str, str]],
        col_max: int = 30,
        col_spacing: int = 2,
    ) -> None:
        """See click; a long list of choices goes on below."""
        room = self.width - self.current_indent
        fitted = [(_broken(term, room), text) for term, text in rows]
        super().write_dl(fitted, col_max, col_spacing)


def _fitted(paragraph: str, room: int) -> str:
    lines = paragraph.split("\n")
    if lines[0].strip() != "\b":
        return paragraph
    return "\n".join(part for line in lines for part in _parts(line, room))


def _parts(line: str, room: int) -> list[str]:
    """A line of an example, in as many lines as there is room for."""
    if len(line) <= room:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    typed, blanks, about = line.strip().partition("  ")
    if blanks and not typed.endswith("\\"):
        return [*_parts(f"{indent}{typed}", room), f"{indent}{'':8}{about.strip()}"]
    parts, now = list[str](), indent
    for word in _words(line.strip()):
        more = now + (" " if now.strip() else "") + word
        if len(more) > room - 2 and now.strip():
            parts.append(f"{now} \\")
            more = f"{indent}{'':{_CONTINUED}}{word}"
        now = more
    return [*parts, now]


def _words(line: str) -> list[str]:
    """The words of a line as a shell parts them, each as it is written."""
    words, quote = [""], ""
    for letter in line:
        if letter == " " and not quote:
            words.append("")
            continue
        if letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
        words[-1] += letter
    return [word for word in words if word]


def _broken(term: str, room: int) -> str:
    """An option and its choices; those for which there is no room, on a further line.

    That is told behind the two blanks by which the list itself is indented.
    """
    if len(term) <= room:
        return term
    lines = [""]
    for piece in term.replace("|", "|\0").split("\0"):
        if lines[-1] and len(lines[-1] + piece) > room - _CONTINUED:
            lines.append(" " * _CONTINUED)
        lines[-1] += piece
    return "\n".join(lines)


class _Context(click.Context):
    """The context of each of our commands."""

    formatter_class = _Formatter


class Group(click.Group):
    """A group of commands whose help is laid out as above.

    A mistyped command is told what it meant.
    """

    context_class = _Context

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, None where there is none of that name."""
        found = self.loaded(ctx, cmd_name)
        if found is not None:
            found.context_class = _Context
        return found

    def loaded(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command as it was declared."""
        return super().get_command(ctx, name)

    def sections(self, ctx: click.Context) -> Mapping[str, Iterable[str]]:
        """The headings of the help, and the commands below each."""
        return {"Commands": self.list_commands(ctx)}

    def also_called(self) -> Mapping[str, str]:
        """Other tools' words for the commands."""
        return {}

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the commands, each with the first sentence of its help."""
        widest = max(map(len, self.list_commands(ctx)), default=0)
        for heading, names in self.sections(ctx).items():
            found = ((name, self.get_command(ctx, name)) for name in names)
            rows = [
                (name.ljust(widest), command.get_short_help_str(1_000))
                for name, command in found
                if command and not command.hidden
            ]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; a mistyped one is told what it meant."""
        name = args[0]
        if name not in self.list_commands(ctx) and not name.startswith("-"):
            meant = ctx.meta[MEANT] = self._meant(ctx, name)
            hint = f" Did you mean '{meant}'?" if meant else ""
            ctx.fail(f"No such command '{printable(name)}'.{hint}")
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context, name: str) -> str:
        """The command that `name` probably is; empty where nobody knows."""
        from difflib import get_close_matches  # late: whoever types well needs it not

        known, others = self.list_commands(ctx), self.also_called()
        folded = name.casefold().replace("_", "-")
        near = get_close_matches(folded, (*known, *others), 1)
        meant = others.get(near[0], near[0]) if near else ""
        return meant if meant in known else ""
