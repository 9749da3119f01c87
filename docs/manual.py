# ruff: noqa: INP001 - a script beside the pages, not a package
"""The man pages, made from the help of the commands and the tables of two pages.

They lie in `docs/man`, whence the wheel takes them to `share/man/man1`: roff of the
plainest kind (`man-pages(7)`), which groff and mandoc render alike.
"""

import re
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path

import click

from fleetfeed.cli.commands import GROUPS
from fleetfeed.cli.main import cli

FOLDER = Path(__file__).parent
PAGES = FOLDER / "man"

_ESCAPES = {
    "\\": r"\e",
    "-": r"\-",
    "`": r"\(ga",
    "'": r"\(aq",
    "~": r"\(ti",
    "^": r"\(ha",
}
_FURTHER = ("commands.md", "command-line.md")
"""The pages that have the tables."""


def pages() -> dict[str, str]:
    """Each man page, by the name of its file."""
    top = cli.context_class(cli, info_name="fleetfeed", **cli.context_settings)
    return {f"{_name(path)}.1": _page(path, *rest) for path, *rest in _all(cli, top)}


def write() -> Iterator[str]:
    """Write all pages anew, and take away those of no command; what was written."""
    PAGES.mkdir(exist_ok=True)
    made = pages()
    for old in PAGES.glob("*.1"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        file = PAGES / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            yield f"docs/man/{name}"


_Place = tuple[tuple[str, ...], click.Command, click.Context]


def _all(
    command: click.Command, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[_Place]:
    """Each command, and those below it."""
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below and not below.hidden:
                inner = below.context_class(below, parent=context, info_name=name)
                yield from _all(below, inner, (*path, name))


def _name(path: Sequence[str]) -> str:
    return "-".join(("fleetfeed", *path))


def _page(path: Sequence[str], command: click.Command, context: click.Context) -> str:
    said = cleandoc(command.help or "")
    text, _, examples = said.partition("\b\nExamples:\n")
    name = _name(path)
    summary = command.get_short_help_str(1_000).rstrip(".")
    lines = [
        '.\\" Made from the help of the commands (docs/manual.py).',
        f'.TH {_plain(name.upper())} 1 "" fleetfeed "fleetfeed manual"',
        ".SH NAME",
        f"{_plain(name)} \\- {_plain(summary)}",
        ".SH SYNOPSIS",
        f".B {_plain(context.command_path)}",
        _plain(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *_prose(text),
        *_commands(path, command, context),
        ".SH OPTIONS",
        *_options(command, context),
        ".SH EXAMPLES",
        *_kept(examples),
        *(_for_all() if not path else _of_one()),
        ".SH SEE ALSO",
        *_see_also(path, command, context),
    ]
    return "\n".join(lines) + "\n"


def _prose(text: str) -> Iterator[str]:
    """Paragraphs; those below a `\\b` keep their lines."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        lines = paragraph.strip("\n").split("\n")
        if number:
            yield ".PP"
        if lines[0].strip() == "\b":
            yield from _kept("\n".join(lines[1:]))
        else:
            yield _inline(" ".join(lines))


def _kept(text: str) -> Iterator[str]:
    """Lines as they are, in the type of a terminal."""
    yield ".nf"
    for line in text.strip("\n").split("\n"):
        yield _plain(line.removeprefix("  "))
    yield ".fi"


def _commands(
    path: Sequence[str], command: click.Command, context: click.Context
) -> Iterator[str]:
    """The commands of a group, in sections of their own."""
    if not isinstance(command, click.Group):
        return
    sections = {"Commands": command.list_commands(context)} if path else GROUPS
    yield ".SH COMMANDS"
    for heading, names in sections.items():
        if not path:
            yield f".SS {_plain(heading)}"
        for name in names:
            below = command.get_command(context, name)
            if below:
                yield from _entry(name, below.get_short_help_str(1_000))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record and isinstance(param, click.Option):
            yield from _entry(*record)


def _entry(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_plain(term)}"
    yield _inline(text)


def _of_one() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    said = "0 done, 1 refused, 2 usage, 3 cannot tell, 4 no longer yours: see"
    yield f"{_plain(said)} \\fBfleetfeed\\fR(1), as for environment and files."


def _for_all() -> Iterator[str]:
    """What holds for all commands."""
    for heading, first in (
        ("EXIT STATUS", "exit"),
        ("CONFIGURATION", "setting"),
        ("ENVIRONMENT", "variable"),
        ("FILES", "file"),
    ):
        yield f".SH {heading}"
        for term, text in _table(first):
            yield from _entry(term, text)


def _table(first: str) -> Iterator[tuple[str, str]]:
    """The rows of the table whose first column has that heading."""
    for page in _FURTHER:
        text = (FOLDER / page).read_text("utf-8")
        row = r"\|.*\n"
        rows = rf"^\| {first} {row}\| ---.*\n((?:{row})+)"
        found = re.search(rows, text, re.MULTILINE)
        for row in found[1].splitlines() if found else ():
            term, said = row.strip("| ").split(" | ", 1)
            said = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", said)
            yield term.strip("`"), said.replace("*", "")


def _see_also(
    path: Sequence[str], command: click.Command, context: click.Context
) -> Iterator[str]:
    """The program, the group and its commands, and those of the same section."""
    near: list[Sequence[str]] = [path[:depth] for depth in range(len(path))]
    if path and isinstance(command, click.Group):
        near += [(*path, name) for name in command.list_commands(context)]
    if len(path) == 1:
        group = next(names for names in GROUPS.values() if path[0] in names)
        near += [(name,) for name in group if name != path[0]]
    refs = [f"\\fB{_plain(_name(each))}\\fR(1)" for each in near]
    yield ",\n".join([*refs, "\\fBgit\\fR(1)"])


def _inline(text: str) -> str:
    """A paragraph, in which what stands in backticks is bold."""
    pieces = text.split("`")
    made = [
        f"\\fB{_plain(p)}\\fR" if n % 2 else _plain(p) for n, p in enumerate(pieces)
    ]
    return "".join(made).removeprefix(" ")


def _plain(text: str) -> str:
    """Text that roff prints as it is."""
    made = "".join(_ESCAPES.get(letter, _letter(letter)) for letter in text)
    return rf"\&{made}" if made.startswith((".", "'")) else made


def _letter(letter: str) -> str:
    return letter if letter.isascii() else f"\\[u{ord(letter):04X}]"
