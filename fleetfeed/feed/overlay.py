"""Feeds that are in no repository yet: entries laid over one that is."""

from collections.abc import Iterable, Mapping

from fleetfeed.feed.objects import (
    PLAIN,
    SUBTREE,
    Entry,
    MalformedTree,
    object_id,
    raw,
    sort_key,
)
from fleetfeed.feed.seal_view import Rows, Store
from fleetfeed.feed.tree import FeedTree


class OverlayStore:
    """Objects of our own over another store; nothing is written below."""

    def __init__(self, below: Store, trees: dict[str, Rows], blobs: dict[str, bytes]):
        """`trees` and `blobs` are our own, by id; `overlay` adds trees."""
        self.below, self.trees, self.blobs = below, trees, blobs

    def tree(self, id_: str) -> Rows:
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

    def expect(self, ids: Iterable[str]) -> None:
        """See Store."""
        others = (id_ for id_ in ids if id_ not in self.trees)
        self.below.expect(id_ for id_ in others if id_ not in self.blobs)


def overlay(
    base: FeedTree,
    entries: Mapping[str, Entry | None],
    blobs: dict[str, bytes] | None = None,
) -> FeedTree:
    """`base` with each of `entries` put at its path (None: taken away).

    `blobs` are bytes by id for entries that are in no store yet. Ids are those that
    git would give, so equal content has equal ids on both sides of a comparison.
    """
    store = OverlayStore(base.store, {}, blobs or {})
    known = base.root or next((entry.id for entry in entries.values() if entry), "")
    size = len(known) // 2 or 20
    root = _overlaid(store, base.top, _nested(entries), size, base.folder)
    return FeedTree(store, root.id if root else None, base.folder)


def unwritten(tree: FeedTree) -> dict[str, tuple[str, bytes]]:
    """What an overlay has of its own, by id: a kind of object, and its bytes."""
    if not isinstance(tree.store, OverlayStore):
        raise TypeError(tree.store)
    found = {id_: ("blob", data) for id_, data in tree.store.blobs.items()}
    found |= {id_: ("tree", raw(rows)) for id_, rows in tree.store.trees.items()}
    return found


_Nested = dict[str, "Entry | _Nested | None"]


def _nested(entries: Mapping[str, Entry | None]) -> _Nested:
    """`entries` by folder; where a file takes a folder's place, the file stays."""
    top: _Nested = {}
    removals_first = sorted(entries.items(), key=lambda row: row[1] is not None)
    for path, entry in removals_first:
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


def _overlaid(
    store: OverlayStore, base: Entry | None, nested: _Nested, size: int, path: str
) -> Entry | None:
    folder = base if base and base.mode == SUBTREE else None
    try:
        # What is in the repository, and not `seal_view.rows`: a tree is made of it.
        below = {row.name: row for row in store.tree(folder.id)} if folder else {}
    except MalformedTree as error:
        raise error.at(path) from error
    for name, what in nested.items():
        new = what
        if isinstance(new, dict):
            new = _overlaid(store, below.get(name), new, size, f"{path}/{name}")
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

    def expect(self, ids: Iterable[str]) -> None:
        """Nothing."""


def with_files(base: FeedTree, files: Mapping[str, bytes | None]) -> FeedTree:
    """`base` with a plain file for each path; None takes away what lies there."""
    size = len(base.root) // 2 if base.root else 20
    entries, blobs = dict[str, Entry | None](), dict[str, bytes]()
    for path, data in files.items():
        entries[path] = None
        if data is not None:
            id_ = object_id("blob", data, size)
            entries[path], blobs[id_] = Entry("", PLAIN, id_), data
    return overlay(base, entries, blobs)


def from_files(files: Mapping[str, bytes], folder: str = "feed") -> FeedTree:
    """A feed of plain files by path, in memory."""
    return with_files(FeedTree(NoStore(), None, folder), files)
