"""What every command has: the repository, opened when it is asked for, and the edge.

Errors become words here, and only here.
"""

import functools
import json
import os
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from fleetfeed.cli.streams import PIPE_CLOSED
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell, FleetfeedError, Usage
from fleetfeed.model.fields import SPECS, is_none
from fleetfeed.model.names import seat_meant
from fleetfeed.repo.repository import Repo, is_repository, top_level
from fleetfeed.util.crashlog import report_crash
from fleetfeed.util.printable import printable

P = ParamSpec("P")
Command = Callable[..., Any]

INTERRUPTED = 130
"""The exit code on Ctrl-C, as shells have it."""


class Shell:
    """One call of the command line. Nothing is opened before it is used."""

    @cached_property
    def work_tree(self) -> Path | None:
        """The top of the work tree, None of a bare repository; Usage in none at all."""
        top = top_level(Git())
        if top is None and not is_repository(Git()):
            raise Usage(f"{printable(str(Path.cwd()), 400)} is in no git repository")
        return top

    @property
    def top(self) -> Path:
        """The top of the work tree; Usage where there is none."""
        if self.work_tree is None:
            message = f"{printable(str(Path.cwd()), 400)} has no work tree"
            raise Usage(f"{message}; run this in a clone")
        return self.work_tree

    @cached_property
    def repo(self) -> Repo:
        """The repository around this folder, bare ones included."""
        known = dict(Git().environment)
        # With absolute paths, since git will run at the top.
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            if known.get(name):
                known[name] = str(Path(known[name]).absolute())
        return Repo(Git(self.work_tree or Path.cwd(), known))

    @cached_property
    def seat(self) -> str:
        """Who is asking: FLEETFEED_SEAT, or git's `fleetfeed.seat`."""
        variable, config = "FLEETFEED_SEAT", "fleetfeed.seat"
        given = os.environ.get(variable)
        if given:
            return checked_seat(variable, given)
        seat = queries.setting(self.repo.settings, config)
        if seat:
            return checked_seat(config, seat)
        todo = f"run `fleetfeed seat NAME` ({config}), give --seat, or {variable}"
        raise Usage(f"which seat are you? {todo}")


def checked_seat(source: str, text: str) -> str:
    """`text` where it may be a seat's name; Usage about its `source` otherwise.

    The word that lets an owner go is nobody's name: a claim by it could not be told
    from one by nobody.
    """
    named = f"{source} '{printable(text)}'"
    if is_none(text):
        raise Usage(f"{named} is nobody; name a seat, such as CAMBER-06")
    wrong = SPECS["SEAT"].check(text)
    if not wrong:
        return text
    meant = seat_meant(text)
    raise Usage(f"{named} is no seat; write {meant}" if meant else f"{named} {wrong}")


def edge(command: Callable[P, int | None]) -> Callable[P, None]:
    """A click callback whose errors become a sentence and an exit code.

    The callback returns its exit code, None for 0.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = _ended(lambda: command(*args, **kwargs))
        except BrokenPipeError:
            # What is still to be written at the end of the process goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = PIPE_CLOSED
        click.get_current_context().exit(code)

    return run


def with_shell(command: Callable[Concatenate[Shell, P], int | None]) -> Command:
    """The same for a callback that gets the Shell, which is opened when it is used."""
    return click.pass_obj(edge(command))


def _ended(command: Callable[[], int | None]) -> int:
    """The exit code of `command`, its errors printed."""
    try:
        return command() or 0
    except FleetfeedError as error:
        return _report(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - the one crash path
        return _report(CannotTell(report_crash(error)))


def _report(error: FleetfeedError) -> int:
    """Print what went wrong; to a program as JSON, on standard output."""
    # Late: a run without an error needs none of it.
    from fleetfeed.report.formats import failure_json
    from fleetfeed.report.text import failure_text

    params = click.get_current_context().params
    if params.get("as_json") or params.get("form") == "json":
        _try_to_print(lambda: echo_json(failure_json(error)), 1)
    _try_to_print(lambda: click.echo(failure_text(error), err=True), 2)
    return error.exit_code


def _try_to_print(echo: Callable[[], None], stream: int) -> None:
    """Where a full disk keeps it from being read, the exit code still tells."""
    try:
        echo()
    except BrokenPipeError:
        raise
    except OSError:
        # Python would try once more at its end, and exit with a code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def echo_json(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def uncut(text: str) -> str:
    """A stranger's text as printable text, however long it is."""
    return printable(text, len(text) + 1)
