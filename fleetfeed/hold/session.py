"""A claim that lives as long as a command, and not longer.

The claim is made, the command begun under it, and beats are sent while it runs. Then
the claim is ended: done where the command succeeded, parked where it failed, or as was
said beforehand. A claim under which nothing was done is never done.
"""

import contextlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from subprocess import SubprocessError

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.process import end_those_under_way
from fleetfeed.hold.beat_loop import HeartbeatLoop
from fleetfeed.hold.child import Child, Signals
from fleetfeed.hold.guard import boot_clock
from fleetfeed.lease.lease import counted, lease_of, lease_seconds
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.errors import (
    CannotTell,
    FleetfeedError,
    Refused,
    Unknown,
    Usage,
)
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath, classify
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_writer import following
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations
from fleetfeed.util.records import record, replace
from fleetfeed.writing.beat_objects import require_beats
from fleetfeed.writing.beating import Heart, heart
from fleetfeed.writing.ended_beats import clear
from fleetfeed.writing.idempotency import (
    ExpectedPost,
    Plan,
    WriteRequest,
    new_op,
    utc_now,
)
from fleetfeed.writing.request import (
    EPOCH_VARIABLE,
    ITEM_VARIABLE,
    OP_VARIABLE,
    Drafts,
    Request,
    require_holder,
)
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import claim, first_post, known_prefix, move

ENDS = {"done": State.DONE, "park": State.PARKED, "release": State.AWAITING_CLAIM}
"""How a claim can end, by the verb that would do it."""

_KILL_AFTER = 10.0
"""Seconds that a command has to end, when it is told to."""

_ROOM = 1.0
"""Seconds: who has less to end is told so."""

_LAST_LOOK = 5.0
"""Seconds for a last question, and a last post, when the command has ended."""


@record
class Terms:
    """What is claimed, and how it is held.

    It is `item`, or a new one of `prefix` (then `item` is empty). `then` is one of
    ENDS, None where the command's end decides. `keep_going`: the command is not ended
    when the claim is lost. `kill_after` are the seconds that it has to end, None for
    the usual ones. `retry` is for each write.
    """

    item: str
    prefix: str
    resume: bool
    then: str | None
    keep_going: bool
    kill_after: float | None
    retry: RetryPolicy


@record
class Ended:
    """How it ended: with the command's exit code, and the item as it is in `feed`."""

    code: int
    item: Item
    feed: Snapshot


def hold(
    repo: Repo,
    request: Request,
    terms: Terms,
    command: Sequence[str],
    report: Callable[[str], None],
    *,
    posted: Callable[[Ok], None],
) -> Ended:
    """Claim, run `command`, and end the claim.

    `report` gets a line for each thing that happens, `posted` what was written, since
    that makes seen what its seat was not told yet. NoLongerYours where the claim was
    lost to somebody, CannotTell where nothing was heard until the lease was over, and
    what a claim raises.
    """
    with Signals() as signals:
        sent = boot_clock()
        held = _HeldClaim(repo, request, terms, report, posted=posted)
        if (signum := signals.came()) is not None:
            return held.unbegun(signum)
        held.require_time_left(sent)
        report(f"holding {held.item.id} at epoch {held.item.epoch}")
        try:
            held.require_beats()
            seconds, over = held.seconds_to_end(), held.good_until(sent)
            if (signum := signals.came()) is not None:
                return held.unbegun(signum)
            begin = partial(Child, command, held.environment, seconds, over)
            child = signals.begin(begin)
        except (FleetfeedError, OSError, SubprocessError):
            held.rest("the command could not be started")
            raise
        return held.ended(held.until_end(child, sent))


