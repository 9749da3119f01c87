"""Who has it, since when, and what to do: the answer to a claim that comes second."""

import math

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate, estimate
from fleetfeed.model.errors import Held
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item, history
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post
from fleetfeed.util.printable import printable


def held_item(feed: Snapshot, item: Item, seat: str, now: float | None) -> Held:
    """The answer where `seat` wants `item`, which somebody has in progress.

    `now`, in seconds of UTC, is what the lease is estimated by; None: it is not.
    """
    lease = _lease(feed, item, now)
    begun = since(feed, item)
    who = printable(item.contact)
    if acts_as(seat, item.holder):
        todo = (
            f"by your own seat {who}, in another command; `fleetfeed claim {item.id}"
            f" --resume` takes it up and fences the other, `fleetfeed append {item.id}"
            " --state IN_PROGRESS` amends it"
        )
    else:
        todo = (
            f"by {who} (epoch {item.epoch}); wait, write a note (`fleetfeed note"
            f" {item.id}`), or take another item; {_lapsed(item, lease)}"
        )
    return Held(
        f"{item.id} is held {_when(begun)} {todo}",
        item=item.id,
        holder=item.contact,
        epoch=item.epoch,
        since=begun,
        lease_left=lease.left,
    )


def held_surface(
    feed: Snapshot,
    findings: tuple[Finding, ...],
    collision: Finding,
    seat: str,
    now: float | None,
) -> Held:
    """The answer where `seat` wants a surface that another item holds (FF401).

    `now` is as in `held_item`.
    """
    item = feed.item(collision.item)
    lease = _lease(feed, item, now)
    begun = since(feed, item, collision.surface)
    who = printable(item.contact) or "an unreadable post"
    what = printable(_as_written(item, collision.surface))
    if acts_as(seat, item.contact):
        resumed = " --resume" if item.holder else ""
        todo = (
            f"your own seat {who}; go on with that (`fleetfeed claim {item.id}{resumed}"
            f"`), or `fleetfeed park {item.id}`, which a claim does in one commit with"
            f" `--park {item.id}`"
        )
    else:
        todo = (
            f"{who}; wait, write a note (`fleetfeed note {item.id}`), or yield yours to"
            f" it (`fleetfeed yield … --to {item.id}`); {_lapsed(item, lease)}"
        )
    return Held(
        f"{what} is held {_when(begun)} through {item.id} by {todo}",
        item=item.id,
        holder=item.holder,
        epoch=item.epoch,
        since=begun,
        surface=collision.surface,
        lease_left=lease.left,
        findings=findings,
    )


def _as_written(item: Item, surface: str) -> str:
    """The held surface of that normalised key as its post has it."""
    return next((key.text for key in item.held if str(key) == surface), surface)


def _lease(feed: Snapshot, item: Item, now: float | None) -> Estimate:
    if now is None or not item.active:
        return Estimate()
    return estimate(item, feed.rules, now)


def _lapsed(item: Item, lease: Estimate) -> str:
    """By the posts alone; the holder may have beaten since."""
    todo = f"`fleetfeed claim {item.id} --reason …` takes it over"
    if lease.over:
        return f"by its posts its {lease.words}: unless it beats, {todo}"
    if lease.left is not None and not math.isinf(lease.left):
        return f"once its lease has lapsed ({lease.words}), {todo}"
    return f"once its lease has lapsed, {todo}"


def _when(begun: str) -> str:
    return f"since {printable(begun)}" if begun else "since nobody says when"


def since(feed: Snapshot, item: Item, surface: str = "") -> str:
    """AT of the post with which `item` came to be held as it is; empty if unknown.

    With `surface`, of the post with which the item came to hold that, too.
    """

    def how(item: Item) -> tuple[bool, str, int, bool]:
        has = surface in map(str, item.held)
        return item.active, item.holder, item.epoch, has

    begun = ""
    for before, post, after in history(Item(item.id), feed.posts(item.id)):
        if how(before) != how(after) and isinstance(post, Post):
            begun = post.text("AT")
    return begun
