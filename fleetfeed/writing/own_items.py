"""What a seat holds itself, its places in line among that; and giving all of it back.

Its sub-seats are others here. Whoever counted them in would keep the work of a session
alive that is long gone, or give back what another is at.
"""

from collections.abc import Iterable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import FleetfeedError, NoLongerYours
from fleetfeed.model.item import Item
from fleetfeed.model.names import same_seat
from fleetfeed.model.post import State
from fleetfeed.util.printable import printable
from fleetfeed.writing.next_item import refusals
from fleetfeed.writing.request import (
    Drafts,
    Request,
    require_not_taken,
    require_place,
)
from fleetfeed.writing.verbs import move


class NothingHeld(FleetfeedError):
    """Nothing is to be given back: `seat` holds nothing."""

    def __init__(self, seat: str) -> None:
        super().__init__(f"{printable(seat)} holds nothing, and is in no line")


def own_items(feed: Snapshot, seat: str) -> list[Item]:
    """What `seat` has in progress, and is in line with, in `feed`; by their ids."""
    return [item for item in feed.open if is_own(item, seat)]


def is_own(item: Item, seat: str) -> bool:
    """Whether `seat`, and no other, has `item` in progress, or is in line with it."""
    at_work = item.state is State.IN_PROGRESS or item.turn > 0
    return at_work and same_seat(item.beating, seat)


def taken_from(feed: Snapshot, seat: str, items: Iterable[str]) -> list[NoLongerYours]:
    """What others have taken of `items`, which `seat` had once, since its last post.

    Its places in line among that. What it has itself ended, or given away, was not
    taken.
    """
    found = list[NoLongerYours]()
    for name in items:
        try:
            require_not_taken(feed, name, seat)
            require_place(feed, name, seat)
        except NoLongerYours as error:
            found.append(error)
    return found


def give_back(feed: Snapshot, request: Request, *, lawful: bool = False) -> Drafts:
    """The posts that give back all that the seat itself has: NothingHeld if nothing.

    What it works on awaits its claim, and what is in line leaves that. With `lawful` it
    is what the judge lets through of it: nobody waits for that because of the rest.
    """
    items, awaits = own_items(feed, request.seat), State.AWAITING_CLAIM
    each = [move(feed, item.id, awaits, request) for item in items]
    found = [posts for posts in each if not (lawful and refusals(feed, posts))]
    if not found:
        raise NothingHeld(request.seat)
    return tuple(post for posts in found for post in posts)
