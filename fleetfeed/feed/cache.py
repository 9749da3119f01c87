"""What is remembered of trees by their ids, so that nothing is read twice.

A tree's id tells all that is in it, so what was once made out of it stays true: after a
rebase, on another branch, in another process. A feed's summary is taken from the cache,
or follows from that of another feed and the items that differ, or is made from nothing,
shard by shard. `CacheStore` is what outlives the process; it may forget, or be lost,
and then it costs time and nothing else.

A hook comes here through `Snapshot.summary`; `Repo.cache` is its cache, and where it is
kept. Only a commit's feed is, since what is judged may never land.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from fleetfeed.feed.objects import SUBTREE, Entry
from fleetfeed.feed.shards import (
    Differing,
    ItemEntries,
    Shard,
    differing,
    item_entries,
    shards,
)
from fleetfeed.feed.summary import Summary, SummaryRow
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_reader import read_item, read_posts, together
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.item import Item, history
from fleetfeed.model.names import ItemId
from fleetfeed.util.records import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar

    Made = TypeVar("Made")
    Memory = TypeVar("Memory")
    Key = TypeVar("Key")
    Value = TypeVar("Value")

    from fleetfeed.feed.snapshot import PolicyReading
else:  # `typing` takes 2 ms to import
    Protocol = object

FEW = 50
"""Items that differ before another way is looked for than to read them alone.

To read one takes 0.3 ms; to look what other feeds and shards are kept takes 2 to 6.
"""

_A_PART = 0.25
"""Which part of a shard's items differ before all of it is read, and kept by itself."""

WORTH_KEEPING = 16
"""Items and posts that had to be read before a summary is kept for the next command.

Reading so many takes 1 ms; to keep a summary takes 1, and 4 where a thousand are open.
"""

_SMALL = 4
"""Shards whose items' names are read at once: a thousand of them take 1 ms."""

_LONG = 8
"""Posts of an item before it is worth while to go on from its last state."""

_FEEDS, _ITEMS = 8, 10_000
"""How many feeds and items are remembered in this process: it may run for days."""


@record
class _Known:
    """A feed, its summary, and what that took since one was kept: items and posts."""

    tree: FeedTree
    summary: Summary
    cost: int


class _Way:
    """From a feed that is known to another: the shards that differ."""

    def __init__(self, base: _Known, tree: FeedTree) -> None:
        """CannotTell where a tree of either is not there."""
        self.base, self.differ = base, tuple(differing(base.tree, tree))

    def __len__(self) -> int:
        """How many items differ."""
        return sum(len(each.ids) for each in self.differ)


class TextStore(Protocol):
    """Where texts about trees outlive a process."""

    def load_text(self, path: str, id_: str) -> str | None:
        """The text of the tree `id_` at `path`."""

    def newest_texts(self, path: str) -> Iterable[tuple[str, str]]:
        """Trees' ids and their texts, of those at `path` the newest first."""

    def save_text(self, path: str, id_: str, text: str) -> None:
        """Remember a text, if that can be done."""

    def each_shard(
        self,
        make: "Callable[[FeedTree, Shard], Made]",
        tree: FeedTree,
        shards: Sequence[Shard],
    ) -> "Iterator[Made]":
        """What `make` makes of each of `shards`, in their order."""


