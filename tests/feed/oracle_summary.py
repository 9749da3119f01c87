"""What a feed holds, found out slowly: every item is read, and nothing is remembered."""

from collections import Counter
from dataclasses import dataclass

from feed import oracle_near

from fleetfeed.feed.objects import SUBTREE
from fleetfeed.feed.surface_index import Holders
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_reader import read_item
from fleetfeed.model import layout, names
from fleetfeed.model.item import Item
from fleetfeed.model.names import ItemId
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey

AT_REST = (State.BLOCKED, State.PARKED)


@dataclass
class Plain:
    """All items of a feed by id, with their folders' ids; and each number taken."""

    items: dict[str, tuple[str, Item]]
    taken: set[ItemId]

    @classmethod
    def of(cls, tree: FeedTree) -> "Plain":
        """Read all of `tree`."""
        found = cls({}, set())
        for prefix in tree.names():
            if not names.PREFIX.fullmatch(prefix.name) or prefix.mode != SUBTREE:
                continue
            for shard in tree.names(prefix.name):
                if shard.mode == SUBTREE:
                    found._shard(tree, f"{prefix.name}/{shard.name}")
        return found

    def _shard(self, tree: FeedTree, path: str) -> None:
        for entry in tree.names(path):
            known = names.parse(entry.name)
            if known and layout.item_folder(str(known)) == f"{path}/{entry.name}":
                self.taken.add(known)
                if entry.mode == SUBTREE:
                    item = read_item(tree, str(known), entry)
                    self.items[str(known)] = entry.id, item

    @property
    def open(self) -> dict[str, tuple[str, Item]]:
        """The items that are not over, or unreadable, or hold something."""
        return {
            id_: (folder, item)
            for id_, (folder, item) in self.items.items()
            if item.newest and (not _over(item) or item.held)
        }

    @property
    def held(self) -> list[tuple[str, SurfaceKey]]:
        """Each surface that is held, and by which item."""
        return [
            (id_, key) for id_, (_, item) in self.items.items() for key in item.held
        ]

    @property
    def resting(self) -> list[tuple[str, SurfaceKey]]:
        """Each surface that an item at rest has, and which item."""
        rows = ((i, item) for i, (_, item) in self.items.items())
        rests = ((i, item) for i, item in rows if item.state in AT_REST)
        return [(i, k) for i, item in rests for k in item.keys if _named(k, item)]

    def numbers(self, prefix: str) -> list[int]:
        """The numbers of a prefix, ascending."""
        return sorted(id_.number for id_ in self.taken if id_.prefix == prefix)

    def highest(self, prefix: str) -> int:
        """The highest number of an item that is there."""
        there = (names.parse(i) for i, (_, item) in self.items.items() if item.newest)
        return max((i.number for i in there if i and i.prefix == prefix), default=0)


def _named(key: SurfaceKey, item: Item) -> bool:
    return len(key.parts) > 2 and key not in item.held


def _over(item: Item) -> bool:
    return item.state is not None and item.state.terminal and not item.unreadable


def compare_whole(feed, plain):
    """Assert that what is said of the snapshot `feed` as a whole is what `plain` says."""
    summary = feed.summary
    assert {i: (row.tree, row.item) for i, row in summary.open.items()} == plain.open
    assert _count((h.item, h.key) for h in summary.holds) == _count(plain.held)
    assert _count((h.item, h.key) for h in summary.resting) == _count(plain.resting)
    prefixes = {id_.prefix for id_ in plain.taken}
    assert set(summary.taken) == prefixes
    for prefix in prefixes | {"NONE"}:
        assert list(feed.numbers(prefix)) == plain.numbers(prefix)


def compare(feed, plain, keys=()):
    """Assert that the snapshot `feed` answers as `plain` does."""
    compare_whole(feed, plain)
    assert {item.id: item for item in feed.open} == {
        i: item for i, (_, item) in plain.open.items()
    }
    order = [names.in_order(item.id) for item in feed.open]
    assert order == sorted(order)
    for prefix in {id_.prefix for id_ in plain.taken} | {"NONE"}:
        assert feed.highest(prefix) == plain.highest(prefix)
    for id_, (_, item) in plain.items.items():
        assert feed.item(id_) == item
    compare_holds(feed.holders, plain, keys)
    compare_near(feed.neighbours, plain, keys)


def compare_near(neighbours, plain, keys):
    """Assert that what is near each of `keys` is what looking at each pair says."""
    for key in keys:
        found = neighbours.near([key])
        rows = oracle_near.near(plain.held, plain.resting, [key])
        assert [(each.item, each.why.value) for each in found.told] == rows[:10]
        assert found.more == len(rows[10:])


def compare_holds(holders, plain, keys):
    """Assert that `holders` are what `plain` finds, and nobody twice."""
    held = plain.held
    assert _count((h.item, h.key) for h in holders) == _count(held)
    assert {h.text for h in holders} == {key.text for _, key in held}
    for hold in holders:
        assert hold.contact == plain.items[hold.item][1].contact
    for id_, (_, item) in plain.items.items():
        assert set(holders.held(id_)) == set(item.held)
    anew = Holders.of(item for _, item in plain.items.values())
    for key in keys:
        # The first ones are told, so their order is part of the answer.
        assert list(holders.overlapping(key)) == list(anew.overlapping(key))
        over = ((i, k) for i, k in held if key.parts and k.overlaps(key))
        assert _count((h.item, h.key) for h in holders.overlapping(key)) == _count(over)


def _count(rows):
    return Counter((item, key.parts) for item, key in rows)
