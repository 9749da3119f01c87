"""Whether a lease has lapsed, from when the signs of life were seen."""

import math
from collections.abc import Iterable

from fleetfeed.model.liveness import Alive, Lapse, Sign

Seen = tuple[float, float | None]
"""When a sign of life was seen, and the seconds that the lease runs from it."""


def end(seen: Iterable[Seen]) -> float:
    """When the lease is over; all times are seconds of one clock.

    That is the latest end of all signs: renewing never shortens a lease. Without any
    sign it was over before all time.
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
