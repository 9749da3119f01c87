"""What a clone makes of a lease: an estimate, since only a server keeps its time.

It goes by AT, which no rule trusts, and by when the clone first observed a beat.
Nothing is decided by it: it tells a reader whom to ask, and whether a takeover is worth
a try. Where a ledger keeps time, that is asked, and the estimate is none any more.
"""

import math
from datetime import UTC, datetime

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.lease import is_sign, lease_end, lease_of, lease_seconds, longest
from fleetfeed.model.item import Item
from fleetfeed.model.policy import Policy
from fleetfeed.util import durations
from fleetfeed.util.records import record


@record
class Estimate:
    """What is left of a lease, and when its holder last showed that it is alive.

    `left` are seconds: infinite where the lease has no end, not positive where it is
    over. `last` is in seconds of UTC. Both are None where nothing tells. `exact` says
    that the clock which the lease is judged by has told them.
    """

    left: float | None = None
    last: float | None = None
    exact: bool = False

    @property
    def over(self) -> bool:
        """Whether the lease seems to have lapsed."""
        return self.left is not None and self.left <= 0

    @property
    def words(self) -> str:
        """For a sentence."""
        if self.left is None:
            return "lease left not known here"
        if math.isinf(self.left):
            return "lease without end"
        about = f"about {durations.in_words(abs(self.left))}"
        how = "" if self.exact else ", by an estimate"
        return f"lease {'over since' if self.over else 'left'} {about}{how}"


def estimate(
    item: Item,
    policy: Policy,
    now: float,
    beat_seen: float | None = None,
) -> Estimate:
    """The lease of `item`, as of `now`; `beat_seen` is when a beat of it was observed.

    Both are seconds of UTC. A post from the future counts as one of now.
    """
    signs = [
        (each.at, lease_seconds(each.lease, item.holder, policy))
        for number, each in enumerate(item.renewals)
        if number == 0 or is_sign(item, each.seat, each.owner, policy)
    ]
    if not signs:
        return Estimate()
    seen = [(min(utc(at), now), seconds) for at, seconds in signs if at]
    if beat_seen is not None:
        leases = (seconds for _, seconds in signs)
        seen.append((beat_seen, longest((*leases, lease_of(item, policy)))))
    elif not signs[-1][0]:
        # Whoever wrote that post by hand is alive since nobody knows when.
        return Estimate()
    return Estimate(lease_end(seen) - now, max(at for at, _ in seen))


def lease_in(
    feed: Snapshot, item: Item, now: float, beat_seen: float | None = None
) -> Estimate:
    """The lease of an item of `feed`: by the clock that keeps it, or an estimate."""
    known, left = estimate(item, feed.rules, now, beat_seen), feed.lease_left(item.id)
    if left is None or known.left is None:
        return known
    lease = lease_of(item, feed.rules)
    # The last sign of life may be a beat, of which no post tells.
    last = known.last if lease is None or left > lease else now - (lease - left)
    return Estimate(left, last, exact=True)


def binding_lease(
    feed: Snapshot, item: Item, now: float, beat_seen: float | None = None
) -> Estimate:
    """The same; nothing where no lease is in anybody's way.

    That is so where the item is at rest, or anyone may claim it as it is.
    """
    if not item.active or not (item.holder or item.owner):
        return Estimate()
    return lease_in(feed, item, now, beat_seen)


def utc(text: str) -> float:
    """The seconds of a well-formed AT."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp()
