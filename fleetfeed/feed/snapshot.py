"""A feed at one moment: its items, its policy, and who holds what.

All is a function of the tree. What concerns the whole feed comes from its summary,
which the cache has: of two snapshots that share one, the second costs what differs.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cached_property

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.near import Neighbours
from fleetfeed.feed.objects import PLAIN, SUBTREE
from fleetfeed.feed.shards import item_entries, shards
from fleetfeed.feed.summary import Summary
from fleetfeed.feed.surface_index import Holders
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_reader import not_plain, post_at, read_item, read_posts
from fleetfeed.model import layout, names
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.names import ItemId
from fleetfeed.model.policy import DEFAULT, Policy
from fleetfeed.model.policy_reader import read_policy
from fleetfeed.model.post import Note, Post, State, Unreadable
from fleetfeed.model.post_reader import note_or_unreadable
from fleetfeed.util.intervals import IntervalSet
from fleetfeed.util.records import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.feed.diff import Change
    from fleetfeed.feed.lives import Lives
    from fleetfeed.feed.note_index import NoteIndex


@record
class PolicyReading:
    """What there is of a policy: none, a policy, or findings why it is unreadable."""

    policy: Policy | None
    findings: tuple[Finding, ...] = ()
    absent: bool = False


# Not slotted: `cached_property` keeps its value in the instance's dictionary.
@record
class Snapshot:
    """The feed in `tree`, read as far as somebody asks.

    `lasting` says that the tree is there to stay: a commit's, on no quarantine.
    `made_from` is such a tree, from which this one was made.
    """

    tree: FeedTree
    cache: Cache = field(default_factory=Cache, show=False, compare=False)
    lasting: bool = False
    made_from: FeedTree | None = None

    def changed_to(self, tree: FeedTree) -> "Snapshot":
        """The feed in `tree`, which was made from this one and may never come to stay.

        What has to be read for it is read for this one first, and so can be kept.
        """
        made_from = self.tree if self.lasting else self.made_from
        return Snapshot(tree, self.cache, made_from=made_from)

    def with_files(self, files: Mapping[str, bytes | None]) -> "Snapshot":
        """The feed with a plain file for each path; None takes away what lies there."""
        from fleetfeed.feed.overlay import with_files  # late: few readers write

        return self.changed_to(with_files(self.tree, files))

    def changes_to(self, after: "Snapshot") -> "Iterable[Change]":
        """Every path that differs in `after`, as `diff.changes` tells them."""
        from fleetfeed.feed.diff import changes  # late: few readers compare

        return changes(self.tree, after.tree)

    @cached_property
    def policy(self) -> PolicyReading:
        """The policy in this tree."""
        path = self.tree.display_path(layout.POLICY)
        entry = self.tree.entry(layout.POLICY)
        if entry is None:
            return PolicyReading(None, absent=True)
        if entry.mode != PLAIN:
            return PolicyReading(None, (not_plain(entry, path),))
        # Most trees of a feed have the policy of the one before.
        known = self.cache.policies
        if (path, entry.id) not in known:
            data = self.tree.store.blob(entry.id)
            known[path, entry.id] = PolicyReading(*read_policy(data, path))
        return known[path, entry.id]

    @cached_property
    def judged(self) -> "list[tuple[tuple[object, ...], tuple[Finding, ...]]]":
        """What the judge has found in this feed, each with what it was asked."""
        return []

    @property
    def rules(self) -> Policy:
        """The policy in this tree, the default where there is none to be read."""
        return self.policy.policy or DEFAULT

    @property
    def items(self) -> Iterator[Item]:
        """Every item, read one after the other: for who looks at the whole feed."""
        for shard in shards(self.tree):
            for id_, entry in item_entries(self.tree, shard).items():
                if entry.mode == SUBTREE:
                    item = read_item(self.tree, str(id_), entry)
                    if item.newest:
                        yield item

    @cached_property
    def summary(self) -> Summary:
        """What is alive, and which numbers are taken."""
        if self.made_from:
            self.cache.summary(self.made_from, lasting=True)
        return self.cache.summary(self.tree, lasting=self.lasting)

    @cached_property
    def notes(self) -> "NoteIndex":
        """Which notes are about which item."""
        from fleetfeed.feed.note_index import NoteMemory  # late: hooks do without

        memory = self.cache.memory(NoteMemory)
        if self.made_from:
            memory.index(self.made_from, lasting=True)
        return memory.index(self.tree, lasting=self.lasting)

    def lives(self, since: float) -> "Lives":
        """The lives of all that is open, or had something happen after `since`.

        In seconds of UTC. There may be others among them.
        """
        from fleetfeed.feed.life_memory import lives_since  # late: hooks do without

        return lives_since(self, since)

    @cached_property
    def open(self) -> tuple[Item, ...]:
        """The items that are not over, or hold something all the same, in order."""
        return tuple(sorted(self.summary.items, key=lambda i: names.in_order(i.id)))

    def awaiting(
        self, wanted: Callable[[Item], bool], *, ranked: bool = True
    ) -> Iterator[Item]:
        """What awaits its claim, can be read, and is `wanted`: the next one first.

        With `ranked` False in any order, which costs less. `wanted` is asked once about
        each, and about no more than somebody takes.
        """
        there = (item for item in self.open if item.state is State.AWAITING_CLAIM)
        found = filter(wanted, (item for item in there if not item.unreadable))
        return iter(sorted(found, key=self.rank)) if ranked else found

    def rank(self, item: Item) -> tuple[int, str, tuple[str, int]]:
        """By priority, then by when the item was filed, then by its number."""
        first = self.post(item.id, 1)
        filed = first.text("AT") if isinstance(first, Post) else ""
        return item.priority, filed, names.in_order(item.id)

    def keeping(self, name: str) -> list[Item]:
        """The open items that have a value of the field `name`, in order."""
        found = self.summary.keeping(name)
        return sorted(found, key=lambda item: names.in_order(item.id))

    @cached_property
    def holders(self) -> Holders:
        """Who holds which surface."""
        return Holders(self.summary.holds)

    @cached_property
    def resting(self) -> Holders:
        """Which items at rest have which surface."""
        return Holders(self.summary.resting)

    @cached_property
    def neighbours(self) -> Neighbours:
        """What is held and what lies at rest, by what it is near to."""
        return Neighbours(self.holders, self.resting)

    def item(self, item: str) -> Item:
        """One item; empty where the feed has none of that id."""
        entry = self.tree.entry(layout.item_folder(item))
        if entry is None or entry.mode != SUBTREE:
            return Item(item)
        return self.cache.item(self.tree, item, entry)

    def lease_left(self, item: str) -> float | None:
        """The seconds that are left of an item's lease, by whoever keeps the feed.

        None where nobody there keeps time, or it has no lease.
        """
        del item
        return None

    def expect(self, items: Iterable[str]) -> None:
        """Say which items are asked for next: a store may read them together."""

    def posts(
        self, item: str, only: Container[int] | None = None
    ) -> tuple[Post | Unreadable, ...]:
        """An item's posts in the order of their numbers: all, or those in `only`."""
        rows = self.tree.names(layout.item_folder(item))
        return read_posts(self.tree, item, rows, only)

    def post(self, item: str, number: int) -> Post | Unreadable | None:
        """One of an item's posts, None where there is none of that number."""
        path = layout.post_path(item, number)
        entry = self.tree.entry(path)
        return post_at(self.tree, item, number, path, entry) if entry else None

    def post_or_note(self, path: str) -> Post | Note | Unreadable | None:
        """The post or note at `path`; None where none stands there.

        An unreadable note is an `Unreadable` without item and number.
        """
        kind = layout.classify(path)
        if isinstance(kind, layout.PostPath):
            return self.post(kind.item, kind.number)
        entry = self.tree.entry(path)
        if entry is None or not isinstance(kind, layout.NotePath):
            return None
        shown = self.tree.display_path(path)
        if entry.mode != PLAIN:
            return Unreadable(shown, "", 0, (), (not_plain(entry, shown),))
        return note_or_unreadable(self.tree.content(entry, path), shown, kind.seat)

    def expect_said(self, items: Iterable[str]) -> None:
        """Be told whose posts and notes are looked at next: together they cost less."""

    def post_numbers(self, item: str) -> tuple[int, ...]:
        """The numbers of an item's posts, in order: nothing is read."""
        rows = self.tree.names(layout.item_folder(item))
        found = (layout.post_number(row.name) for row in rows)
        return tuple(sorted(number for number in found if number is not None))

    def posts_by_op(
        self, op: str, since: FeedTree | None = None
    ) -> tuple[Post | Note, ...]:
        """The posts and notes that carry `op`, in the order of their paths.

        With `since`, an earlier tree of the same feed, only what was added after it.
        """
        from fleetfeed.feed.diff import changes  # late: asked about an earlier run

        before = since or FeedTree(self.tree.store, None, self.tree.folder)
        wanted, found = op.encode(), list[Post | Note]()
        for change in changes(before, self.tree):
            if not change.new or change.new.mode != PLAIN:
                continue
            # Most posts are another's: their bytes say so, and need not be parsed.
            data = self.tree.content(change.new, change.path)
            read = self.post_or_note(change.path) if wanted in data else None
            if isinstance(read, Post | Note) and read.fields.get("OP") == op:
                found.append(read)
        return tuple(found)

    def highest(self, prefix: str) -> int:
        """The highest number among a prefix's items, 0 where there are none."""
        numbers = reversed(self.numbers(prefix))
        there = (n for n in numbers if self.item(str(ItemId(prefix, n))).newest)
        return next(there, 0)

    def numbers(self, prefix: str) -> IntervalSet:
        """The numbers of a prefix that are taken, by names alone: nothing is read.

        Whatever stands where an item's folder would takes its number.
        """
        return self.summary.taken.get(prefix, IntervalSet())

    def unattended(self, prefix: str, number: int) -> int:
        """The first number from `number` on that no other writer is about to take.

        It is `number` itself where nobody can tell, as in a tree.
        """
        del prefix
        return number
