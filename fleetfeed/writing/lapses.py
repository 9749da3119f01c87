"""Telling who waits of a holder that seems to be dead: to wait on would be in vain."""

import math
from collections.abc import Callable, Iterable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.advice import after_lapse
from fleetfeed.lease.estimate import Estimate
from fleetfeed.lease.heartbeat import A_LEASE
from fleetfeed.lease.lease import lease_of
from fleetfeed.ledger.fleet import FleetLedger
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.writing.estimates import LeaseEstimates
from fleetfeed.writing.looks import PAUSES


class Lapses:
    """Remarks on what is waited for, once its lease and the grace seem to be over.

    Each holding is remarked on once. The leases are estimates, or by the clock of a
    ledger that has one. Beats are asked for where a lease may be over by all that is
    known: a look at the feed alone tells of none.
    """

    def __init__(
        self,
        repo: Repo,
        ledger: FleetLedger,
        seat: str,
        remark: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        """Nothing is asked yet. `seat` is who waits; `clock` only runs, in seconds."""
        self._repo, self._ledger, self._seat = repo, ledger, seat
        self._remark, self._clock = remark, clock
        self._due: dict[tuple[str, int], float] = {}

    def seen(self, view: View, items: Iterable[str]) -> float:
        """Be told which items keep who waits; the seconds until one may have lapsed.

        Infinite where none will, as far as is known. An item counts anew with each
        post. A remote that does not answer is asked again after a while.
        """
        now, feed, known = self._clock(), view.snapshot, self._due
        there = [feed.item(name) for name in items]
        if any(_claim(item) not in known for item in there):
            leases = LeaseEstimates(self._repo, view)
            new = {_claim(item): now + _left(feed, leases.of(item)) for item in there}
            known = new | known
        self._due = {_claim(item): known[_claim(item)] for item in there}
        if any(due <= now for due in self._due.values()):
            self._asks(now)
        return min(self._due.values(), default=math.inf) - now

    def _asks(self, now: float) -> None:
        """Ask for beats, since something may have lapsed, and remark on what has."""
        try:
            view = self._ledger.view(offline=False)
        except CannotTell:
            again = now + PAUSES[-1]
            self._due = {claim: max(due, again) for claim, due in self._due.items()}
            return
        feed, leases = view.snapshot, LeaseEstimates(self._repo, view)
        for claim, due in self._due.items():
            item = feed.item(claim[0])
            # Where it has another post by now, the next look begins anew.
            if due > now or _claim(item) != claim:
                continue
            lease = leases.of(item)
            left = _left(feed, lease)
            if left <= 0:
                self._remark(_over(item, lease, self._seat))
            again = min(left, _every(feed, item)) if left > 0 else math.inf
            self._due[claim] = now + again


def _claim(item: Item) -> tuple[str, int]:
    return item.id, item.newest


def _every(feed: Snapshot, item: Item) -> float:
    """The seconds between two looks: a third of a lease apart they tell nothing."""
    lease = lease_of(item, feed.rules)
    return math.inf if lease is None else lease / A_LEASE / 2


def _left(feed: Snapshot, lease: Estimate) -> float:
    """The seconds until a takeover may be lawful; infinite where nothing tells."""
    left = lease.left
    return math.inf if left is None else left + feed.rules.leases.grace


def _over(item: Item, lease: Estimate, seat: str) -> str:
    held = f"{item.id} is held by {printable(item.contact)}, its {lease.words}"
    if acts_as(seat, item.contact):
        return f"{held}; {after_lapse(item, seat)}"
    # What a clone sees is no proof. To watch is right where nobody keeps time, too.
    todo = f"`fleetfeed claim {item.id} --watch --reason …` takes it over"
    return f"{held}; unless it beats, {todo}"
