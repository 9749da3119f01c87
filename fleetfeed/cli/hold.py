"""`fleetfeed hold`: a claim that lives as long as a command, and not longer."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from subprocess import SubprocessError

import click

from fleetfeed.cli.context import Shell, edge
from fleetfeed.cli.fields import (
    EPOCH_VARIABLE,
    ITEM_VARIABLE,
    Flag,
    field_flags,
    utc_now,
)
from fleetfeed.cli.output import known_item
from fleetfeed.cli.writer import Writer, seconds_of, timeout_flag
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.process import end_those_under_way
from fleetfeed.hold.beat_loop import HeartbeatLoop
from fleetfeed.hold.child import Child, startable
from fleetfeed.hold.guard import boot_clock
from fleetfeed.hold.signals import Signals
from fleetfeed.lease.heartbeat import beats
from fleetfeed.lease.lease import lease_of
from fleetfeed.model.errors import CannotTell, FleetfeedError, Refused, Unknown, Usage
from fleetfeed.model.item import Item
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_writer import Draft
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations
from fleetfeed.util.records import record, replace
from fleetfeed.writing.heartbeat import Heartbeat, clear, must_hold, newest_item
from fleetfeed.writing.request import Request
from fleetfeed.writing.verbs import claim, first_post, known_prefix, move

_ENDS = {"done": State.DONE, "park": State.PARKED, "release": State.AWAITING_CLAIM}

_PATIENCE = 10.0
"""Seconds that a command has to end, when it is told to."""

_LAST_LOOK = 5.0
"""Seconds for a last question, and a last post, when the command has ended."""


@click.command()
@click.argument("words", metavar="[ITEM] -- COMMAND", nargs=-1, required=True)
@click.option("--new", "prefix", metavar="PREFIX", help="A new item, in work at once.")
@click.option("--resume", is_flag=True, help="Go on with what your own seat holds.")
@click.option(
    "--then",
    type=click.Choice(tuple(_ENDS)),
    help="What becomes of the item. Default: done, or park where COMMAND fails.",
)
@click.option("--keep-going", is_flag=True, help="Do not end COMMAND on a loss.")
@click.option(
    "--kill-after",
    help="How long COMMAND has to end when told. Default: 10s, or a shorter grace.",
)
@field_flags("state", "epoch", "owner")
@timeout_flag
@click.pass_obj
@edge
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
    nothing was heard until the lease was over.

    \b
    Examples:
      fleetfeed hold CMB-1438 -- make deploy
      fleetfeed hold --new CMB --subject "nightly import" --lease 10m \\
          --surface CAMBER:job:import --proof "the only import" -- ./import.sh
    """
    named, command = ("", words) if prefix else (known_item(words[0]), words[1:])
    if not command:
        raise Usage("which command? give it behind `--`")
    patience = seconds_of("kill-after", kill_after) if kill_after else None
    writer = Writer.of(shell, flags, named)
    startable(command, os.environ)

    def plan(feed: Snapshot) -> tuple[Draft, ...]:
        asked = _with_lease(writer.asked, feed)
        if prefix:
            known = known_prefix(prefix)
            return first_post(feed, known, State.IN_PROGRESS, asked)
        # What rests may still be at work under another hold, at its epoch.
        rests = feed.item(named).state is not State.IN_PROGRESS
        return claim(feed, named, asked, resume=resume or rests)

    with Signals() as signals:
        sent = boot_clock()
        try:
            taken = writer.silently(plan)
        except Unknown as error:
            todo = "if it was made, `fleetfeed active` lists it, and its lease ends it"
            raise CannotTell(
                f"whether the claim was made is not known; {todo}"
            ) from error
        held = _Held(writer, taken.feed, taken.feed.item(taken.post.item), then)
        if signals.noted is not None:
            held.rest("a signal came before the command was begun")
            return 128 + signals.noted
        held.in_time(sent)
        _say(f"holding {held.item.id} at epoch {held.item.epoch}")
        with held.rested_if_it_fails():
            seconds = held.patience(patience)
            child = signals.begin(lambda: Child(command, held.environment, seconds))
        return held.kept(child, sent, keep_going=keep_going)


def _with_lease(asked: Request, feed: Snapshot) -> Request:
    """The same, with a lease of its own: we count on it, whatever policy comes next."""
    default = durations.spelt(feed.rules.leases.default)
    return replace(asked, fields={"LEASE": default, **asked.fields})


