"""A feed at one moment: its items, its policy, and who holds what.

Everything here is a function of the tree. `items`, `posts` and `item` are the only
way from a tree to an item, so that a feed may one day keep old items elsewhere than
in a folder of their own. Folds are remembered by the id of the item's tree, which is
why two snapshots that are compared share one memo; readings by what was read, and only
the latest, since a feed has more posts than memory should hold.
"""

from collections.abc import Container, Iterator
from functools import cached_property, lru_cache

from fleetfeed import itemid, layout
from fleetfeed.finding import Finding, Place
from fleetfeed.holders import Holders
from fleetfeed.item import Item, fold, unborn
from fleetfeed.itemid import ItemId
from fleetfeed.policy import DEFAULT, Policy, read_policy
from fleetfeed.post import Note, Post, Unreadable, read_note, read_post
from fleetfeed.record import field, record
from fleetfeed.rules import finding
from fleetfeed.tree import FOLDER, MODES, PLAIN, Entry, FeedTree

Memo = dict[tuple[str, str], Item]


@record
class PolicyReading:
    """What there is of a policy: none, a policy, or findings why it is unreadable."""

    policy: Policy | None
    findings: tuple[Finding, ...] = ()
    absent: bool = False


@record
class Snapshot:
    """The feed in `tree`, read as far as somebody asks."""

    tree: FeedTree
    memo: Memo = field(default_factory=dict, compare=False, show=False)

    @cached_property
    def policy(self) -> PolicyReading:
        """The policy in this tree."""
        path = self.tree.shown(layout.POLICY)
        entry = self.tree.entry(layout.POLICY)
        if entry is None:
            return PolicyReading(None, absent=True)
        if entry.mode != PLAIN:
            return PolicyReading(None, (not_plain(entry, path),))
        return PolicyReading(*read_policy(self.tree.store.blob(entry.id), path))

    @property
    def rules(self) -> Policy:
        """The policy in this tree, the default where there is none to be read."""
        return self.policy.policy or DEFAULT

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item, folded. A folder without posts is none."""
        folded = {item: self._folded(item, entry) for item, entry in self._folders()}
        return {id_: item for id_, item in folded.items() if item.newest}

    @cached_property
    def holders(self) -> Holders:
        """Who holds which surface."""
        return Holders.of(self.items.values())

    def item(self, item: str) -> Item:
        """One item; unborn where the feed has none of that id."""
        entry = self.tree.entry(layout.item_folder(item))
        if entry is None or entry.mode != FOLDER:
            return unborn(item)
        return self._folded(item, entry)

    def posts(
        self, item: str, only: Container[int] | None = None
    ) -> tuple[Post | Unreadable, ...]:
        """An item's posts in the order of their numbers: all, or those in `only`."""
        rows = self.tree.names(layout.item_folder(item))
        return self._posts(item, rows, only)

    def post(self, item: str, number: int) -> Post | Unreadable | None:
        """One of an item's posts, None where there is none of that number."""
        path = layout.post_path(item, number)
        entry = self.tree.entry(path)
        return self._post(item, number, path, entry) if entry else None

    def said(self, path: str) -> Post | Note | Unreadable | None:
        """The post or note at `path`; None where none stands there.

        An unreadable note is an `Unreadable` without item and number.
        """
        slot = layout.slot(path)
        if isinstance(slot, layout.PostSlot):
            return self.post(slot.item, slot.number)
        entry = self.tree.entry(path)
        if entry is None or not isinstance(slot, layout.NoteSlot):
            return None
        shown = self.tree.shown(path)
        if entry.mode != PLAIN:
            return Unreadable(shown, "", 0, (), (not_plain(entry, shown),))
        note, findings = read_note(self.tree.store.blob(entry.id), shown, slot.seat)
        return note or Unreadable(shown, "", 0, (), findings)

    def highest(self, prefix: str) -> int:
        """The highest number among a prefix's items, 0 where there are none."""
        if prefix not in self._highest:
            numbers = sorted(self.numbers(prefix), reverse=True)
            there = (n for n in numbers if self.item(str(ItemId(prefix, n))).newest)
            self._highest[prefix] = next(there, 0)
        return self._highest[prefix]

    def numbers(self, prefix: str) -> frozenset[int]:
        """The numbers of a prefix that are taken, by names alone: nothing is read.

        What stands in an item's place takes its number, whatever it is.
        """
        if prefix not in self._numbers:
            taken = (known.number for known, _ in self._places(prefix))
            self._numbers[prefix] = frozenset(taken)
        return self._numbers[prefix]

    @cached_property
    def _highest(self) -> dict[str, int]:
        """The highest number of each prefix that was asked for."""
        return {}

    @cached_property
    def _numbers(self) -> dict[str, frozenset[int]]:
        """The numbers of each prefix that was asked for."""
        return {}

    def _folders(self) -> Iterator[tuple[str, Entry]]:
        """Every item's id and its folder."""
        places = (entry for _, entry in self._places() if entry.mode == FOLDER)
        return ((entry.name, entry) for entry in places)

    def _places(self, only: str = "") -> Iterator[tuple[ItemId, Entry]]:
        """What stands in an item's place, folder or not, and whose place it is."""
        for prefix in self.tree.names():
            fits = itemid.PREFIX.fullmatch(prefix.name)
            if not fits or (only and prefix.name != only):
                continue
            for shard in self._below(prefix, prefix.name):
                above = f"{prefix.name}/{shard.name}"
                for entry in self._below(shard, above):
                    known = itemid.parse(entry.name)
                    if known and layout.shard_folder(known) == above:
                        yield known, entry

    def _below(self, entry: Entry, path: str) -> tuple[Entry, ...]:
        return self.tree.below(entry, path) if entry.mode == FOLDER else ()

    def _folded(self, item: str, entry: Entry) -> Item:
        found = self.memo.get((item, entry.id))
        if found is None:
            rows = self.tree.below(entry, layout.item_folder(item))
            found = self.memo[item, entry.id] = fold(item, self._posts(item, rows))
        return found

    def _posts(
        self,
        item: str,
        rows: tuple[Entry, ...],
        only: Container[int] | None = None,
    ) -> tuple[Post | Unreadable, ...]:
        posts = []
        for row in rows:
            path = f"{layout.item_folder(item)}/{row.name}"
            slot = layout.slot(path)
            if not isinstance(slot, layout.PostSlot):
                continue
            if only is None or slot.number in only:
                posts.append(self._post(item, slot.number, path, row))
        return tuple(sorted(posts, key=lambda post: post.number))

    def _post(
        self, item: str, number: int, path: str, entry: Entry
    ) -> Post | Unreadable:
        shown = self.tree.shown(path)
        if entry.mode != PLAIN:
            return Unreadable(shown, item, number, (), (not_plain(entry, shown),))
        return _reading(self.tree.store.blob(entry.id), shown, item, number)


@lru_cache(maxsize=1000)
def _reading(data: bytes, path: str, item: str, number: int) -> Post | Unreadable:
    """`read_post`: both sides of a comparison hold nearly the same posts."""
    return read_post(data, path, item, number)


def not_plain(entry: Entry, path: str) -> Finding:
    """The finding that `entry` is no plain file."""
    kind = MODES.get(entry.mode, f"entry of mode {entry.mode:o}")
    return finding("FF021", Place(path), f"a {kind} is no post; commit a plain file")
