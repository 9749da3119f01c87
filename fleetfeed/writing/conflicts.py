"""Who has it, since when, and what to do: the answer to a claim that comes second."""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.advice import Asker, next_step
from fleetfeed.lease.estimate import Estimate, lease_in
from fleetfeed.model.errors import Held
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item, history
from fleetfeed.model.layout import PostPath, classify
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post, State
from fleetfeed.model.surface import SurfaceKey
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
        todo = _todo(feed, item, Asker(seat, feed.rules), lease)
        todo = f"by {who} (epoch {item.epoch}); {todo}"
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
    what = printable(collision.surface)
    if acts_as(seat, item.contact):
        who = f"your own seat {who}"
    elif item.state is State.AWAITING_CLAIM:
        who = f"{printable(item.filer)}, who filed it"
    asker = Asker(seat, feed.rules, _of_theirs(feed, collision))
    todo = _todo(feed, item, asker, lease)
    held = f"{what} is held {_when(begun)} through {item.id}"
    return Held(
        f"{held} by {who}; {todo}",
        item=item.id,
        holder=item.holder,
        epoch=item.epoch,
        since=begun,
        surface=collision.surface,
        lease_left=lease.left,
        findings=findings,
    )


def _of_theirs(feed: Snapshot, collision: Finding) -> str:
    """The item that was to have the surface, where the feed has it."""
    post = classify(collision.place.path.removeprefix(f"{feed.tree.folder}/"))
    item = post.item if isinstance(post, PostPath) else ""
    return item if item and feed.item(item).newest else ""


def _todo(feed: Snapshot, item: Item, asker: Asker, lease: Estimate) -> str:
    known = lease.left is not None
    return next_step(feed, item, asker, lease.words if known else "", over=lease.over)


def _lease(feed: Snapshot, item: Item, now: float | None) -> Estimate:
    if now is None or not item.active:
        return Estimate()
    return lease_in(feed, item, now)


def _when(begun: str) -> str:
    return f"since {printable(begun)}" if begun else "since nobody says when"


def since(feed: Snapshot, item: Item, surface: str = "") -> str:
    """AT of the post with which `item` came to be held as it is; empty if unknown.

    With `surface`, of the post with which the item came to hold that, too.
    """

    def how(item: Item) -> tuple[bool, str, int, bool]:
        has = SurfaceKey.of(surface) in item.held
        return item.active, item.holder, item.epoch, has

    begun = ""
    for before, post, after in history(Item(item.id), feed.posts(item.id)):
        if how(before) != how(after) and isinstance(post, Post):
            begun = post.text("AT")
    return begun
