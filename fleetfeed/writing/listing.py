"""Which open items a reader asks for: each question alone, and all of them together."""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.dependencies import waits_for
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import State
from fleetfeed.util.records import record
from fleetfeed.writing.next_item import in_lane, is_ready


@record
class Wanted:
    """What an item must be to be listed; what is None, empty or false asks nothing.

    `seats` are seats that it must all be a matter of; `search` stands in its id, its
    subject or a surface.
    """

    lane: str | None = None
    state: str | None = None
    seats: tuple[str, ...] = ()
    search: str = ""
    ready: bool = False
    waiting: bool = False

    def has(self, feed: Snapshot, item: Item) -> bool:
        """Whether `item` is wanted."""
        return (
            in_lane(feed.rules, item, self.lane)
            and (not self.state or item.state is State(self.state))
            and all(concern(feed, item, seat) for seat in self.seats)
            and (not self.search or _says(item, self.search))
            and (not self.ready or is_ready(feed, item))
            and (not self.waiting or bool(waits_for(feed, item)))
        )


def concern(feed: Snapshot, item: Item, seat: str) -> str:
    """What `seat`, or a sub-seat of it, has to do with `item`; empty for nothing."""
    if acts_as(seat, item.holder):
        return "yours"
    awaits = item.state is State.AWAITING_CLAIM
    if awaits and item.owner and _is_offered(feed, item.owner, seat):
        return "offered to you"
    return "filed by you" if acts_as(seat, item.filer) else ""


def _is_offered(feed: Snapshot, owner: str, seat: str) -> bool:
    return acts_as(seat, owner) or feed.rules.may_claim(seat, owner)


def _says(item: Item, search: str) -> bool:
    keys = (text for key in item.keys for text in (key.text, str(key)))
    wanted = search.casefold()
    return any(wanted in text.casefold() for text in (item.id, item.subject, *keys))
