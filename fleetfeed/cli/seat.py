"""`seat`: who this worktree is."""

import os
from pathlib import Path

import click

from fleetfeed.cli.context import Shell, checked_seat, echo_json, with_shell
from fleetfeed.install.seat import Configured, configured, set_seat, sharing
from fleetfeed.model.errors import Usage
from fleetfeed.util.printable import printable

_VARIABLE = "FLEETFEED_SEAT"


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_shell
def seat(shell: Shell, name: str | None, as_json: bool) -> None:
    """Show the seat of this worktree, or set it to NAME.

    Of a clone's several worktrees each has a seat of its own. Said is also where the
    seat comes from, and which other worktrees have the same one.

    With --json: answer, seat, source (FLEETFEED_SEAT, or git's word for whose setting
    it is: worktree, local, global), worktree, shared_with (paths) and code.

    \b
    Examples:
      fleetfeed seat
      fleetfeed seat CAMBER-06
      fleetfeed seat CAMBER-06/topic
    """
    top = shell.top
    git = shell.repo.git
    if name is not None:
        set_seat(git, checked_seat("seat", name))
        _needs_effect(name)
    found = _found(configured(git))
    if not found.name:
        raise Usage(
            f"{printable(str(top), 400)} has no seat; run `fleetfeed seat NAME`"
        )
    _show(found, top, sharing(git, found.name), as_json=as_json)


def _needs_effect(name: str) -> None:
    given = os.environ.get(_VARIABLE)
    if given and given != name:
        message = f"{_VARIABLE} is {printable(given)} here, and comes first"
        click.echo(f"fleetfeed: warning: {message}; unset it", err=True)


def _found(settings: Configured) -> Configured:
    """The seat that commands go by: the variable comes first."""
    given = os.environ.get(_VARIABLE)
    return Configured(given, _VARIABLE) if given else settings


def _show(found: Configured, top: Path, others: list[Path], *, as_json: bool) -> None:
    shared = [str(other) for other in others]
    if as_json:
        said = {"seat": found.name, "source": found.scope, "worktree": str(top)}
        echo_json({"answer": "done", **said, "shared_with": shared, "code": 0})
        return
    click.echo(f"{printable(found.name)} ({found.scope})")
    for line in shared_lines(found.name, others):
        click.echo(line, err=True)


def shared_lines(name: str, others: list[Path]) -> list[str]:
    """What to say of worktrees that have the same seat; nothing where none has."""
    if not others:
        return []
    named = ", ".join(printable(str(other), 400) for other in others)
    message = f"{printable(name)} is the seat of {named}, too"
    todo = "give each worktree its own: run `fleetfeed seat NAME` in it"
    return [f"fleetfeed: warning: {message}; {todo}"]
