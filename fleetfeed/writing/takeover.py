"""A taker's own watch over an item, where nobody else keeps time.

No lapse is inferred from clocks that nobody watched: the taker must itself have seen no
sign of life for lease and grace, by its own boot clock.
"""

import time
from collections.abc import Callable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import beat_ref
from fleetfeed.lease.lease import lease_of, longest, signs_of_life
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import newest_view
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

LOOKS = 25
"""Looks in a lease. A holder beats three times in one, and when unheard ten times."""

SHORTEST, LONGEST = 0.1, 60.0
"""Seconds between two looks."""

HOLE = 2
"""Beats take turns in two values. In so many looks' time there is one at the most."""


@record
class Watched:
    """How a watch ended: the item's newest post, and whether its lease lapsed.

    Else the item was let go: it awaits its claim.
    """

    newest: int
    lapsed: bool


@record
class Sight:
    """What a look shows: the item, its lease and the grace, and its beats' value."""

    item: Item
    lease: float | None
    grace: float
    beat: str | None

    @property
    def signs(self) -> tuple[int, str | None]:
        """What is another as soon as the holder shows that it is alive."""
        return self.item.newest, self.beat


class Watch:
    """One watch over `item`; `tell` hears, in words, how far it has got."""

    def __init__(
        self,
        repo: Repo,
        item: str,
        tell: Callable[[str], None],
        clock: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is asked yet. `clock` only runs, while the machine sleeps too."""
        self._repo, self._item, self._tell = repo, item, tell
        self._clock, self._sleep = clock, sleep

    def until_lapsed(self) -> Watched:
        """Watch, for lease and grace without a sign of life, or until it is let go.

        Refused where it has gone another way, or has no lease that could lapse.
        CannotTell where the remote was away for as long as the watch would have taken.
        """
        first = seen = self._look()
        since = last = self._clock()
        while _same(first.item, seen.item):
            lease = _ending(seen)
            whole = lease + seen.grace
            left = since + whole - last
            if left <= 0:
                return Watched(seen.item.newest, lapsed=True)
            self._tell(_progress(seen.item, left))
            every = min(max(lease / LOOKS, SHORTEST), LONGEST)
            self._sleep(min(every, left))
            now = self._looked(last, whole)
            if now is None:
                continue
            looked = self._clock()
            if now.signs != seen.signs or looked - last > HOLE * every:
                since = looked
            seen, last = now, looked
        return _gone_on(seen.item)

    def _looked(self, last: float, whole: float) -> Sight | None:
        """A look; None where the remote did not answer."""
        try:
            return self._look()
        except CannotTell:
            if self._clock() - last >= whole:
                raise
            return None

    def _look(self) -> Sight:
        view = newest_view(self._repo, offline=False)
        item, rules = view.snapshot.item(self._item), view.snapshot.rules
        beat = view.refs.get(beat_ref(self._item))
        lease = _lease(view.snapshot, item)
        return Sight(item, lease, float(rules.leases.grace), beat)


def _ending(seen: Sight) -> float:
    """The seconds of the lease. Refused where there is no end to wait for."""
    if seen.lease is None:
        message = (
            f"the lease of {printable(seen.item.contact)} on {seen.item.id} has no end"
        )
        raise Refused(f"{message}; ask for a release, or a steward to move it")
    return seen.lease


def _progress(item: Item, left: float) -> str:
    who = f"{printable(item.contact)} on {item.id}"
    return f"no sign of life of {who} yet; {left:.0f} s more to watch"


def _lease(feed: Snapshot, item: Item) -> float | None:
    """The longest lease that a beat or post may have begun; None without end."""
    signs = signs_of_life(item.id, feed.posts(item.id), feed.rules)
    return longest((*(sign.seconds for sign in signs), lease_of(item, feed.rules)))


def _same(one: Item, other: Item) -> bool:
    return (one.state, one.epoch, one.contact) == (
        other.state,
        other.epoch,
        other.contact,
    )


def _gone_on(item: Item) -> Watched:
    """Where nobody has the item any more; Refused where it has gone another way."""
    if item.active and not item.holder:
        return Watched(item.newest, lapsed=False)
    state = item.state.value if item.state else "unreadable"
    message = f"{item.id} has gone on while it was watched: it is {state} now"
    raise Refused(
        f"{message}, by {printable(item.seat)}; `fleetfeed show {item.id}` says more"
    )
