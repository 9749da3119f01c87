"""The lease of an item: which posts renew it, for how long, and when it has lapsed.

Any post of the holder renews it; while the item awaits its claim, any of its filer or
of the owner that it names; while it is in line, any of who waits. Who takes an item
over begins a lease of its own. When it is over follows from when its signs of life were
seen, by whoever keeps the time.
"""

import math
from collections.abc import Iterable

from fleetfeed.model.fields import NONE
from fleetfeed.model.item import Item, history
from fleetfeed.model.liveness import Alive, Lapse, Sign
from fleetfeed.model.names import acts_as
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Post, State, Unreadable
from fleetfeed.util import durations
from fleetfeed.util.records import record


@record
class SignOfLife:
    """A post that is a sign of life, and the seconds that the lease runs from it.

    `seconds` is None where the lease has no end.
    """

    number: int
    seconds: float | None


def signs_of_life(
    item: str, posts: Iterable[Post | Unreadable], policy: Policy
) -> tuple[SignOfLife, ...]:
    """The signs of life of whoever has `item` now, oldest first; none where nobody."""
    found = list[SignOfLife]()
    for before, post, after in history(Item(item), posts):
        if not after.leased or before.holding != after.holding:
            found = []
        sign = isinstance(post, Post) and is_sign(after, post.seat, after.owner, policy)
        if after.leased and (not found or sign):
            found.append(SignOfLife(post.number, lease_of(after, policy)))
    return tuple(found)


def lease_of(item: Item, policy: Policy) -> float | None:
    """The seconds of an item's lease, None where it has no end."""
    return lease_seconds(item.lease, item.holder, policy)


def longest(leases: Iterable[float | None]) -> float | None:
    """The longest of some leases: what a beat renews by, since it says none itself.

    A post that shortens LEASE would otherwise shorten what an earlier beat began.
    """
    known = tuple(leases)
    return None if None in known else max(each for each in known if each is not None)


def is_sign(item: Item, seat: str, owner: str, policy: Policy) -> bool:
    """Whether a post of `seat` is a sign of life while the item has this `owner`."""
    if item.turn:
        return acts_as(seat, item.waiter)
    if item.state is State.IN_PROGRESS:
        return acts_as(seat, item.holder)
    named = bool(owner) and policy.may_claim(seat, owner)
    return named or acts_as(seat, item.filer)


def lease_seconds(lease: str | None, holder: str, policy: Policy) -> float | None:
    """The seconds of a LEASE (None: the default), None where it has no end.

    The default is that of who holds the item; `holder` is empty where nobody does.
    """
    if lease == NONE:
        return None
    given = durations.seconds(lease) if lease else None
    return float(policy.default_lease(holder) if given is None else given)


_DRIFT = 200e-6
"""How much a clock that nobody sets may be slower than another, as a share."""


def counted(lease: float) -> float:
    """The seconds for which a holder counts on a lease of so many seconds.

    Its clock may be slow, and its last words take time: it stops a second early, or as
    much as clocks may drift apart in such a lease.
    """
    return lease - max(1.0, _DRIFT * lease)


def lease_end(seen: Iterable[tuple[float, float | None]]) -> float:
    """When the lease is over; all times are seconds of one clock.

    `seen` are signs of life: when each was seen, and its lease's seconds. The latest
    end of all counts: renewing never shortens a lease. Without any sign it was over
    before all time.
    """
    ends = (math.inf if lease is None else at + lease for at, lease in seen)
    return max(ends, default=-math.inf)


def standing(over: float, now: float, grace: float) -> Sign:
    """The sign at `now` of a lease that is over at `over`.

    For the seconds of `grace` after that neither a beat nor a takeover is accepted, so
    that the two never both win.
    """
    left = over - now
    if left == -math.inf:
        return Lapse.UNKNOWN
    return Alive(left, left + grace) if left + grace > 0 else Lapse.LAPSED
