"""Sealed shards: what may be in one.

That no post is lost or altered by a seal is no rule of its own: a sealed shard is read
as the folder that it replaces, and what differs is an altered post (FF402, FF409).
"""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.shards import ItemEntries, Shard, item_entries
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import is_open
from fleetfeed.feed.tree_reader import read_posts
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.item import Item, fold
from fleetfeed.model.layout import SEALED, PostPath, SealPath, item_folder
from fleetfeed.util.printable import printable


def sealed_open(seal: SealPath, before: Snapshot, after: Snapshot) -> Iterator[Finding]:
    """FF413 for each item of a new sealed shard that is not over by what is sealed."""
    known, alive = _items(before, seal.shard), before.summary.open
    for id_, folder in _items(after, seal.shard).items():
        if not folder.sealed_in:
            continue
        name, over = str(id_), known.get(id_) == folder and str(id_) not in alive
        rows = after.tree.below(folder, item_folder(name))
        sealed = tuple(row for row in rows if row.sealed_in)
        if over and sealed == rows:
            continue  # what is sealed is all of an item that was over before
        item = fold(name, read_posts(after.tree, name, sealed))
        if is_open(item):
            yield _open(item, after.tree.display_path(seal.shard + SEALED))


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
