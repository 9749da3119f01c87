"""What a seat asks for, and what must be true of an item before it is done.

The fields that it gives, and the epoch that it believes to hold: what every verb needs
to know, whatever it goes on to write.
"""

from collections.abc import Callable, Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import NoLongerYours, Refused
from fleetfeed.model.item import Item, history
from fleetfeed.model.names import acts_as, same_seat
from fleetfeed.model.post import Post, State, Value
from fleetfeed.model.post_writer import Draft, draft
from fleetfeed.util.records import record, replace
from fleetfeed.writing.dating import posted_at

ITEM_VARIABLE, EPOCH_VARIABLE = "FLEETFEED_ITEM", "FLEETFEED_EPOCH"
OP_VARIABLE = "FLEETFEED_OP"
"""Where a command that works under a claim finds which item it holds, at which epoch,
and the OP of the claim."""

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
        from fleetfeed.lease.estimate import utc  # late: who is not in the way asks not

        at = self.fields.get("AT")
        return utc(at) if isinstance(at, str) else None

    def dated(self, at: str) -> "Request":
        """The same, asked for `at`: what is written later than begun is dated then."""
        return replace(self, fields={**self.fields, "AT": at})

    @property
    def reason(self) -> bool:
        """Whether a reason is given."""
        return "REASON" in self.fields

    @property
    def signed(self) -> dict[str, Value]:
        """The fields that every post of the command has, its reason included."""
        kept = ("SEAT", "AT", "OP", "REASON")
        return {name: self.fields[name] for name in kept if name in self.fields}

    def epoch_of(self, item: str) -> int | None:
        """The epoch of `item` that the caller holds, None where it does not say."""
        return self.epoch if self.about in ("", item) else None

    def post(self, feed: Snapshot, item: Item, state: State, **more: str) -> Draft:
        """The next post of `item`, to `state`, with the fields `more` too."""
        return self.draft(feed, item, {**self.fields, **more, "STATE": state.value})

    def draft(self, feed: Snapshot, item: Item, fields: Mapping[str, Value]) -> Draft:
        """The next post of `item` with `fields`, dated as the feed has it."""
        now = self.fields.get("AT")
        at = {"AT": posted_at(feed, item.id, now)} if isinstance(now, str) else {}
        return draft(item, {**fields, **at})


def require_item(feed: Snapshot, item: str) -> Item:
    """The item; Refused where the feed has none of that id."""
    found = feed.item(item)
    if not found.newest:
        prefix = item.partition("-")[0]
        new = f"`fleetfeed reserve {prefix} --subject …` makes one"
        todo = f"`fleetfeed active` lists the open ones, {new}"
        raise Refused(f"there is no {item} on the feed; {todo}")
    return found


def require_epoch(item: Item, epoch: int | None) -> None:
    """NoLongerYours where the caller holds another epoch than `item` is at."""
    if epoch is not None and epoch != item.epoch:
        asked = f", and epoch {epoch} is asked about"
        raise NoLongerYours(item.id, item.epoch, item.holder, asked)


def require_at_epoch(feed: Snapshot, item: str, request: Request) -> Item:
    """The item, if it is there and at the epoch that the caller holds."""
    found = require_item(feed, item)
    require_epoch(found, request.epoch_of(item))
    return found


def require_not_taken(feed: Snapshot, item: str, seat: str) -> None:
    """NoLongerYours where another has taken `item` from `seat` since its last post."""
    if _ended_by_others(feed, item, seat, _holds):
        now = feed.item(item)
        raise NoLongerYours(item, now.epoch, _present(now))


def require_place(feed: Snapshot, item: str, seat: str) -> None:
    """NoLongerYours where another has ended the place of `seat` since its last post.

    Not where the seat is at work on `item`: who had a place has its turn then.
    """
    if _ended_by_others(feed, item, seat, _waits_or_holds):
        raise place_lost(feed.item(item))


def place_lost(now: Item) -> NoLongerYours:
    """What is said of a place in line that is gone; the item is `now` as it is."""
    return NoLongerYours(now.id, now.epoch, _present(now), "; the place is given up")


def _ended_by_others(
    feed: Snapshot, item: str, seat: str, has_it: Callable[[str, Item], bool]
) -> bool:
    """Whether what `seat` had of `item` was ended by another since its last post."""
    ended = False
    for before, post, after in history(Item(item), feed.posts(item)):
        had, has = has_it(seat, before), has_it(seat, after)
        own = isinstance(post, Post) and acts_as(seat, post.seat)
        ended = not (own or has) and (ended or (had and _moved(before, after)))
    return ended


def _moved(before: Item, after: Item) -> bool:
    """Whether it changed hands, or left the line."""
    held = (before.epoch, before.holder), (after.epoch, after.holder)
    return held[0] != held[1] or before.turn > 0


def _waits_or_holds(seat: str, item: Item) -> bool:
    return _holds(seat, item) or (item.turn > 0 and acts_as(seat, item.waiter))


def _holds(seat: str, item: Item) -> bool:
    return item.state is State.IN_PROGRESS and acts_as(seat, item.holder)


def _present(item: Item) -> str:
    """Who has `item` in progress; empty where nobody has."""
    return item.holder if item.state is State.IN_PROGRESS else ""


def require_holder(item: Item, epoch: int, holder: str = "") -> None:
    """NoLongerYours where `item` is not in progress at `epoch` (and of `holder`)."""
    require_epoch(item, epoch)
    if item.state is not State.IN_PROGRESS:
        raise NoLongerYours(item.id, item.epoch, "")
    if holder and not same_seat(item.holder, holder):
        # Between a seat and its sub-seats the epoch stays.
        raise NoLongerYours(item.id, item.epoch, item.holder)


def require_yours(item: Item, seat: str, epoch: int | None, op: str) -> None:
    """NoLongerYours where it is not `seat` that has `item` in progress.

    Nor is it where the item is at another epoch (None: any), or where another command
    than that of `op` (empty: any) has it for the seat.
    """
    if not _holds(seat, item):
        asked = f", and {seat} asks"
        raise NoLongerYours(item.id, item.epoch, _present(item), asked)
    require_epoch(item, epoch)
    if op not in ("", item.op):
        asked = " through another command than the one that asks"
        raise NoLongerYours(item.id, item.epoch, item.holder, asked)
