"""The cache against the feed: what is kept, and what reading all of it gives."""

import errno
from collections.abc import Iterator

from fleetfeed.feed.shards import shards
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Summary
from fleetfeed.repo.cache_store import DiskCacheStore


def rebuilt(store: DiskCacheStore, feed: Snapshot) -> Summary:
    """The feed's summary made from nothing, and kept. OSError: it cannot be."""
    store.file.remove()
    made = Summary()
    whole = list(shards(feed.tree))
    for shard, summary in zip(whole, store.summarize(feed.tree, whole), strict=True):
        store.save(shard.path, shard.folder.id, summary)
        made |= summary
    if feed.tree.root:
        store.save("", feed.tree.root, made)
        if store.load("", feed.tree.root) is None:
            raise OSError(errno.EIO, "what was written is not there")
    return made


def differences(store: DiskCacheStore, feed: Snapshot) -> Iterator[str]:
    """Where cache and feed differ: shards by their paths, "" for all."""
    whole, made = list(shards(feed.tree)), Summary()
    for shard, summary in zip(whole, store.summarize(feed.tree, whole), strict=True):
        made |= summary
        known = store.load(shard.path, shard.folder.id)
        if known is not None and known.facts != summary.facts:
            yield shard.path
    if feed.summary.facts != made.facts:
        yield ""
