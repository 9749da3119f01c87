"""What differs between feeds, in time that depends on the difference alone.

Folders are followed where posts and notes may lie, and nowhere else: thirty objects can
be a folder of ten folders of ten folders ..., and stand for more paths than anybody
can go through.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress, islice
from operator import ne

from fleetfeed.feed import seal_view
from fleetfeed.feed.objects import SUBTREE, Entry, MalformedTree
from fleetfeed.feed.seal_view import MalformedSeal
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model import layout
from fleetfeed.model.layout import Misplaced, PathKind, classify, misplaced_folder
from fleetfeed.util.records import record


@record
class Change:
    """A path where a feed differs from all of those before it.

    `olds` are the files that lie there in each of them. A folder is there only as the
    `new` of a path where none may lie, whatever is in it; as an old one it counts as
    nothing, so that it may go. `malformed` says what is wrong with the new folder, an
    empty one included; `of_seal` says that this is about a sealed shard.
    """

    path: str
    olds: tuple[Entry | None, ...]
    new: Entry | None
    malformed: str = ""
    of_seal: bool = False

    @property
    def old(self) -> Entry | None:
        """The file that lies there in the first feed before."""
        return self.olds[0]

    @cached_property
    def kind(self) -> PathKind:
        """What its path is for; whether something lies there is another matter."""
        return classify(self.path)

    @property
    def misplaced(self) -> Misplaced | None:
        """Why the new entry has no place in a feed; None where it has, or is none."""
        if self.new and self.new.mode == SUBTREE:
            return misplaced_folder(self.path)
        return self.kind if self.new and isinstance(self.kind, Misplaced) else None


def changes(before: FeedTree, after: FeedTree) -> Iterator[Change]:
    """Every path that differs, found by comparing ids from the root down.

    A malformed folder of `after` is a change that says so; one of `before` raises
    MalformedTree, since nobody can tell what was changed.
    """
    return changes_from_all((before,), after)


def additions(before: FeedTree, after: FeedTree) -> Iterator[Change]:
    """As `changes`, but only what is new or otherwise in `after`.

    What `before` alone has is not gone through: a clone may have a thousand drafts.
    """
    if before.root != after.root:
        found = _differ((before,), after, "", [before.top], after.top, removed=False)
        yield from (change for change in found if change.new)


def changes_from_all(befores: Sequence[FeedTree], after: FeedTree) -> Iterator[Change]:
    """As `changes`: every path that differs from each of `befores`.

    So a merge changes nothing that it takes over from one of its parents.
    """
    if any(before.root == after.root for before in befores):
        return
    olds = [before.top for before in befores]
    yield from _differ(befores, after, "", olds, after.top)


def _differ(
    befores: Sequence[FeedTree],
    after: FeedTree,
    path: str,
    olds: Sequence[Entry | None],
    new: Entry | None,
    *,
    removed: bool = True,
) -> Iterator[Change]:
    """The changes at and below `path`, where `new` is none of `olds`.

    With `removed`, what is gone is gone through as well.
    """
    files = tuple(map(_file, olds))
    nested = any(entry and entry.mode == SUBTREE for entry in (new, *olds))
    if not nested or misplaced_folder(path):
        yield Change(path, files, new)
        return
    try:
        folder = new and new.mode == SUBTREE
        _refuse_begun(befores, after, path, olds, new)
        theirs = seal_view.rows(after.store, new, path) if new and folder else ()
        twice = seal_view.doubled(after.store, new, path)
    except MalformedTree as error:
        yield Change(path, files, new, str(error), isinstance(error, MalformedSeal))
        return
    ours = [tree.below(old, path) for tree, old in zip(befores, olds, strict=True)]
    if folder and not theirs:
        yield Change(path, files, new, "an empty folder, which git never makes")
        return
    if _file(new) not in files:
        yield Change(path, files, _file(new))
    for tree, old in zip(befores, olds, strict=True):
        twice -= seal_view.doubled(tree.store, old, path)
    for name in sorted(twice):
        message = "a post that is sealed already"
        yield Change(f"{path}/{name}", files, new, message, of_seal=True)
    apart = [_apart(each, theirs) for each in ours]
    names = sorted(set.intersection(*({*old, *new_} for old, new_ in apart)))
    if not removed:
        names = [name for name in names if name in apart[0][1]]
    for tree, (rows, _) in zip(befores, apart, strict=True):
        _expect(tree, rows, names)
    _expect(after, apart[0][1], names)
    for name in names:
        below = f"{path}/{name}" if path else name
        were, entry = [old.get(name) for old, _ in apart], apart[0][1].get(name)
        yield from _differ(befores, after, below, were, entry, removed=removed)


_MOST_BEGUN_SEALED = 1000
"""Posts in a sealed shard that were in no feed before it, behind which nobody looks on.

None is lawful; so many more than a slip are no reason to read millions of them."""


def _refuse_begun(
    befores: Sequence[FeedTree],
    after: FeedTree,
    path: str,
    olds: Sequence[Entry | None],
    new: Entry | None,
) -> None:
    """MalformedSeal where the shard `new` has many sealed posts that no old one has.

    What is lawful in it is as much as there was before, so this ends in time whatever
    was pushed.
    """
    if not new or not new.sealed_in or layout.shard_of(path) != path:
        return
    ours = [tree.below(old, path) for tree, old in zip(befores, olds, strict=True)]
    folders, begun = [{row.name: row for row in rows} for rows in ours], 0
    item, known = "", frozenset[str]()
    for post in seal_view.sealed_paths(after.store, new, path):
        folder, _, name = post.partition("/")
        if folder != item:
            item = folder
            there = (
                tree.below(rows.get(item), f"{path}/{item}")
                for tree, rows in zip(befores, folders, strict=True)
            )
            known = frozenset(row.name for rows in there for row in rows)
        begun += name not in known
        if begun > _MOST_BEGUN_SEALED:
            message = f"{path}{layout.SEALED} with more than {_MOST_BEGUN_SEALED} posts"
            raise MalformedSeal(f"{message} that were no files before it")


_MOST_EXPECTED = 1000
"""Folders that are expected at once: who looks may stop after the first thousand."""


def _expect(tree: FeedTree, rows: Mapping[str, Entry], names: Sequence[str]) -> None:
    """Tell the store of `tree` that the folders in `rows` are read next."""
    found = (rows[name] for name in names if name in rows)
    folders = (entry for entry in found if entry.mode == SUBTREE)
    tree.expect(islice(folders, _MOST_EXPECTED))


def _apart(
    old: tuple[Entry, ...], new: tuple[Entry, ...]
) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """What only `old` has, and what only `new` has, by name.

    Two trees of a thousand entries mostly differ in one: what they begin and end with
    alike is passed over without a look at its names.
    """
    shorter = min(len(old), len(new))
    start = _alike(old, new, shorter)
    end = _alike(reversed(old), reversed(new), shorter - start)
    were, are = old[start : len(old) - end], new[start : len(new) - end]
    return (
        {row.name: row for row in set(were).difference(are)},
        {row.name: row for row in set(are).difference(were)},
    )


def _alike(one: Iterable[Entry], two: Iterable[Entry], most: int) -> int:
    """How many rows at the beginning of both are the same, up to `most`."""
    return next(compress(range(most), map(ne, one, two)), most)


def _file(entry: Entry | None) -> Entry | None:
    return entry if entry and entry.mode != SUBTREE else None
