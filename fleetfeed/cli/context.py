"""What every command has: the repository, opened when it is asked for, and the edge.

Errors become words here, and only here.
"""

import contextlib
import errno
import functools
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from fleetfeed.cli.call import AS_JSON, current
from fleetfeed.cli.streams import PIPE_CLOSED, echo
from fleetfeed.cli.words import Command, option
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.queries import SHARED
from fleetfeed.model.errors import CannotTell, FleetfeedError, GitFailed, Usage
from fleetfeed.model.seats import checked_seat
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from fleetfeed.ledger.fleet import FleetLedger
    from fleetfeed.writing.next_steps import Step

_FULL = {errno.ENOSPC, errno.EDQUOT}
"""What a disk or an account without room says: that is nobody's bug."""

json_flag = option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=lambda ctx, _option, asked: asked and ctx.meta.update({AS_JSON: True}),
    help="Answer in JSON.",
)
"""The flag of every command that asks for a document (see `Shell.as_json`)."""

INTERRUPTED = 130
"""The exit code on Ctrl-C, as shells have it."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while something was written under `op`; the text says what to do."""

    def __init__(self, message: str, op: str) -> None:
        """`message` is one sentence."""
        super().__init__(message)
        self.op = op


class Shell:
    """One call of the command line. Nothing is opened before it is used.

    `words` is the command line as it was typed, `remarks` what was said beside the
    answer, where that is a document.
    """

    def __init__(self, words: Sequence[str] = (), ahead: Git | None = None) -> None:
        """Nothing was said yet. `ahead` is a git here that was asked already."""
        self.words, self.remarks = tuple(words), list[str]()
        self._ahead = ahead or Git()

    @cached_property
    def _places(self) -> tuple[str, str | None]:
        """See `queries.places`. Usage where there is no repository."""
        try:
            return queries.places(self._ahead)
        except GitFailed as error:
            message = f"{printable(os.getcwd(), 400)} is in no git repository"
            todo = "cd into a clone, name it by -C, or `git init`"
            raise Usage(f"{message}; {todo}") from error

    @property
    def work_tree(self) -> str | None:
        """The top of the work tree, None of a bare repository; Usage in none at all."""
        return self._places[1]

    @property
    def top(self) -> "Path":
        """The top of the work tree; Usage where there is none."""
        from pathlib import Path  # late: what only writes to the feed needs none

        if self.work_tree is None:
            message = f"{printable(os.getcwd(), 400)} has no work tree"
            raise Usage(f"{message}; run this in a clone")
        return Path(self.work_tree)

    @cached_property
    def repo(self) -> Repo:
        """The repository around this folder, bare ones included."""
        known = dict(Git().environment)
        # With absolute paths, since git will run at the top.
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            if known.get(name):
                known[name] = os.path.abspath(known[name])
        shared = os.path.abspath(self._places[0])
        git = Git(self.work_tree or os.getcwd(), known)
        return Repo(git, paths={SHARED: shared}, ahead=self._ahead)

    def close(self) -> None:
        """Let go of what the command has held open."""
        there: FleetLedger | None = vars(self).get("ledger")
        if there is not None:
            there.close()

    @cached_property
    def ledger(self) -> "FleetLedger":
        """What posts are written to, and read from, here."""
        from fleetfeed.ledger.chosen import ledger_of  # late: not all commands ask it

        return ledger_of(self.repo)

    @property
    def on_database(self) -> str:
        """The database that posts are written to, for people; empty for a feed ref."""
        said = self.repo.told.ledger
        if said is None:
            return ""
        from fleetfeed.ledger.chosen import database_of  # late, as `ledger`

        return database_of(said)

    def needs_feed_ref(self, why: str) -> None:
        """Usage where posts are in a database: `why` it has no use for the command."""
        if self.on_database:
            raise Usage(f"posts are written to {self.on_database}: {why}")

    @cached_property
    def seat(self) -> str:
        """Who is asking: FLEETFEED_SEAT, or git's `fleetfeed.seat`."""
        seat, source = self.repo.seat_told
        if seat:
            return checked_seat(source, seat)
        todo = "run `fleetfeed seat NAME` (fleetfeed.seat), give --seat, or"
        raise Usage(f"which seat are you? {todo} FLEETFEED_SEAT")

    @property
    def seat_if_known(self) -> str:
        """The same; empty where nothing says it."""
        with contextlib.suppress(Usage):
            return self.seat
        return ""

    @property
    def as_json(self) -> bool:
        """Whether a document is asked for."""
        call = current()
        return call is not None and call.as_json

    def remark(self, line: str) -> None:
        """Say something beside the answer: in the document, or on standard error."""
        if self.as_json:
            self.remarks.append(line.removeprefix("fleetfeed: "))
        else:
            echo(line, err=True)

    def typed(self, steps: "Iterable[Step]") -> list[str]:
        """`steps` as they are typed here, by the same seat."""
        call = current()
        folder, seat = (call.folder, call.seat) if call else ("", "")
        head = ["fleetfeed", *(["-C", folder] if folder else [])]
        tail = ["--seat", seat] if seat else []
        lines = [[*head, *s.words, *(tail if s.posts else [])] for s in steps]
        return list(dict.fromkeys(map(shlex.join, lines)))

    def show(self, answer: str, code: int = 0, **facts: "Any") -> int:  # noqa: ANN401 - by the schema
        """Print an answer as a document (see `report.envelope`); its exit code."""
        remarks = (*self.remarks, *facts.pop("remarks", ()))
        from fleetfeed.report.envelope import envelope  # late: most answer in text

        echo_json(envelope(answer, code, remarks=remarks, **facts))
        return code


