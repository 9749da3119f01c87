"""What a seat holds itself: what it works on, and its places in line.

Its sub-seats are others here. Whoever counted them in would keep the work of a session
alive that is long gone, or give back what another is at.
"""

from collections.abc import Iterable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import NoLongerYours
from fleetfeed.model.item import Item
from fleetfeed.model.names import same_seat
from fleetfeed.model.post import State
from fleetfeed.writing.request import require_not_taken


def own_items(feed: Snapshot, seat: str) -> list[Item]:
    """What `seat` has in progress, and is in line with, in `feed`; by their ids."""
    return [item for item in feed.open if is_own(item, seat)]


def is_own(item: Item, seat: str) -> bool:
    """Whether `seat`, and no other, has `item` in progress, or is in line with it."""
    at_work = item.state is State.IN_PROGRESS or item.turn > 0
    return at_work and same_seat(item.beating, seat)


def taken_from(feed: Snapshot, seat: str, items: Iterable[str]) -> list[NoLongerYours]:
    """What others have taken of `items`, which `seat` had once, since its last post.

    What it has itself ended, or given away, was not taken.
    """
    found = list[NoLongerYours]()
    for name in items:
        try:
            require_not_taken(feed, name, seat)
        except NoLongerYours as error:
            found.append(error)
    return found
