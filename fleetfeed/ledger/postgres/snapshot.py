"""The feed at one moment of the ledger, as everybody else knows a feed.

Its tree has the rule files, and whatever is laid over it: a post is found by asking for
its item, not by walking. So what is asked costs what it is about, whatever the size of
the feed.
"""

from collections.abc import (
    Callable,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from typing import TypeVar

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.codec import item_from_text, item_to_text
from fleetfeed.feed.diff import Change, changes
from fleetfeed.feed.lives import Lives, life_of
from fleetfeed.feed.near import Concern, Neighbours, concern
from fleetfeed.feed.note_index import NoteIndex
from fleetfeed.feed.objects import PLAIN
from fleetfeed.feed.overlay import with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Open, Summary, is_open
from fleetfeed.feed.surface_index import Hold, Holders, holds_of, rests_of
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_reader import post_at
from fleetfeed.ledger.postgres.awaiting import Awaiting
from fleetfeed.ledger.postgres.reading import Known, Reading
from fleetfeed.model import layout, names
from fleetfeed.model.families import Families
from fleetfeed.model.item import Item, history
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.model.post_reader import note_or_unreadable, read_post
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.intervals import IntervalSet
from fleetfeed.util.records import record

Made = TypeVar("Made")

_MOST_MADE = 16
"""Feeds that are kept of those made from one: what is planned is judged, and sent."""


class PostgresSnapshot(Snapshot):
    """The feed in `reading`, and what `tree` has beyond that of `base`."""

    reading: Reading
    base: "PostgresSnapshot | None"

    def __init__(
        self,
        reading: Reading,
        tree: FeedTree,
        cache: Cache,
        base: "PostgresSnapshot | None" = None,
    ) -> None:
        """Nothing is asked yet. `base` is what it was made from."""
        super().__init__(tree, cache)
        vars(self).update(reading=reading, base=base)
        vars(self).update(_concerns=[], _made={}, _brought={})
        vars(self).update(_last_concern=((), None, None))

    def changed_to(
        self, tree: FeedTree, files: Mapping[str, bytes | None] | None = None
    ) -> "PostgresSnapshot":
        """See Snapshot. What it has more is what is asked about from now on.

        `files` are all that `tree` has otherwise than that of this one, if known.
        """
        first = self.base or self
        made = PostgresSnapshot(self.reading, tree, self.cache, first)
        known = files is not None and (self is first or self._brought)
        vars(made)["_brought"] = {**self._brought, **(files or {})} if known else {}
        wanted = [*made.new_posts]
        depends = [
            name
            for posts in made.new_posts.values()
            for post in posts.values()
            if isinstance(post, Post)
            for name in post.texts("DEPENDS_ON")
            if names.parse(name)
        ]
        self.reading.expect((*wanted, *depends), reached=bool(depends))
        first._concerns.append(made)  # noqa: SLF001 - as above
        return made

    def with_files(self, files: Mapping[str, bytes | None]) -> "PostgresSnapshot":
        """See Snapshot: made once, since what is planned is judged, and then sent."""
        asked = frozenset(files.items())
        if asked not in self._made:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            made = self.changed_to(with_files(self.tree, files), files)
            self._made[asked] = made
        return self._made[asked]

    def changes_to(self, after: Snapshot) -> Iterable[Change]:
        """See Snapshot."""
        if isinstance(after, PostgresSnapshot) and after.base is self:
            return after.changes
        return super().changes_to(after)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What it has beyond the tables."""
        if self.base is None:
            return ()
        paths = self._brought
        if not paths or None in paths.values() or not all(map(_is_said, paths)):
            return tuple(changes(self.base.tree, self.tree))
        # Each is a file where a feed has files: to look there takes 0.01 ms, and to
        # compare the trees from the root down 0.07.
        before, after = self.base.tree.entry, self.tree.entry
        found = (
            Change(path, (before(path),), after(path))
            for path in sorted(paths, key=lambda path: path.split("/"))
        )
        return tuple(change for change in found if change.old != change.new)

    @cached_property
    def new_posts(self) -> Mapping[str, Mapping[int, Post | Unreadable]]:
        """By item, the posts that are in no table yet, by their numbers."""
        found: dict[str, dict[int, Post | Unreadable]] = {}
        for change in self.changes:
            kind = change.kind
            if isinstance(kind, PostPath) and change.new and change.new.mode == PLAIN:
                post = post_at(
                    self.tree, kind.item, kind.number, change.path, change.new
                )
                found.setdefault(kind.item, {})[kind.number] = post
        return found

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {}

    def item(self, item: str) -> Item:
        """See Snapshot."""
        found = self._items.get(item)
        if found is None:
            found = self.reading.item(item).item
            for _, _, after in history(found, self._beyond(item, found.newest)):
                found = after
            self._items[item] = found
        return found

    def awaiting(
        self, wanted: Callable[[Item], bool], *, ranked: bool = True
    ) -> Iterator[Item]:
        """See Snapshot: in order anyhow, page by page."""
        del ranked
        return Awaiting(self, wanted).found()

    def attend(self, known: Known) -> None:
        """Go on with an item that was read just now, and with what is near it."""
        self.reading.attend(known)
        self._items.pop(known.item.id, None)
        self._made.clear()
        for name in ("holders", "resting", "neighbours"):
            vars(self).pop(f"_{name}", None)
        self._concerns[:] = [_Asked(self._concern_of([known.item]))]

    @contextmanager
    def looking_at(
        self, items: Iterable[Item], others: AbstractSet[str]
    ) -> Iterator[None]:
        """Answer about `items`, whose surfaces and `others` are read together.

        Nobody relies on it: what is gone on with is read once more.
        """
        first = self.base or self
        first._concerns.append(_Asked(self._concern_of(items)))  # noqa: SLF001
        looked = self.reading.glance(others - {*self._items}) if others else {}
        self._items.update(looked)
        try:
            yield
        finally:
            for name in looked:
                self._items.pop(name, None)

    def expect(self, items: Iterable[str]) -> None:
        """See Snapshot."""
        self.reading.expect(items)

    def lease_left(self, item: str) -> float | None:
        """See Snapshot: by the clock of the database, as of when it was read."""
        return self.reading.lease_left(item)

    def _beyond(self, item: str, newest: int) -> list[Post | Unreadable]:
        """The item's posts that its row does not tell of."""
        new = self.new_posts.get(item, {})
        return [post for number, post in sorted(new.items()) if number > newest]

    @property
    def items(self) -> Iterator[Item]:
        """See Snapshot: those that are in the tables."""
        return (item_from_text(fold) for _, fold in self.reading.folds())

    def lives(self, since: float) -> Lives:
        """See Snapshot: those that are in the tables, read anew each time."""
        found = [
            life
            for item, rows in self.reading.lively(since)
            if (life := life_of(item, (self._read(item, *row) for row in rows)))
        ]
        return Lives(found, sum(life.filed is None for life in found))

    def posts(
        self, item: str, only: Container[int] | None = None
    ) -> tuple[Post | Unreadable, ...]:
        """See Snapshot."""
        new = self.new_posts.get(item, {})
        if only is not None and all(
            number in new
            for number in range(1, self.item(item).newest + 1)
            if number in only
        ):
            return tuple(post for n, post in sorted(new.items()) if n in only)
        there = {
            number: self._read(item, number, path, data)
            for number, path, data in self.reading.posts(item)
            if only is None or number in only
        }
        more = {n: post for n, post in new.items() if only is None or n in only}
        return tuple(post for _, post in sorted({**there, **more}.items()))

    def expect_said(self, items: Iterable[str]) -> None:
        """See Snapshot."""
        self.reading.expect_said(tuple(items))

    def _read(
        self, item: str, number: int, path: str, data: bytes
    ) -> Post | Unreadable:
        return read_post(data, self.tree.display_path(path), item, number)

    def post(self, item: str, number: int) -> Post | Unreadable | None:
        """See Snapshot."""
        new = self.new_posts.get(item, {}).get(number)
        if new is not None:
            return new
        known, path = self.reading.item(item), layout.post_path(item, number)
        if number > known.item.newest:
            return None
        last = number == known.item.newest
        data = known.last if last else self.reading.post(path)
        return None if data is None else self._read(item, number, path, data)

    def post_numbers(self, item: str) -> tuple[int, ...]:
        """See Snapshot."""
        there = self.reading.numbers_of(item)
        return tuple(sorted({*there, *self.new_posts.get(item, {})}))

    def post_or_note(self, path: str) -> Post | Note | Unreadable | None:
        """See Snapshot."""
        kind = layout.classify(path)
        if isinstance(kind, PostPath):
            return self.post(kind.item, kind.number)
        if self.tree.entry(path) or not isinstance(kind, NotePath):
            return super().post_or_note(path)
        data, shown = self.reading.post(path), self.tree.display_path(path)
        return None if data is None else note_or_unreadable(data, shown, kind.seat)

    def posts_by_op(
        self, op: str, since: FeedTree | None = None
    ) -> tuple[Post | Note, ...]:
        """See Snapshot: by an index, so all of them."""
        del since
        found = (self.post_or_note(path) for path in self.reading.paths_by_op(op))
        return tuple(each for each in found if isinstance(each, Post | Note))

    @cached_property
    def notes(self) -> NoteIndex:
        """See Snapshot."""
        return _Notes(self.reading)

    @cached_property
    def concern(self) -> Concern:
        """What is asked about surfaces to judge what is new here."""
        both = ((self.reading.item(i).item, self.item(i)) for i in self.new_posts)
        return self._concern_of(chain.from_iterable(both))

    def _concern_of(self, items: Iterable[Item]) -> Concern:
        """What to ask about the surfaces of `items`; the last answer is remembered.

        It is the same for an item that is offered, and for the claim of that.
        """
        keys = dict[SurfaceKey, None]()
        for now in items:
            keys.update(dict.fromkeys((*now.held, *now.resting, *now.keys)))
        families, first = self.rules.families, self.base or self
        known, by, found = first._last_concern  # noqa: SLF001 - of this class
        if found is None or by is not families or known != [*keys]:
            found = concern(keys, families)
            vars(first)["_last_concern"] = [*keys], families, found
        return found

    def _settle(self) -> None:
        """Read the surfaces that matter: of what is new, or all of them."""
        first = self.base or self
        if not first._concerns:  # noqa: SLF001 - of this class
            self.reading.all_surfaces()
        elif not self.reading.surfaces.all:
            for made in first._concerns:  # noqa: SLF001
                self.reading.concerned(made.concern)

    _last_concern: "tuple[Sequence[SurfaceKey], Families | None, Concern | None]"
    _brought: "Mapping[str, bytes | None]"
    _concerns: "list[PostgresSnapshot | _Asked]"
    """What surfaces are read for, all of them where it is empty: kept by the first of
    those that were made from one, and only added to, since what was read stays read."""

    _made: "dict[frozenset[tuple[str, bytes | None]], PostgresSnapshot]"

    def _with_new(
        self, there: Mapping[tuple[str, str], Hold], *, held: bool
    ) -> Holders:
        rows = (hold for hold in there.values() if hold.item not in self.new_posts)
        items = (self.item(item) for item in self.new_posts)
        own = (hold for i in items for hold in (holds_of(i) if held else rests_of(i)))
        return Holders((*rows, *own))

    @property
    def holders(self) -> Holders:
        """See Snapshot: as far as it matters to what is new, or all."""
        self._settle()
        there = self.reading.surfaces.held
        return self._kept(
            "holders", len(there), lambda: self._with_new(there, held=True)
        )

    @property
    def resting(self) -> Holders:
        """See Snapshot: as `holders`."""
        self._settle()
        there = self.reading.surfaces.resting
        return self._kept(
            "resting", len(there), lambda: self._with_new(there, held=False)
        )

    @property
    def neighbours(self) -> Neighbours:
        """See Snapshot: as `holders`."""
        self._settle()
        there = self.reading.surfaces
        size = len(there.held) + len(there.resting)
        return self._kept(
            "neighbours", size, lambda: Neighbours(self.holders, self.resting)
        )

    def _kept(self, name: str, size: int, make: "Callable[[], Made]") -> "Made":
        """What was made of so many rows, or is made anew."""
        known = vars(self).get(f"_{name}")
        if known is None or known[0] != size:
            known = vars(self)[f"_{name}"] = (size, make())
        made: Made = known[1]
        return made

    @cached_property
    def summary(self) -> Summary:
        """See Snapshot: all that is alive."""
        self.reading.all_surfaces()
        rows = self.reading.open()
        there = {name: _open(item_from_text(fold), fold) for name, fold in rows}
        for name in self.new_posts:
            there.pop(name, None)
            now = self.item(name)
            if is_open(now):
                there[name] = _open(now, item_to_text(now))
        prefixes = {*self.reading.prefixes(), *(n.partition("-")[0] for n in there)}
        taken = {prefix: self.numbers(prefix) for prefix in prefixes}
        return Summary(tuple(self.holders), tuple(self.resting), there, taken)

    def numbers(self, prefix: str) -> IntervalSet:
        """See Snapshot."""
        new = (names.parse(item) for item in self.new_posts)
        more = (id_.number for id_ in new if id_ and id_.prefix == prefix)
        return self.reading.taken(prefix) | IntervalSet.of(more)

    def unattended(self, prefix: str, number: int) -> int:
        """See Snapshot: until this reading ends others pass over it."""
        return self.reading.unattended(prefix, number)

    def highest(self, prefix: str) -> int:
        """See Snapshot: each number that is taken is an item's."""
        return next(reversed(self.numbers(prefix)), 0)


def _is_said(path: str) -> bool:
    return isinstance(layout.classify(path), PostPath | NotePath)


@record
class _Asked:
    """What is asked about surfaces."""

    concern: Concern


def _open(item: Item, fold: str) -> Open:
    """An open item; its number of posts stands for their tree: none ever changes."""
    return Open(str(item.newest), fold)


class _Notes(NoteIndex):
    """The notes by what they are about, asked one by one."""

    def __init__(self, reading: Reading) -> None:
        super().__init__({})
        self._reading = reading

    def about(self, item: str) -> tuple[str, ...]:
        return self._reading.notes_about(item)

    @property
    def items(self) -> frozenset[str]:
        return self._reading.noted()

    @property
    def newest_items(self) -> frozenset[str]:
        return self._reading.noted(self._reading.second_month())
