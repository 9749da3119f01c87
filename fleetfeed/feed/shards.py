"""Where items stand in a feed: its shards, and the items in them, by names and ids."""

from collections.abc import Iterable, Iterator, Mapping

from fleetfeed.feed.objects import SUBTREE, Entry
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model import layout, names
from fleetfeed.model.names import ItemId
from fleetfeed.util.records import record

ItemEntries = Mapping[ItemId, Entry]
"""What stands where an item's folder would, be it a folder or not."""


@record
class Shard:
    """A shard of a feed: its path, and its folder."""

    path: str
    folder: Entry


@record
class Differing:
    """A shard at `path` that differs: which items do, what was there, and what is.

    `shard` is the new one, None where it is gone; `rows` is all that the old one had.
    """

    path: str
    shard: Shard | None
    rows: tuple[Entry, ...]
    was: ItemEntries
    now: ItemEntries

    @property
    def ids(self) -> frozenset[ItemId]:
        """The items that differ."""
        return frozenset((*self.was, *self.now))

    @property
    def all(self) -> ItemEntries:
        """All items of the old shard."""
        return _items(self.path, self.rows)


def shards(tree: FeedTree, prefix: str | None = None) -> Iterator[Shard]:
    """The shards of a feed, or of one prefix."""
    for above in tree.names():
        if names.PREFIX.fullmatch(above.name) and prefix in (None, above.name):
            for folder in tree.below(above, above.name):
                path = f"{above.name}/{folder.name}"
                if folder.mode == SUBTREE and not layout.misplaced_folder(path):
                    yield Shard(path, folder)


def item_entries(tree: FeedTree, shard: Shard) -> ItemEntries:
    """The items of a shard."""
    return _items(shard.path, tree.below(shard.folder, shard.path))


def _items(path: str, rows: Iterable[Entry]) -> ItemEntries:
    found = {}
    for entry in rows:
        known = names.parse(entry.name)
        if known and layout.shard_folder(known) == path:
            found[known] = entry
    return found


def differing(before: FeedTree, after: FeedTree) -> Iterator[Differing]:
    """The shards that differ, found by comparing ids from the top."""
    olds, news = _prefixes(before), _prefixes(after)
    for prefix in sorted(olds.keys() | news.keys()):
        if olds.get(prefix) != news.get(prefix):
            was, now = _by_path(before, prefix), _by_path(after, prefix)
            for path in sorted(was.keys() | now.keys()):
                if was.get(path) != now.get(path):
                    yield _differ(before, after, path, was.get(path), now.get(path))


def _by_path(tree: FeedTree, prefix: str) -> dict[str, Entry]:
    return {shard.path: shard.folder for shard in shards(tree, prefix)}


def _differ(
    before: FeedTree, after: FeedTree, path: str, was: Entry | None, now: Entry | None
) -> Differing:
    olds, news = before.below(was, path), after.below(now, path)
    # Of a thousand items few differ: the others' names are not looked at.
    alike = frozenset(olds).intersection(news)
    return Differing(
        path,
        Shard(path, now) if now else None,
        olds,
        _items(path, (row for row in olds if row not in alike)),
        _items(path, (row for row in news if row not in alike)),
    )


def _prefixes(tree: FeedTree) -> dict[str, Entry]:
    return {row.name: row for row in tree.names() if names.PREFIX.fullmatch(row.name)}
