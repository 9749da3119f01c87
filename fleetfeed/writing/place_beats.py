"""Beats of who waits in line: they keep the place, as a holder's keep the claim.

Who waits in slices begins anew each time, so what tells when a beat is due is the place
and what the clone has in mind of it, and not how long a process has run.
"""

import contextlib
import math
from collections.abc import Callable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.beat_own import beat_for
from fleetfeed.writing.beats_in_mind import BeatsInMind

_SECONDS = 10.0
"""Seconds that one beat may take: whoever waits has other things to do."""


def beating(repo: Repo, feed: Snapshot, item: Item, seat: str) -> Callable[[], float]:
    """What beats for the place of `item` if that is due.

    It says in how many seconds it wants to be called again. A beat that is not heard is
    no harm: the place is there until its lease is over.
    """

    def left() -> tuple[float, float]:
        mind = BeatsInMind(repo, seat)
        last = mind.last(feed, item)
        return last.left(math.inf, mind.now), last.pause

    def beat() -> float:
        until_due, pause = left()
        if until_due > 0:
            return until_due
        with contextlib.suppress(FleetfeedError):
            beat_for(Repo(repo.git), seat, (item.id,), _SECONDS)
        return left()[0] or pause

    return beat
