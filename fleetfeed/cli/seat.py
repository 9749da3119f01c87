"""`seat`: who this worktree is."""

import os
from pathlib import Path

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.install.seat import Configured, configured, set_seat, sharing
from fleetfeed.model.errors import Usage
from fleetfeed.model.names import of_session
from fleetfeed.model.seats import checked_seat
from fleetfeed.repo.repository import SESSION_VARIABLE
from fleetfeed.util.printable import printable

_VARIABLE = "FLEETFEED_SEAT"


@click.command()
@click.argument("name", required=False)
@json_flag
@with_shell
def seat(shell: Shell, name: str | None) -> None:
    """Show the seat of this worktree, or set it to NAME.

    Of a clone's several worktrees each has a seat of its own. Said is also where the
    seat comes from, and which other worktrees have the same one. FLEETFEED_SESSION=ID
    makes it the seat of one session, SEAT/ID: two sessions of a seat are two holders.

    With --json: seat, source (FLEETFEED_SEAT, or git's word for whose setting it is:
    worktree, local, global), worktree and shared_with (paths).

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
        _needs_effect(shell, name)
    found = _found(configured(git))
    if not found.name:
        raise Usage(
            f"{printable(str(top), 400)} has no seat; run `fleetfeed seat NAME`"
        )
    others = sharing(git, found.name)
    if shell.as_json:
        shell.show(
            "shown",
            seat=found.name,
            source=found.scope,
            worktree=str(top),
            shared_with=[str(other) for other in others],
        )
        return
    click.echo(f"{printable(found.name)} ({found.scope})")
    for line in shared_lines(found.name, others):
        click.echo(line, err=True)


def _needs_effect(shell: Shell, name: str) -> None:
    given = os.environ.get(_VARIABLE)
    if given and given != name:
        message = f"{_VARIABLE} is {printable(given)} here, and comes first"
        shell.remark(f"fleetfeed: warning: {message}; unset it")


def _found(settings: Configured) -> Configured:
    """The seat that commands go by: the variable comes first."""
    given = os.environ.get(_VARIABLE)
    found = Configured(given, _VARIABLE) if given else settings
    session = os.environ.get(SESSION_VARIABLE, "")
    if not found.name or not session:
        return found
    name = checked_seat(SESSION_VARIABLE, of_session(found.name, session))
    return Configured(name, f"{found.scope}, {SESSION_VARIABLE}")


def shared_lines(name: str, others: list[Path]) -> list[str]:
    """What to say of worktrees that have the same seat; nothing where none has."""
    if not others:
        return []
    named = ", ".join(printable(str(other), 400) for other in others)
    message = f"{printable(name)} is the seat of {named}, too"
    todo = "give each worktree its own: run `fleetfeed seat NAME` in it"
    return [f"fleetfeed: warning: {message}; {todo}"]
