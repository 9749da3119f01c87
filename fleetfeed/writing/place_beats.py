"""Beats of who waits in line: they keep the place, as a holder's keep the claim."""

import contextlib
from collections.abc import Callable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import A_LEASE
from fleetfeed.lease.lease import lease_of
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.beating import heart, signed_by

_SECONDS = 10.0
"""Seconds that one beat may take: whoever waits has other things to do."""

_ENDLESS = 600.0


def beating(
    repo: Repo, feed: Snapshot, item: Item, seat: str
) -> tuple[Callable[[], None], float]:
    """What beats for the place of `item`, and how often it must, in seconds.

    A beat that is not heard is no harm: the place is there until its lease is over.
    """
    beats = heart(repo, feed, item, lambda: signed_by(seat))
    lease = lease_of(item, feed.rules)

    def beat() -> None:
        with contextlib.suppress(FleetfeedError):
            beats.beat(_SECONDS)

    return beat, _ENDLESS if lease is None else lease / A_LEASE