class _HeldClaim:
    """What is held: `item`, as it was claimed in `feed`."""

    def __init__(
        self,
        repo: Repo,
        request: Request,
        terms: Terms,
        report: Callable[[str], None],
        *,
        posted: Callable[[Ok], None],
    ) -> None:
        """It is claimed at once."""
        self._repo, self._request, self._ledger = repo, request, ledger_of(repo)
        self._terms, self._report, self._posted = terms, report, posted
        try:
            claimed = ExpectedPost.of(request, {}, prefix=terms.prefix)
            seconds = terms.retry.seconds
            ok = self._write(request, self._claim, seconds, claimed)
        except Unknown as error:
            message = "whether the claim was made is not known; if it was made"
            todo = "`fleetfeed active` lists it, and its lease ends it"
            raise CannotTell(f"{message}, {todo}") from error
        self.feed, self.item = ok.feed, ok.feed.item(ok.post.item)
        self._last = self.feed

    def ended(self, code: int) -> Ended:
        """The answer, when the command has ended with `code`."""
        return Ended(code, self._last.item(self.item.id), self._last)

    def _claim(self, feed: Snapshot) -> Drafts:
        request = self._request
        if "LEASE" not in request.fields:
            # With a lease of its own: we count on it, whatever policy comes next.
            holder = _holder(feed, self._claimed(feed, request))
            lease = durations.spelt(feed.rules.default_lease(holder))
            request = replace(request, fields={**request.fields, "LEASE": lease})
        _require_counted(str(request.fields["LEASE"]), feed.rules)
        require_beats(self._repo.git, feed.rules, None)
        return self._claimed(feed, request)

    def _claimed(self, feed: Snapshot, request: Request) -> Drafts:
        terms = self._terms
        if terms.prefix:
            prefix = known_prefix(terms.prefix)
            return first_post(feed, prefix, State.IN_PROGRESS, request)
        # What rests may still be at work under another hold, at its epoch.
        rests = feed.item(terms.item).state is not State.IN_PROGRESS
        return claim(feed, terms.item, request, resume=terms.resume or rests)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the command finds around it."""
        return {
            **os.environ,
            ITEM_VARIABLE: self.item.id,
            EPOCH_VARIABLE: str(self.item.epoch),
            "FLEETFEED_SURFACE": ",".join(map(_without_commas, self.item.keys)),
            OP_VARIABLE: self._request.op,
            "FLEETFEED_SEAT": self._request.seat,
        }

    def require_beats(self) -> None:
        """CannotTell where none can be sent; say where none can be before the end."""
        rules = self.feed.rules
        said = require_beats(self._repo.git, rules, lease_of(self.item, rules))
        if said:
            self._report(said)

    def seconds_to_end(self) -> float:
        """How long the command has to end: half of the time that nobody takes over."""
        grace, given = self.feed.rules.leases.grace, self._terms.kill_after
        half = grace / 2
        if not self._terms.keep_going and half < (_ROOM if given is None else given):
            who = "the command" if given is None else "--kill-after or not, the command"
            self._report(
                f"{who} has {half:g} s to end after a loss, since the policy's grace is"
                f" {durations.in_words(grace)} and others may take over then; a steward"
                f" can write `grace: {self._spelt(given)}` into it"
            )
        return min(_KILL_AFTER if given is None else given, half)

    def _spelt(self, given: float | None) -> str:
        """A grace with room for so many seconds, as a policy has it."""
        return durations.spelt(math.ceil(2 * (_KILL_AFTER if given is None else given)))

    def unbegun(self, signum: int) -> Ended:
        """The answer where a signal came before the command was begun."""
        self.rest("a signal came before the command was begun")
        return self.ended(128 + signum)

    def require_time_left(self, sent: float) -> None:
        """CannotTell where the lease is over before the command has begun."""
        if boot_clock() >= self._counted(sent):
            why = "the claim took longer than its lease allows"
            self.rest(why)
            raise CannotTell(f"{why}, so the command was not begun; give --lease")

    def good_until(self, sent: float) -> float:
        """When the command is told, if nothing is heard any more."""
        return math.inf if self._terms.keep_going else self._counted(sent)

    def _counted(self, sent: float) -> float:
        """When the lease is over, for us, that the claim of `sent` began."""
        lease = lease_of(self.item, self.feed.rules)
        return math.inf if lease is None else sent + counted(lease)

    def rest(self, why: str) -> None:
        """End a claim under which nothing was done: it is never DONE."""
        state = ENDS["release" if self._terms.then == "release" else "park"]
        self._move(state, {"REASON": why}, self._terms.retry.seconds)

    def until_end(self, child: Child, sent: float) -> int:
        """Beat until the command ends, then end the claim; the exit code."""
        lease, beat = lease_of(self.item, self.feed.rules), self._heartbeat.beat
        keep, say = self._terms.keep_going, self._report
        loop = HeartbeatLoop(beat, lease, keep, report=say)
        try:
            code = loop.until_end(child, sent)
        except CannotTell as error:
            self._look_again(str(error))
            raise
        finally:
            # A beat under way would outlive us, and nobody would end it.
            end_those_under_way()
        verb = self._terms.then or ("park" if code else "done")
        try:
            self._end(verb, code)
        except CannotTell as error:
            raise CannotTell(self._still_held(verb, code, error)) from error
        return code

    @property
    def _heartbeat(self) -> Heart:
        """What beats for the claim, from another thread."""
        return heart(self._repo, self.feed, self.item, partial(self._fields, {}))

    def _look_again(self, why: str) -> None:
        """The command has ended: perhaps there is an answer now.

        NoLongerYours where that is somebody else's name; else the claim is ended.
        """
        with contextlib.suppress(CannotTell, Refused):
            now = self._ledger.read(_LAST_LOOK).feed.item(self.item.id)
            require_holder(now, self.item.epoch, self.item.holder)
            self._move(State.PARKED, {"REASON": why}, _LAST_LOOK)

    def _end(self, verb: str, code: int) -> None:
        state, seconds = ENDS[verb], self._terms.retry.seconds
        fields = {"REASON": f"the command ended with {code}"} if code else {}
        try:
            self._move(state, fields, seconds)
        except Refused:
            if state is not State.PARKED:
                why = f"{state.value} was refused, when the command ended with {code}"
                self._move(State.PARKED, {"REASON": why}, seconds)
            raise

    def _still_held(self, verb: str, code: int, error: CannotTell) -> str:
        item, epoch = self.item.id, self.item.epoch
        message = f"the command ended with {code}, and {item} could not be ended"
        todo = f"`fleetfeed {verb} {item} --epoch {epoch}` ends it, or its lease does"
        return f"{message} ({error}); {todo}"

    def _move(self, state: State, fields: Mapping[str, str], seconds: float) -> None:
        """Take the item to `state`, unless the command itself has ended the claim."""
        made = {**self._fields(fields), "OP": new_op()}
        request = Request(made, self.item.epoch)

        def plan(feed: Snapshot) -> Drafts:
            now = feed.item(self.item.id)
            if now.epoch == self.item.epoch and now.state is not State.IN_PROGRESS:
                raise _Ended(now.state.value if now.state else "unreadable")
            return move(feed, self.item.id, state, request)

        try:
            ok = self._write(request, plan, seconds)
        except _Ended as ended:
            self._report(f"{self.item.id} is {ended} already")
            return
        self._last = ok.feed
        self._report(f"{self.item.id} is {state.value}")
        if not self._ledger.clock():
            with contextlib.suppress(FleetfeedError):
                clear(self._repo, ok.feed, seconds)

    def _fields(self, fields: Mapping[str, str]) -> dict[str, Value]:
        return {"SEAT": self._request.seat, "AT": utc_now(), **fields}

    def _write(
        self, request: Request, plan: Plan, seconds: float, *expected: ExpectedPost
    ) -> Ok:
        policy = self._terms.retry
        wanted = WriteRequest(
            request.op, plan, expected=expected, newest=request.reason
        )
        try:
            retry = replace(policy, seconds=seconds)
            ok = write(self._ledger, wanted, retry, request.seat)
        finally:
            policy.on_retry("")
        self._posted(ok)
        return ok


def _without_commas(key: SurfaceKey) -> str:
    """A key as it may stand in a list with commas: another spelling of it."""
    return key.text.replace(",", "%2C")


def _holder(feed: Snapshot, drafts: Drafts) -> str:
    """Who holds an item after the first of `drafts`."""
    post = classify(drafts[0].path)
    item = post.item if isinstance(post, PostPath) else ""
    return following(feed.item(item), drafts[0]).holder


def _require_counted(lease: str, policy: Policy) -> None:
    """Usage where a LEASE leaves no time on which a holder can count."""
    seconds = lease_seconds(lease, "", policy)
    if seconds is not None and counted(seconds) <= 0:
        why = "`hold` ends its command a second early, since its clock may be slow"
        todo = "give --lease 2s or more, 10s where a push takes a second"
        raise Usage(
            f"a lease of {durations.in_words(seconds)} is too short: {why}; {todo}"
        )


class _Ended(FleetfeedError):
    """The command itself has ended the claim; its text is the item's state."""
