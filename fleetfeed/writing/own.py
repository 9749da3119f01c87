"""A command's own posts, found on the feed by their OP."""

from collections.abc import Iterator

from fleetfeed.feed.diff import changes
from fleetfeed.feed.objects import PLAIN
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model.post import Note, Post


def written(
    feed: Snapshot, op: str, since: FeedTree | None = None
) -> tuple[Post | Note, ...]:
    """The posts and notes in `feed` that carry `op`, in the order of their paths.

    With `since`, an earlier tree of the same feed, only what was added after it.
    """
    before = since or FeedTree(feed.tree.store, None, feed.tree.folder)
    return tuple(_with(feed, op, before))


def _with(feed: Snapshot, op: str, before: FeedTree) -> Iterator[Post | Note]:
    wanted = op.encode()
    for change in changes(before, feed.tree):
        if not change.new or change.new.mode != PLAIN:
            continue
        # Most posts are another's: their bytes say so, and need not be parsed.
        data = feed.tree.content(change.new, change.path)
        found = feed.said(change.path) if wanted in data else None
        if isinstance(found, Post | Note) and found.fields.get("OP") == op:
            yield found