@record
class _Held:
    """What is held: `item`, as it was claimed in `feed`."""

    writer: Writer
    feed: Snapshot
    item: Item
    then: str | None

    @property
    def environment(self) -> Mapping[str, str]:
        """What the command finds around it."""
        asked = self.writer.asked
        return {
            **os.environ,
            ITEM_VARIABLE: self.item.id,
            EPOCH_VARIABLE: str(self.item.epoch),
            "FLEETFEED_SURFACE": ",".join(key.text for key in self.item.keys),
            "FLEETFEED_OP": str(asked.fields["OP"]),
            "FLEETFEED_SEAT": asked.seat,
        }

    def patience(self, given: float | None) -> float:
        """How long the command has to end: not longer than nobody may take over."""
        grace = float(self.feed.rules.leases.grace)
        if given is not None and given > grace:
            _say(
                f"after a loss the command may run for --kill-after, and the grace is"
                f" {durations.in_words(grace)}: somebody else may be at work by then"
            )
        return min(_PATIENCE, grace) if given is None else given

    @contextlib.contextmanager
    def rested_if_it_fails(self) -> Iterator[None]:
        """No claim is left of a command that cannot be started after all."""
        try:
            yield
        except (FleetfeedError, OSError, SubprocessError):
            self.rest("the command could not be started")
            raise

    def kept(self, child: Child, sent: float, *, keep_going: bool) -> int:
        """Beat until the command ends, then end the claim; the exit code."""
        lease = lease_of(self.item, self.feed.rules)
        try:
            code = HeartbeatLoop(self._heart().beat, lease, keep_going).until_end(
                child, sent
            )
        except CannotTell as error:
            self._look_again(str(error))
            raise
        finally:
            # A beat under way would outlive us, and nobody would end it.
            end_those_under_way()
        try:
            self._end(code)
        except CannotTell as error:
            raise CannotTell(self._still_held(code, error)) from error
        return code

    def in_time(self, sent: float) -> None:
        """CannotTell where the lease is over before the command has begun."""
        lease = lease_of(self.item, self.feed.rules)
        if lease is not None and boot_clock() >= sent + lease:
            why = "the claim took longer than its lease"
            self.rest(why)
            raise CannotTell(f"{why}, so the command was not begun; give --lease")

    def rest(self, why: str) -> None:
        """End a claim under which nothing was done: it is never DONE."""
        state = _ENDS["release" if self.then == "release" else "park"]
        self._land(state, {"REASON": why}, self.writer.seconds)

    def _heart(self) -> Heartbeat:
        # A repository of its own: beats are sent from another thread.
        own = Repo(self.writer.shell.repo.git)
        objects = beats(self.feed, self.item.id)
        return Heartbeat(own, self.item, objects, lambda: self._fields({}))

    def _look_again(self, why: str) -> None:
        """The command has ended: perhaps there is an answer now.

        NoLongerYours where that is somebody else's name; else the claim is ended.
        """
        repo = self.writer.shell.repo
        with contextlib.suppress(CannotTell, Refused):
            now = newest_item(repo, self.item.id, _LAST_LOOK)
            must_hold(now, self.item.epoch, self.item.holder)
            self._land(State.PARKED, {"REASON": why}, _LAST_LOOK)

    def _end(self, code: int) -> None:
        """End the claim, as `then` says, or as the command ended."""
        state = _ENDS[self.then or ("park" if code else "done")]
        message = {"REASON": f"the command ended with {code}"} if code else {}
        try:
            self._land(state, message, self.writer.seconds)
        except Refused:
            if state is not State.PARKED:
                why = f"{state.value} was refused, when the command ended with {code}"
                self._land(State.PARKED, {"REASON": why}, self.writer.seconds)
            raise

    def _still_held(self, code: int, error: CannotTell) -> str:
        item, epoch = self.item.id, self.item.epoch
        verb = self.then or ("park" if code else "done")
        message = (
            f"the command ended with {code}, and {item} could not be ended ({error})"
        )
        todo = f"`fleetfeed {verb} {item} --epoch {epoch}` ends it, or its lease does"
        return f"{message}; {todo}"

    def _land(self, state: State, said: Mapping[str, str], seconds: float) -> None:
        fields = {**self._fields(said), "OP": secrets.token_hex(8)}
        asked = Request(fields, self.item.epoch)

        def plan(feed: Snapshot) -> tuple[Draft, ...]:
            now = feed.item(self.item.id)
            if now.epoch == self.item.epoch and now.state is not State.IN_PROGRESS:
                raise _Ended(now.state.value if now.state else "unreadable")
            return move(feed, self.item.id, state, asked)

        writer = self.writer.again(asked, seconds)
        try:
            landed = writer.silently(plan)
        except _Ended as ended:
            _say(f"{self.item.id} is {ended} already")
            return
        _say(f"{self.item.id} is {state.value}")
        with contextlib.suppress(FleetfeedError):
            clear(self.writer.shell.repo, landed.feed, seconds)

    def _fields(self, said: Mapping[str, str]) -> dict[str, Value]:
        return {"SEAT": self.writer.asked.seat, "AT": utc_now(), **said}


class _Ended(FleetfeedError):
    """The command itself has ended the claim; its text is the item's state."""


def _say(text: str) -> None:
    click.echo(f"fleetfeed: {text}", err=True)
