"""Sealed shards: what may be in one.

That no post is lost or altered by a seal is no rule of its own: a sealed shard is read
as the folder that it replaces, and what differs is an altered post (FF402, FF409).
"""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.shards import ItemEntries, Shard, item_entries
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import is_open
from fleetfeed.feed.tree_reader import is_all_sealed, read_sealed
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.item import Item
from fleetfeed.model.layout import SEALED, PostPath, SealPath
from fleetfeed.util.printable import printable


def sealed_open(seal: SealPath, before: Snapshot, after: Snapshot) -> Iterator[Finding]:
    """FF413 for each item of a new sealed shard that is not over by what is sealed."""
    known = _over(before, seal.shard)
    for id_, folder in _items(after, seal.shard).items():
        if not folder.sealed_in:
            continue
        whole = known.get(id_) == folder and is_all_sealed(after.tree, str(id_), folder)
        item = None if whole else read_sealed(after.tree, str(id_), folder)
        if item and is_open(item):
            yield _open(item, after.tree.display_path(seal.shard + SEALED))


def _over(feed: Snapshot, shard: str) -> ItemEntries:
    """The items of a shard that are over in `feed`, by its summary."""
    there, alive = _items(feed, shard), feed.summary.open
    return {id_: each for id_, each in there.items() if str(id_) not in alive}


def _items(feed: Snapshot, shard: str) -> ItemEntries:
    folder = feed.tree.entry(shard)
    return item_entries(feed.tree, Shard(shard, folder)) if folder else {}


def _open(item: Item, path: str) -> Finding:
    state = item.state.value if item.state and not item.unreadable else "unreadable"
    who = printable(item.contact) or "nobody"
    message = f"{item.id} of {who} is {state} by what is sealed"
    todo = "leave the shard as it is until all of it is over"
    return finding("FF413", Place(path), f"{message}; {todo}", item=item.id)


def sealed_new(changed: Iterable[Change]) -> Iterator[Change]:
    """The posts that come in a sealed shard, and were in no feed before it."""
    for change in changed:
        sealed = change.new and change.new.sealed_in and not change.malformed
        if sealed and isinstance(change.kind, PostPath) and not any(change.olds):
            yield change