def edge(command: Command) -> Command:
    """A click callback whose errors become a sentence and an exit code.

    The callback returns its exit code, None for 0.
    """

    @functools.wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        import click  # late: it has called us

        context = click.get_current_context()
        context.exit(ended(lambda: command(*args, **kwargs), context.obj))

    return run


def with_shell(command: Command) -> Command:
    """The same for a callback that gets the Shell, which is opened when it is used."""

    @functools.wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        import click

        shell = click.get_current_context().obj
        edge(command)(shell, *args, **kwargs)

    return run


def on_feed_ref(why: str) -> Callable[[Command], Command]:
    """`with_shell`, for a command that a database has no use for: `why`."""

    def added(command: Command) -> Command:
        @functools.wraps(command)
        def run(shell: Shell, /, *args: object, **kwargs: object) -> int | None:
            shell.needs_feed_ref(why)
            code: int | None = command(shell, *args, **kwargs)
            return code

        return with_shell(run)

    return added


def ended(command: Callable[[], int | None], shell: object) -> int:
    """The exit code of `command`, its errors printed as `shell` says."""
    try:
        return _ended(command, shell)
    except BrokenPipeError:
        # What is still to be written at the end of the process goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    finally:
        if isinstance(shell, Shell):
            shell.close()


def _ended(command: Callable[[], int | None], shell: object) -> int:
    try:
        return command() or 0
    except (FleetfeedError, KeyboardInterrupt) as error:
        return _reported(error, shell)
    except BrokenPipeError:
        raise
    except Exception as error:
        if _is_for_click(error):
            raise
        if isinstance(error, OSError) and error.errno in _FULL:
            why = f"there is no room to write ({error.strerror}); make some"
            return _reported(CannotTell(why), shell)
        from fleetfeed.util.crashlog import report_crash  # late: it takes 6 ms

        return _reported(CannotTell(report_crash(error)), shell)


def _is_for_click(error: Exception) -> bool:
    """Whether click says what it is, or ends by it."""
    click = sys.modules.get("click")
    if click is None:
        return False
    kinds = (click.ClickException, click.exceptions.Exit, click.Abort)
    return isinstance(error, kinds)


def _reported(error: FleetfeedError | KeyboardInterrupt, shell: object) -> int:
    from fleetfeed.cli import failing  # late: a run without an error needs none of it

    if isinstance(error, KeyboardInterrupt):
        return failing.interrupted(error, shell)
    return failing.report(error, shell)


def echo_json(value: object) -> None:
    """One JSON document on standard output."""
    echo(json.dumps(value, indent=2, ensure_ascii=True))


def uncut(text: str) -> str:
    """A stranger's text as printable text, however long it is."""
    return printable(text, len(text) + 1)
