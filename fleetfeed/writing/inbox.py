"""Which items have messages to a seat."""

from collections.abc import Iterator

from fleetfeed.feed.messages import reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import names
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.util.records import record
from fleetfeed.writing.listing import concern


@record
class Entry:
    """An item that a seat has messages to: `whose` they are, and why they are his."""

    item: Item
    whose: str
    why: str


def entries(feed: Snapshot, seat: str, *, everything: bool) -> Iterator[Entry]:
    """The items that `seat` has to do with: the open ones, and then those of old.

    An item that is over counts where a note about it is of the newest two months.
    """
    for item in feed.open:
        why = concern(feed, item, seat)
        if why:
            own = acts_as(seat, reader(item))
            yield Entry(item, reader(item) if own else seat, why)
    noted = feed.notes.items if everything else feed.notes.newest_items
    there = {item.id for item in feed.open}
    for id_ in sorted(noted - there, key=names.in_order):
        item = feed.item(id_)
        if acts_as(seat, reader(item)):
            yield Entry(item, reader(item), "yours")