class CacheStore(TextStore, Protocol):
    """Where summaries outlive a process."""

    def load(self, path: str, id_: str) -> Summary | None:
        """The summary of the tree `id_` at `path`: a shard's, or "" for a feed's."""

    def newest(self) -> Iterable[tuple[str, Summary]]:
        """Feeds to go on from: a tree's id and its summary, the newest first."""

    def save(self, path: str, id_: str, summary: Summary) -> None:
        """Remember a summary, if that can be done."""

    def summarize(self, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
        """The summaries of `shards`, in their order, read from nothing."""


class NoCacheStore:
    """Nothing outlives the process."""

    def load(self, path: str, id_: str) -> Summary | None:
        """None."""

    def newest(self) -> Iterable[tuple[str, Summary]]:
        """None."""
        return ()

    def save(self, path: str, id_: str, summary: Summary) -> None:
        """Nothing."""

    def summarize(self, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
        """See CacheStore."""
        return (summarize(tree, shard) for shard in shards)

    def load_text(self, path: str, id_: str) -> str | None:
        """None."""

    def newest_texts(self, path: str) -> Iterable[tuple[str, str]]:
        """None."""
        del path
        return ()

    def save_text(self, path: str, id_: str, text: str) -> None:
        """Nothing."""

    def each_shard(
        self,
        make: "Callable[[FeedTree, Shard], Made]",
        tree: FeedTree,
        shards: Sequence[Shard],
    ) -> "Iterator[Made]":
        """See TextStore."""
        return (make(tree, shard) for shard in shards)


def summarize(tree: FeedTree, shard: Shard) -> Summary:
    """The summary of one shard of `tree`, read from nothing."""
    there = item_entries(tree, shard)
    folders = _folders(there)
    items = {id_: read_item(tree, id_, each) for id_, each in together(tree, folders)}
    return Summary.of(_rows(there, items))


def _folders(there: ItemEntries) -> dict[str, Entry]:
    """Those of what stands where items would that are folders."""
    return {str(id_): each for id_, each in there.items() if each.mode == SUBTREE}


def _rows(there: ItemEntries, items: Mapping[str, Item | None]) -> Iterator[SummaryRow]:
    """A row for each that stands there, with its item where it is one."""
    for id_, each in there.items():
        yield SummaryRow(id_, items.get(str(id_)), each.id)


class Cache:
    """What is known of a repository's trees: in this process, and in a store.

    Any number of threads may use one without a store.
    """

    def __init__(self, store: CacheStore | None = None) -> None:
        """Without `store` nothing outlives the process."""
        self._store = store or NoCacheStore()
        self._feeds: dict[str, _Known] = {}
        self._latest: _Known | None = None
        self._items: dict[tuple[str, str], Item] = {}
        self._memories: dict[object, Any] = {}
        self.policies: dict[tuple[str, str], PolicyReading] = {}
        """What was read of policies (`feed.snapshot`), by their paths and ids."""
        self._posts_read = 0

    def item(self, tree: FeedTree, id_: str, folder: Entry) -> Item:
        """The item `id_` of `tree`, whose posts lie in `folder`."""
        return self._at_hand(tree, id_, folder) or self._read(tree, id_, folder)

    def _at_hand(self, tree: FeedTree, id_: str, folder: Entry) -> Item | None:
        """The item as it is remembered, or follows from that."""
        found = self._items.get((id_, folder.id))
        if found is None and (known := self._known(tree, id_, folder)):
            return self._remembered(folder, known)
        return found

    def _remembered(self, folder: Entry, item: Item) -> Item:
        put_bounded(self._items, (item.id, folder.id), item, _ITEMS)
        return item

    def _read(self, tree: FeedTree, id_: str, folder: Entry) -> Item:
        item = read_item(tree, id_, folder)
        self._posts_read += item.newest
        return self._remembered(folder, item)

    def _known(self, tree: FeedTree, id_: str, folder: Entry) -> Item | None:
        """The item, by the summary that this process used last, if that tells."""
        latest = self._latest
        row = latest.summary.open.get(id_) if latest else None
        if latest is None or row is None:
            return None
        item = row.item
        if row.tree == folder.id:
            return item
        if item.newest <= _LONG:
            return None
        return _continued(item, latest.tree, tree, folder)

    def memory(self, make: "Callable[[CacheStore], Memory]") -> "Memory":
        """What is remembered besides summaries: made over the store, and once."""
        if make not in self._memories:
            self._memories[make] = make(self._store)
        found: Memory = self._memories[make]
        return found

    def summary(self, tree: FeedTree, *, lasting: bool) -> Summary:
        """The summary of `tree`; it may be kept where the tree is there to stay."""
        if tree.root is None:
            return Summary()
        known = self._feeds.get(tree.root) or self._loaded(tree, tree.root)
        if known is None:
            known = self._computed(tree, lasting=lasting)
        if lasting and known.cost >= WORTH_KEEPING:
            self._store.save("", tree.root, known.summary)
            known = replace(known, cost=0)
        put_bounded(self._feeds, tree.root, known, _FEEDS)
        self._latest = known
        return known.summary

    def at_hand(self, tree: FeedTree) -> Summary:
        """The summary of `tree` as far as it is quickly had; nothing is kept.

        Where more than `FEW` items would have to be read, it is that of the feed that
        was kept last, and empty where none was.
        """
        if tree.root is None:
            return Summary()
        known = self._loaded(tree, tree.root)
        if known:
            return known.summary
        base = next(iter(self._bases(tree)), None)
        if base is None:
            if len(tuple(islice(shards(tree), _SMALL + 1))) > _SMALL:
                return Summary()
            base = _Known(FeedTree(tree.store, None, tree.folder), Summary(), 0)
        try:
            way = _Way(base, tree)
        except CannotTell:
            return base.summary
        if len(way) > FEW:
            return base.summary
        return self._computed_from(way, tree, keep=False).summary

    def _loaded(self, tree: FeedTree, root: str) -> _Known | None:
        found = self._store.load("", root)
        return _Known(tree, found, 0) if found else None

    def _computed(self, tree: FeedTree, *, lasting: bool) -> _Known:
        """The summary of `tree`, which nobody remembers."""
        nothing = _Known(FeedTree(tree.store, None, tree.folder), Summary(), 0)
        ways = tuple(self._ways(tree)) or (_Way(nothing, tree),)
        way = min(ways, key=len)
        self._latest = way.base
        return self._computed_from(way, tree, keep=lasting)

    def _ways(self, tree: FeedTree) -> Iterator[_Way]:
        """The ways to `tree` from what is known, until one is short.

        Linked worktrees share what is kept, and each may have drafts of its own.
        """
        for base in self._bases(tree):
            try:
                way = _Way(base, tree)
            except CannotTell:
                continue  # what is remembered may be gone
            yield way
            if len(way) <= FEW:
                return

    def _bases(self, tree: FeedTree) -> Iterator[_Known]:
        """Feeds to go on from."""
        if self._latest:
            yield self._latest
        for root, known in self._store.newest():
            yield _Known(FeedTree(tree.store, root, tree.folder), known, 0)

    def _computed_from(self, way: _Way, tree: FeedTree, *, keep: bool) -> _Known:
        """The summary of `tree`, by what differs from another feed."""
        gone, new, whole = list[ItemId](), list[SummaryRow](), list[Shard]()
        cost, posts_read = way.base.cost, self._posts_read
        for each in way.differ:
            cost += _cost(each)
            if each.shard and len(each.ids) > max(FEW, _A_PART * len(each.rows)):
                whole.append(each.shard)
                gone += each.all
                continue
            gone += each.was
            new += _rows(each.now, self._read_now(tree, each.now))
        made = way.base.summary.changed(gone, new)
        for summary in self._whole(tree, whole, keep=keep):
            made |= summary
        return _Known(tree, made, cost + self._posts_read - posts_read)

    def _read_now(self, tree: FeedTree, there: ItemEntries) -> dict[str, Item | None]:
        """The items that stand there in `tree`; what is not known is read together."""
        folders = _folders(there)
        found = {id_: self._at_hand(tree, id_, each) for id_, each in folders.items()}
        unread = {id_: folders[id_] for id_, item in found.items() if item is None}
        for id_, each in together(tree, unread):
            found[id_] = self._read(tree, id_, each)
        return found

    def _whole(
        self, tree: FeedTree, shards: Sequence[Shard], *, keep: bool
    ) -> Iterator[Summary]:
        """The summaries of whole shards: remembered, or made (and then remembered)."""
        missing = []
        for shard in shards:
            known = self._store.load(shard.path, shard.folder.id)
            if known is None:
                missing.append(shard)
            else:
                yield known
        for shard, made in zip(
            missing, self._store.summarize(tree, missing), strict=True
        ):
            if keep:
                self._store.save(shard.path, shard.folder.id, made)
            yield made


def put_bounded(
    store: "dict[Key, Value]", key: "Key", value: "Value", most: int
) -> None:
    """Put `value` into `store`; a full one is begun anew."""
    if len(store) >= most:
        store.clear()
    store[key] = value


def _cost(differ: Differing) -> int:
    """What it took to compare a shard: a sealed one is read whole."""
    sealed = differ.shard is not None and bool(differ.shard.folder.sealed_in)
    return len(differ.ids) + (WORTH_KEEPING if sealed else 0)


def _continued(
    item: Item, before: FeedTree, tree: FeedTree, folder: Entry
) -> Item | None:
    """`item`, as it is in the feed `before`, with what `folder` of `tree` has more.

    None where the one does not go on from the other.
    """
    path = layout.item_folder(item.id)
    try:
        olds = frozenset(before.names(path))
    except CannotTell:
        return None
    rows = tree.below(folder, path)
    more = tuple(row for row in rows if row not in olds)
    posts = read_posts(tree, item.id, more)
    if len(more) + len(olds) != len(rows) or not posts:
        return None
    if posts[0].number <= item.newest:
        return None
    *_, (_, _, now) = history(item, posts)
    return now
