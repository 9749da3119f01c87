"""Feeds that are in no repository yet: entries laid over one that is."""

from collections.abc import Mapping

from fleetfeed.feed.objects import (
    PLAIN,
    SUBTREE,
    Entry,
    MalformedTree,
    object_id,
    raw,
    sort_key,
)
from fleetfeed.feed.seal_view import Store
from fleetfeed.feed.tree import FeedTree
from fleetfeed.util.records import record


@record
class OverlayStore:
    """Objects of our own laid over another store; nothing is written below."""

    below: Store
    trees: dict[str, tuple[Entry, ...]]
    blobs: dict[str, bytes]

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See Store."""
        own = self.trees.get(id_)
        return self.below.tree(id_) if own is None else own

    def blob(self, id_: str) -> bytes:
        """See Store."""
        own = self.blobs.get(id_)
        return self.below.blob(id_) if own is None else own

    def whole(self, id_: str) -> bytes:
        """See Store."""
        own = self.blobs.get(id_)
        return self.below.whole(id_) if own is None else own


def overlay(
    base: FeedTree,
    laid: Mapping[str, Entry | None],
    blobs: Mapping[str, bytes] | None = None,
) -> FeedTree:
    """`base` with the entry at each path of `laid` put there (None: taken away).

    `blobs` are bytes by id for entries that are in no store yet. Ids are those that
    git would give, so equal content has equal ids on both sides of a comparison.
    """
    store = OverlayStore(base.store, {}, dict(blobs or {}))
    size = len(base.root) // 2 if base.root else _size_of(laid)
    top = Entry("", SUBTREE, base.root) if base.root else None
    root = _laid(store, top, _nested(laid), size, base.folder)
    return FeedTree(store, root.id if root else None, base.folder)


def _size_of(laid: Mapping[str, Entry | None]) -> int:
    return next((len(entry.id) // 2 for entry in laid.values() if entry), 20)


_Nested = dict[str, "Entry | _Nested | None"]


def _nested(laid: Mapping[str, Entry | None]) -> _Nested:
    """`laid` by folder; where a file takes a folder's place, the file stays."""
    top: _Nested = {}
    for path, entry in sorted(laid.items(), key=_removals_first):
        *folders, name = path.split("/")
        level = top
        for folder in folders:
            below = level.get(folder)
            if not isinstance(below, dict):
                below = level[folder] = {}
            level = below
        if not isinstance(level.get(name), dict) or entry:
            level[name] = entry
    return top


def _removals_first(row: tuple[str, Entry | None]) -> bool:
    return row[1] is not None


def _laid(
    store: OverlayStore, base: Entry | None, nested: _Nested, size: int, path: str
) -> Entry | None:
    there = base if base and base.mode == SUBTREE else None
    try:
        # What is in the repository, and not `unsealed.rows`: a tree is made of it.
        below = {row.name: row for row in store.tree(there.id)} if there else {}
    except MalformedTree as error:
        raise error.at(path) from error
    for name, what in nested.items():
        new = (
            _laid(store, below.get(name), what, size, f"{path}/{name}")
            if isinstance(what, dict)
            else what
        )
        if new is None:
            below.pop(name, None)
        else:
            below[name] = new.named(name)
    if not below:
        # Nothing was below a file: it stays as it is.
        return base if base and base.mode != SUBTREE else None
    rows = tuple(sorted(below.values(), key=sort_key))
    id_ = object_id("tree", raw(rows), size)
    store.trees[id_] = rows
    return Entry("", SUBTREE, id_)


class NoStore:
    """A store that holds nothing, below trees that are made in memory."""

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """KeyError, always."""
        raise KeyError(id_)

    def blob(self, id_: str) -> bytes:
        """KeyError, always."""
        raise KeyError(id_)

    whole = blob


def with_files(base: FeedTree, files: Mapping[str, bytes | None]) -> FeedTree:
    """`base` with a plain file for each path; None takes away what lies there."""
    size = len(base.root) // 2 if base.root else 20
    laid, blobs = dict[str, Entry | None](), dict[str, bytes]()
    for path, data in files.items():
        laid[path] = None
        if data is not None:
            id_ = object_id("blob", data, size)
            laid[path], blobs[id_] = Entry("", PLAIN, id_), data
    return overlay(base, laid, blobs)


def from_files(files: Mapping[str, bytes], folder: str = "feed") -> FeedTree:
    """A feed of plain files by path, in memory."""
    return with_files(FeedTree(NoStore(), None, folder), files)
