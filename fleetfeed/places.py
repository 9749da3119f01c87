"""Where items stand in a feed: its shards, and the items in them, by names and ids."""

from collections.abc import Iterator, Mapping

from fleetfeed import itemid, layout
from fleetfeed.itemid import ItemId
from fleetfeed.record import record
from fleetfeed.tree import FOLDER, Entry, FeedTree

Places = Mapping[ItemId, Entry]
"""What stands in items' places, be it a folder or not."""


@record
class Shard:
    """A shard of a feed: its path, and its folder."""

    path: str
    folder: Entry


@record
class Differing:
    """A shard that differs: what stood in its items' places, and what stands there.

    `shard` is the new one, None where it is gone.
    """

    shard: Shard | None
    was: Places
    now: Places

    @property
    def ids(self) -> frozenset[ItemId]:
        """The items that differ."""
        return frozenset(id_ for id_, _ in self.was.items() ^ self.now.items())


def shards(tree: FeedTree, prefix: str | None = None) -> Iterator[Shard]:
    """The shards of a feed, or of one prefix."""
    for above in tree.names():
        if itemid.PREFIX.fullmatch(above.name) and prefix in (None, above.name):
            for folder in _below(tree, above, above.name):
                path = f"{above.name}/{folder.name}"
                if folder.mode == FOLDER and not layout.stray_folder(path):
                    yield Shard(path, folder)


def places(tree: FeedTree, shard: Shard) -> Places:
    """What stands in the places of the shard's items."""
    found = {}
    for entry in tree.below(shard.folder, shard.path):
        known = itemid.parse(entry.name)
        if known and layout.shard_folder(known) == shard.path:
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
    new = Shard(path, now) if now else None
    return Differing(
        new,
        places(before, Shard(path, was)) if was else {},
        places(after, new) if new else {},
    )


def _prefixes(tree: FeedTree) -> dict[str, Entry]:
    return {row.name: row for row in tree.names() if itemid.PREFIX.fullmatch(row.name)}


def _below(tree: FeedTree, entry: Entry, path: str) -> tuple[Entry, ...]:
    return tree.below(entry, path) if entry.mode == FOLDER else ()
