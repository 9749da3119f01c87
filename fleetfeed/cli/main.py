"""The `fleetfeed` command; its subcommands are loaded when they are asked for.

The fleet's own names for three of them are commands of their own. `fleetfeed hook`,
which the hook files call, is run by `__main__` without click.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import click

from fleetfeed import __version__
from fleetfeed.cli import commands
from fleetfeed.cli.call import NO_PAGER
from fleetfeed.cli.commands import COMMANDS, GROUPS
from fleetfeed.cli.context import INTERRUPTED, Shell, json_flag
from fleetfeed.cli.help_text import MEANT, Group
from fleetfeed.cli.streams import exit_with, show_every_letter
from fleetfeed.cli.words import Command, Declared
from fleetfeed.git.process import Git
from fleetfeed.report.schemas import KINDS, schema_text_of

# What other tools call them.
_KNOWN_AS = {
    "abort": "cancel",
    "acquire": "claim",
    "close": "done",
    "comment": "note",
    "complete": "done",
    "create": "reserve",
    "finish": "done",
    "free": "release",
    "heartbeat": "hold",
    "history": "log",
    "key": "surface",
    "list": "active",
    "lock": "claim",
    "ls": "active",
    "messages": "inbox",
    "new": "reserve",
    "notes": "inbox",
    "pause": "park",
    "queue": "active",
    "ready": "next",
    "resume": "claim",
    "setup": "join",
    "start": "claim",
    "status": "active",
    "take": "claim",
    "takeover": "claim",
    "todo": "next",
    "unblock": "claim",
    "unlock": "release",
    "validate": "check",
    "whoami": "seat",
}


class Commands(Group):
    """A group whose commands are imported one at a time: `--help` must be quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which a user meets them."""
        del ctx
        return list(COMMANDS)

    def sections(self, ctx: click.Context) -> Mapping[str, Iterable[str]]:
        """See Group."""
        del ctx
        return GROUPS

    def also_called(self) -> Mapping[str, str]:
        """See Group."""
        return _KNOWN_AS

    def loaded(self, ctx: click.Context, name: str) -> click.Command | None:
        """See Group."""
        del ctx
        found = commands.load(name)
        return found.for_click() if isinstance(found, Declared) else found

    def main(  # type: ignore[override]  # click tells its modes apart
        self,
        args: Sequence[str] | None = None,
        **how: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run a command line, as click does.

        Where it asks for JSON, also what click itself has to say against it is JSON.
        """
        words = list(sys.argv[1:] if args is None else args)
        how.setdefault("obj", Shell(words))
        if not asks_for_json(words):
            return super().main(words, **how)
        try:
            code = super().main(words, **{**how, "standalone_mode": False})
        except click.ClickException as error:
            from fleetfeed.cli.failing import usage  # late, as in `context`

            context = error.ctx if isinstance(error, click.UsageError) else None
            code = usage(error, context.meta.get(MEANT, "") if context else "")
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click ends with 1 on Ctrl-C before it, as on a refusal."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, be it one that cannot be parsed."""
    mine = list(words[: words.index("--")] if "--" in words else words)
    spelt = " ".join(mine).replace("--format=", "--format ")
    return "--json" in mine or "--format json" in spelt


def run(args: Sequence[str] | None = None, ahead: Git | None = None) -> int:
    """Run the command line `args`, this process's where it is None; the exit code.

    `ahead` is a git that was asked already.
    """
    code: object = None
    words = list(sys.argv[1:] if args is None else args)
    try:
        cli(words, prog_name="fleetfeed", obj=Shell(words, ahead))
    except SystemExit as ended:  # so ends every command of click's
        code = ended.code
    return code if isinstance(code, int) else 0


TYPE_CHECKING = False
if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:  # click 8.1 has it without what it is of
    _Choice = click.Choice


class _SchemaOf(_Choice):
    """What a schema is of; a command that is named instead has answers."""

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """See click."""
        if value in COMMANDS and value not in KINDS:
            return "answer"
        return super().convert(value, param, ctx)


def _print_schema(
    ctx: click.Context, _option: click.Parameter, kind: str | None
) -> None:
    if kind is None:
        return
    click.echo(schema_text_of(kind), nl=False)
    ctx.exit()


def _print_version(ctx: click.Context) -> None:
    if asks_for_json(ctx.obj.words):
        ctx.obj.show("shown", version=__version__)
    else:
        click.echo(f"fleetfeed {__version__}")


def _shows(
    *flags: str, show: Callable[[click.Context], None], text: str
) -> Callable[[Command], Command]:
    """A flag that prints something of fleetfeed itself, whatever else is typed."""

    def shown(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:
        if asked:
            show(ctx)
            ctx.exit()

    return click.option(
        *flags,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=shown,
        help=text,
    )


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.option(
    "-C",
    "folder",
    type=click.Path(exists=True, file_okay=False),
    help="Run as if started in this folder.",
)
@click.option(
    "--no-pager",
    is_flag=True,
    expose_value=False,
    callback=lambda ctx, _option, asked: asked and ctx.meta.update({NO_PAGER: True}),
    help="Long lists go straight to the terminal.",
)
@json_flag
@click.option(
    "--schema",
    type=_SchemaOf(KINDS),
    is_flag=False,
    flag_value="answer",
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Show the JSON Schema of every answer, of a post, a note or policy.yaml.",
)
@_shows("-V", "--version", show=_print_version, text="Show the version and exit.")
def cli(folder: str | None) -> None:
    """One active owner per surface, enforced at write time by git hooks.

    \b
    Examples:
      fleetfeed init                      start a feed in this repository
      fleetfeed install                   guard this clone
      fleetfeed install --server X.git    guard the server's repository
      fleetfeed next                      take the next ready item into work
      fleetfeed claim CMB-1438            or the one that you want
      fleetfeed done CMB-1438             and say that it is done
      fleetfeed active --surface-claim CAMBER:file:src/app.py
      fleetfeed demo                      watch a race being settled
    """
    if folder is not None:
        os.chdir(folder)


def _run(command: str) -> None:
    show_every_letter()
    exit_with(run([command, *sys.argv[1:]]))


# `fleet-active-queue …` is `fleetfeed active …`, and so on.
active_queue = partial(_run, "active")
ticket_reserve = partial(_run, "reserve")
feed_append = partial(_run, "append")
