"""Who has it, since when, and what to do: the answer to a claim that comes second."""

import math

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate, estimate
from fleetfeed.model.errors import Held
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item, step, unborn
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post
from fleetfeed.util.printable import shown


def held_item(feed: Snapshot, item: Item, seat: str, now: float | None) -> Held:
    """The answer where `seat` wants `item`, which somebody has in progress.

    `now`, in seconds of UTC, is what the lease is estimated by; None: it is not.
    """
    lease = _lease(feed, item, now)
    begun = since(feed, item)
    who = shown(item.who)
    if acts_as(seat, item.holder):
        said = f"{item.id} is held {_when(begun)} by your own seat {who}, in another"
        todo = f"`fleetfeed claim {item.id} --resume` takes it up and fences the other"
        said = f"{said} command; {todo}, `fleetfeed append {item.id} --state"
        said = f"{said} IN_PROGRESS` amends it"
    else:
        said = f"{item.id} is held {_when(begun)} by {who} (epoch {item.epoch}); wait,"
        said = f"{said} write a note (`fleetfeed note {item.id}`), or take another"
        said = f"{said} item; {_lapsed(item, lease)}"
    return Held(
        said,
        item=item.id,
        holder=item.who,
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
    who = shown(item.who) or "an unreadable post"
    said = f"{collision.surface} is held {_when(begun)} through {item.id} by"
    if acts_as(seat, item.who):
        resumed = " --resume" if item.holder else ""
        said = f"{said} your own seat {who}; go on with that (`fleetfeed claim"
        said = f"{said} {item.id}{resumed}`), or `fleetfeed park {item.id}`, which a"
        said = f"{said} claim does in one commit with `--park {item.id}`"
    else:
        said = f"{said} {who}; wait, write a note (`fleetfeed note {item.id}`), or"
        said = f"{said} yield yours to it (`fleetfeed yield … --to {item.id}`);"
        said = f"{said} {_lapsed(item, lease)}"
    return Held(
        said,
        item=item.id,
        holder=item.holder,
        epoch=item.epoch,
        since=begun,
        surface=collision.surface,
        lease_left=lease.left,
        findings=findings,
    )


def _lease(feed: Snapshot, item: Item, now: float | None) -> Estimate:
    if now is None or not item.active:
        return Estimate()
    return estimate(item, feed.posts(item.id), feed.rules, now)


def _lapsed(item: Item, lease: Estimate) -> str:
    """By the posts alone; the holder may have beaten since."""
    todo = f"`fleetfeed claim {item.id} --reason …` takes it over"
    if lease.over:
        return f"by its posts its {lease.words}: unless it beats, {todo}"
    if lease.left is not None and not math.isinf(lease.left):
        return f"once its lease has lapsed ({lease.words}), {todo}"
    return f"once its lease has lapsed, {todo}"


def _when(begun: str) -> str:
    return f"since {shown(begun)}" if begun else "since nobody says when"


def since(feed: Snapshot, item: Item, surface: str = "") -> str:
    """AT of the post with which `item` came to be held as it is; empty if unknown.

    With `surface`, of the post with which the item came to hold that, too.
    """

    def how(item: Item) -> tuple[bool, str, int, bool]:
        has = surface in map(str, item.held)
        return item.active, item.holder, item.epoch, has

    now, begun = unborn(item.id), ""
    for post in feed.posts(item.id):
        after = step(now, post)
        if how(now) != how(after) and isinstance(post, Post):
            begun = post.text("AT")
        now = after
    return begun
