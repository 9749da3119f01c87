"""Taking over as soon as a lease has lapsed, and not earlier.

A server that keeps time says from when on a takeover is lawful. Where nobody keeps
time, the taker watches the item itself (`silence`).
"""

import time
from collections.abc import Callable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import advised_seconds
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.idempotency import Plan, utc_now
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.silence import Look, Silence, nobody_can_tell

_ASKED_AGAIN = 60.0
"""Seconds until a server is asked again: the item may be let go before its time."""


@record
class Watched:
    """How a watch ended: the item's newest post, and whether its lease lapsed.

    Else the item was let go: it awaits its claim.
    """

    newest: int
    lapsed: bool


def take_over(
    watch: "Watch",
    request: Request,
    plan_of: Callable[[Request], Plan],
    land: Callable[[Plan, str], None],
) -> None:
    """Land a plan that takes the watched item over, as soon as it may be.

    `land` writes a plan; it is told the item that was seen to lapse, or an empty text.
    A server that keeps time is asked, and asked again when it says that the lease will
    have lapsed. Where nobody keeps time, the item is watched for lease and grace.
    """
    seen: Watched | None = None
    while True:
        plan = _as_seen(plan_of(request.dated(utc_now())), watch.item, seen)
        try:
            land(plan, watch.item if seen and seen.lapsed else "")
        except _HolderAlive:
            seen = None
        except Refused as refused:
            seen = _waited(watch, refused, seen)
        else:
            return


class _HolderAlive(Refused):
    """A post came between the watch and the takeover."""


def _as_seen(plan: Plan, item: str, seen: Watched | None) -> Plan:
    """`plan`, for a feed in which `item` is as it was when it was watched."""

    def planned(feed: Snapshot) -> Drafts:
        if seen and seen.lapsed and feed.item(item).newest != seen.newest:
            raise _HolderAlive(f"{item} has got another post")
        return plan(feed)

    return planned


def _waited(watch: "Watch", refused: Refused, seen: Watched | None) -> Watched | None:
    """Wait for what `refused` says; raised again where waiting does not help."""
    left = advised_seconds(refused.words, refused.findings)
    try:
        if left is not None:
            watch.wait_for_server(left)
            return None
        # Where watching did not help, nobody there can tell.
        if nobody_can_tell(refused) and not (seen and seen.lapsed):
            return watch.until_lapsed()
    finally:
        watch.on_progress("")
    raise refused


class Watch:
    """One watch over `item`; `on_progress` gets, in words, how far it has got."""

    def __init__(
        self,
        repo: Repo,
        item: str,
        on_progress: Callable[[str], None],
        clock: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is asked yet. `clock` only runs, while the machine sleeps too."""
        self.item, self.on_progress = item, on_progress
        self._repo, self._clock, self._sleep = repo, clock, sleep
        self._ledger = ledger_of(repo)

    def wait_for_server(self, left: float) -> None:
        """Wait, since a server said that in `left` seconds a takeover is lawful."""
        until = f"{left:.0f} s more at the most"
        self.on_progress(f"{self.item} is held by somebody alive; {until}")
        seconds, clock = min(left, _ASKED_AGAIN), self._ledger.clock()
        if clock:
            clock.wait(self.item, seconds)
        else:
            self._sleep(seconds)

    def until_lapsed(self) -> Watched:
        """Watch, for lease and grace without a sign of life, or until it is let go.

        Refused where it has gone another way, or has no lease that could lapse.
        CannotTell where the remote was away for as long as the watch would have taken.
        """
        silence = Silence(self._repo, self.item, self._clock)
        first = seen = self._look(silence)
        while _same(first.item, seen.item):
            _require_end(seen)
            left = silence.left
            if left <= 0:
                return Watched(seen.item.newest, lapsed=True)
            who = f"{printable(seen.item.contact)} on {seen.item.id}"
            rest = f"{left:.0f} s more to watch"
            self.on_progress(f"no sign of life of {who} yet; {rest}")
            self._sleep(min(seen.every, left))
            seen = self._look_if_answered(silence, seen)
        return _gone_on(seen.item)

    def _look_if_answered(self, silence: Silence, seen: Look) -> Look:
        """A look; the last one again where the remote did not answer."""
        try:
            return self._look(silence)
        except CannotTell:
            if silence.unheard >= seen.whole:
                raise
            return seen

    def _look(self, silence: Silence) -> Look:
        asked = time.time()
        return silence.sees(self._ledger.view(offline=False), asked)


def _require_end(seen: Look) -> None:
    """Refused where a lease has no end to wait for."""
    if seen.lease is None:
        who, item = printable(seen.item.contact), seen.item.id
        message = f"the lease of {who} on {item} has no end"
        raise Refused(f"{message}; ask for a release, or a steward to move it")


def _same(one: Item, two: Item) -> bool:
    """Whether both are held, or not held, by the same seat in the same holding."""
    return (one.state, one.epoch, one.contact) == (two.state, two.epoch, two.contact)


def _gone_on(item: Item) -> Watched:
    """Where nobody has the item any more; Refused where it has gone another way."""
    if item.active and not item.holder:
        return Watched(item.newest, lapsed=False)
    state = item.state.value if item.state else "unreadable"
    message = f"{item.id} has gone on while it was watched: it is {state} now"
    todo = f"`fleetfeed show {item.id}` says more"
    raise Refused(f"{message}, by {printable(item.seat)}; {todo}")
