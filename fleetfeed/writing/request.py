"""What a seat asks for, and what must be true of an item before it is done.

The fields that it gives, and the epoch that it believes to hold: what every verb needs
to know, whatever it goes on to write.
"""

from collections.abc import Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import utc
from fleetfeed.model.errors import NoLongerYours, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_writer import Draft, draft
from fleetfeed.util.records import record

ITEM_VARIABLE, EPOCH_VARIABLE = "FLEETFEED_ITEM", "FLEETFEED_EPOCH"
"""Where a command that works under a claim finds which item it holds, and its epoch."""

Drafts = tuple[Draft, ...]
"""The posts of one write, as they would be written."""


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
    def op(self) -> str:
        """The id of the command, by which its posts are found again."""
        return str(self.fields["OP"])

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


def require_at_epoch(feed: Snapshot, item: str, request: Request) -> Item:
    """The item, if it is there and at the epoch that the caller holds."""
    found = require_item(feed, item)
    if request.about in ("", item):
        require_epoch(found, request.epoch)
    return found


def require_holder(item: Item, epoch: int, holder: str = "") -> None:
    """NoLongerYours where `item` is not in progress at `epoch` (and of `holder`)."""
    require_epoch(item, epoch)
    if item.state is not State.IN_PROGRESS:
        raise NoLongerYours(item.id, item.epoch, "")
    if holder and item.holder.casefold() != holder.casefold():
        # Between a seat and its sub-seats the epoch stays.
        raise NoLongerYours(item.id, item.epoch, item.holder)
