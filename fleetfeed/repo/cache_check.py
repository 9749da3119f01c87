"""The memo against the feed: what is remembered, and what reading all of it gives."""

import errno
from collections.abc import Iterator

from fleetfeed.feed.shards import shards
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Summary
from fleetfeed.repo.cache_store import Index


def rebuilt(index: Index, feed: Snapshot) -> Summary:
    """The feed's summary made from nothing, and remembered. OSError: it cannot be."""
    index.file.remove()
    made = Summary()
    whole = list(shards(feed.tree))
    for shard, summary in zip(whole, index.sum_up(feed.tree, whole), strict=True):
        index.keep(shard.path, shard.folder.id, summary)
        made |= summary
    if feed.tree.root:
        index.keep("", feed.tree.root, made)
        if index.recall("", feed.tree.root) is None:
            raise OSError(errno.EIO, "what was written is not there")
    return made


def differences(index: Index, feed: Snapshot) -> Iterator[str]:
    """What the memo has otherwise than the feed: shards by their paths, "" for all."""
    whole, made = list(shards(feed.tree)), Summary()
    for shard, summary in zip(whole, index.sum_up(feed.tree, whole), strict=True):
        made |= summary
        known = index.recall(shard.path, shard.folder.id)
        if known is not None and known.facts != summary.facts:
            yield shard.path
    if feed.summary.facts != made.facts:
        yield ""
