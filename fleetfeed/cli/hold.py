"""`fleetfeed hold`: a claim that lives as long as a command, and not longer."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.fields import Flag, field_flags, known_item
from fleetfeed.cli.messages import News, news_of
from fleetfeed.cli.places import told_by
from fleetfeed.cli.writer import Writer, seconds_of, show_retry, timeout_flag
from fleetfeed.feed.question import Question
from fleetfeed.hold.child import startable
from fleetfeed.hold.session import ENDS, Terms
from fleetfeed.hold.session import hold as hold_item
from fleetfeed.lease.estimate import binding_lease
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.errors import FleetfeedError, NoLongerYours, Usage
from fleetfeed.report.documents import Json, item_json
from fleetfeed.writing.next_steps import steps_with
from fleetfeed.writing.retry import RetryPolicy


@click.command()
@click.argument("words", metavar="[ITEM] -- COMMAND", nargs=-1, required=True)
@click.option("--new", "prefix", metavar="PREFIX", help="A new item, in work at once.")
@click.option("--resume", is_flag=True, help="Go on with what your own seat holds.")
@click.option(
    "--then",
    type=click.Choice(tuple(ENDS)),
    help="What becomes of the item. Default: done, or park where COMMAND fails.",
)
@click.option("--keep-going", is_flag=True, help="Do not end COMMAND on a loss.")
@click.option(
    "--kill-after",
    help="How long COMMAND has to end when told: at most half the policy's grace."
    " Default: 10s.",
)
@field_flags("state", "epoch", "owner")
@timeout_flag
@json_flag
@with_shell
def hold(
    shell: Shell,
    /,
    words: tuple[str, ...],
    *,
    prefix: str | None,
    resume: bool,
    then: str | None,
    keep_going: bool,
    kill_after: str | None,
    **flags: Flag,
) -> int:
    """Claim ITEM, or a new item of PREFIX, run COMMAND, and end the claim.

    While COMMAND runs, beats keep the lease alive. It finds FLEETFEED_ITEM, _EPOCH,
    _SURFACE, _OP and _SEAT in its environment, gets the signals that are sent to this
    one, and its exit code is the answer. When the claim is lost, COMMAND is told by
    SIGTERM, and ended after --kill-after: exit 4 where somebody took over, exit 3 where
    nothing was heard until a second before the lease was over (200 ppm of a longer
    one: this clock may be slow). Whoever was stopped himself and wakes too late ends
    COMMAND at once. Where the fleet signs, each beat is signed by this clone's key, as
    it is then: a certificate that is renewed in its place is taken up.

    With --json COMMAND's standard output goes to standard error: the answer, when all
    is over, is all that stands on standard output.

    \b
    Examples:
      fleetfeed hold CMB-1438 -- make deploy
      fleetfeed hold --new CMB --subject "nightly import" --lease 10m \\
          --surface CAMBER:job:import --proof "the only import" -- ./import.sh
    """
    item, command = ("", words) if prefix else (known_item(words[0]), words[1:])
    if not command:
        raise Usage("which command? give it behind `--`")
    seconds = seconds_of("kill-after", kill_after) if kill_after else None
    writer = Writer.of(shell, flags, item)
    retry = RetryPolicy(writer.seconds, show_retry)
    startable(command, os.environ)
    terms = Terms(item, prefix or "", resume, then, keep_going, seconds, retry)
    with told_by(writer.given), _output_apart() if shell.as_json else nullcontext():
        news = _Told(shell)
        try:
            ended = hold_item(
                shell.repo,
                writer.request,
                terms,
                command,
                lambda text: _remark(shell, f"fleetfeed: {text}"),
                posted=news.by,
            )
        except FleetfeedError as error:
            news.remark()
            if shell.as_json and isinstance(error, NoLongerYours):
                _look(shell, error, writer.request.seat)
            raise
    if shell.as_json:
        feed, now, seat = ended.feed, ended.item, writer.request.seat
        lease = binding_lease(feed, now, time.time())
        shell.show(
            "ended",
            ended.code,
            items=[item_json(feed, now, lease, unseen=news.unseen)],
            notes=news.notes,
            op=writer.request.op,
            next=shell.typed(steps_with(feed, now, seat)),
        )
    return ended.code


def _remark(shell: Shell, line: str) -> None:
    """Say it, if anybody hears it: work goes on whose terminal or reader has gone."""
    try:
        shell.remark(line)
    except OSError:
        sys.stderr = None  # as where it is closed: nothing is said any more


def _look(shell: Shell, error: NoLongerYours, seat: str) -> None:
    """Let the answer have the lost item, where it is here as the loss was told."""
    with suppress(FleetfeedError):
        basis = shell.ledger.at_hand().basis
        if basis.snapshot.item(error.item).epoch == error.epoch:
            error.question = error.question or Question(basis, seat, (error.item,))


class _Told:
    """What the posts of a hold have to tell their seat: said at once, or noted down."""

    def __init__(self, shell: Shell) -> None:
        """Nothing was posted yet."""
        self._shell = shell
        self._all: list[News] = []

    def by(self, ok: Ok) -> None:
        """Tell what a post has to tell; to a program in the one answer, at the end."""
        self._all.append(news_of(ok))
        if not self._shell.as_json:
            self.remark()

    def remark(self) -> None:
        """Say what no answer has told, where there will be none."""
        for line in (line for news in self._all for line in news.lines):
            _remark(self._shell, line)
        self._all.clear()

    @property
    def notes(self) -> list[Json]:
        """What is to be told with the answer."""
        return [note for news in self._all for note in news.notes]

    @property
    def unseen(self) -> Mapping[str, int | None]:
        """How many were unseen, by item."""
        counts: dict[str, int | None] = {}
        for news in self._all:
            for item, number in news.unseen.items():
                counts[item] = (counts.get(item) or 0) + (number or 0)
        return counts


@contextmanager
def _output_apart() -> Iterator[None]:
    """Within it, what goes to standard output goes to standard error."""
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(ours, 1)
        os.close(ours)
