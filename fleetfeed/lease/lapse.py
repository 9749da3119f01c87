"""Whether a lease has lapsed, from when the signs of life were seen."""

import math
from collections.abc import Iterable

from fleetfeed.judge.signs import Alive, Lapse, Sign

Seen = tuple[float, float | None]
"""When a sign of life was seen, and the seconds that the lease runs from it."""


def standing(seen: Iterable[Seen], now: float, grace: float) -> Sign:
    """The sign at `now`. All times are seconds of one clock.

    The lease is over at the latest end of all signs: renewing never shortens it. For
    the seconds of `grace` after that neither a beat nor a takeover is accepted, so that
    the two never both win.
    """
    ends = (math.inf if lease is None else at + lease for at, lease in seen)
    left = max(ends, default=-math.inf) - now
    if left == -math.inf:
        return Lapse.UNKNOWN
    return Alive(left, left + grace) if left + grace > 0 else Lapse.LAPSED
