"""When a place in line is over: its turn has come and gone, or who waits is silent.

A free surface is kept for the first in line for the seconds of `turn` (the policy's),
then for the next. So nobody who waits and does not take it stops the others for longer,
be it dead or alive; nor again, when it is free the next time: whoever was passed has
had its turn.
"""

import math
from collections.abc import Callable

from fleetfeed.feed.line import ahead_of, in_the_way
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Alive, Lapse, Sign
from fleetfeed.model.policy import Policy

When = Callable[[Item], float]
"""A time of an item in line, in seconds of one clock."""


def places_over(
    feed: Snapshot, policy: Policy, *, silent: When, free: When, passed: When
) -> When:
    """When each place is over; infinite while others hold what it waits for.

    That is, but for its lease: who is silent loses the place at any time. `silent` is
    when an item's lease and the grace are over, `free` since when nothing is in its
    way, as far as that was seen, `passed` when somebody behind it first passed it
    (infinite: nobody has). Each is asked once of each item.
    """
    known: dict[str, float] = {}

    def over(place: Item) -> float:
        if place.id not in known:
            # Those behind a place that was passed have had it before them until then.
            first = passed(place)
            ends = first if first < math.inf else ends_of(place)
            known[place.id] = min(ends, silent(place))
        return known[place.id]

    def ends_of(place: Item) -> float:
        """When the turn of `place` is over, which nobody has passed."""
        if in_the_way(feed, place.keys, policy.families, place.id):
            return math.inf
        before = map(over, ahead_of(feed, place, policy.families))
        return max((free(place), *before)) + policy.leases.turn

    return over


def place_sign(over: float, now: float) -> Sign:
    """The sign at `now` of a place that is over at `over`."""
    return Alive(over - now, over - now) if now < over else Lapse.LAPSED
