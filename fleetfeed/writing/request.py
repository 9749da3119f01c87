"""What a seat asked for: its fields, and the epoch that it believes to hold."""

from collections.abc import Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import utc
from fleetfeed.model.errors import NoLongerYours, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_writer import Draft, draft
from fleetfeed.util.records import record


@record
class Request:
    """The fields of the post, SEAT, AT and OP among them, without ITEM and STATE.

    `epoch` is the one that the caller holds, None where it does not say; `about` the
    item that it is the epoch of, empty where that is whatever item is named.
    """

    fields: Mapping[str, Value]
    epoch: int | None = None
    about: str = ""

    @property
    def seat(self) -> str:
        """Who asks."""
        return str(self.fields["SEAT"])

    @property
    def now(self) -> float | None:
        """When they ask, in seconds of UTC, as far as they say so."""
        at = self.fields.get("AT")
        return utc(at) if isinstance(at, str) else None

    @property
    def reason(self) -> bool:
        """Whether a reason is given."""
        return "REASON" in self.fields

    @property
    def signed(self) -> dict[str, Value]:
        """The fields that every post of the command has, its reason included."""
        kept = ("SEAT", "AT", "OP", "REASON")
        return {name: self.fields[name] for name in kept if name in self.fields}

    def post(self, item: Item, state: State, **more: str) -> Draft:
        """The next post of `item`, to `state`, with the fields `more` too."""
        return draft(item, {**self.fields, **more, "STATE": state.value})


def require_item(feed: Snapshot, item: str) -> Item:
    """The item; Refused where the feed has none of that id."""
    found = feed.item(item)
    if not found.newest:
        todo = "`fleetfeed active` lists the open ones, `fleetfeed reserve` makes one"
        raise Refused(f"there is no {item} on the feed; {todo}")
    return found


def require_epoch(item: Item, epoch: int | None) -> None:
    """NoLongerYours where the caller holds another epoch than `item` is at."""
    if epoch is not None and epoch != item.epoch:
        raise NoLongerYours(item.id, item.epoch, item.holder)


def require_item_at_epoch(feed: Snapshot, item: str, asked: Request) -> Item:
    """The item, if it is there and at the epoch that the caller holds."""
    found = require_item(feed, item)
    if asked.about in ("", item):
        require_epoch(found, asked.epoch)
    return found
