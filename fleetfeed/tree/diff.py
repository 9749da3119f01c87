"""What differs between two feeds, in time that depends on the difference alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from fleetfeed.tree.objects import FOLDER, Entry, MalformedTree
from fleetfeed.tree.value import FeedTree, children

DEEPEST = 20
"""How deep folders are followed: a post lies four deep, and so does a note."""


@dataclass(frozen=True, slots=True)
class Change:
    """One leaf that differs: a path, and what lies there on both sides.

    `flaw` is filled where the new side's folder is malformed, or empty.
    """

    path: str
    old: Entry | None
    new: Entry | None
    flaw: str = ""


def changes(before: FeedTree, after: FeedTree) -> Iterator[Change]:
    """Every leaf that differs, found by comparing ids from the root down.

    A malformed folder of `after` is a change with a flaw; one of `before` raises
    MalformedTree, since nobody can tell what was changed.
    """
    if before.root == after.root:
        return
    old = Entry("", FOLDER, before.root) if before.root else None
    new = Entry("", FOLDER, after.root) if after.root else None
    yield from _differ(before, after, "", old, new)


def _differ(
    left: FeedTree, right: FeedTree, path: str, old: Entry | None, new: Entry | None
) -> Iterator[Change]:
    if old and new and (old.mode, old.id) == (new.mode, new.id):
        return
    try:
        theirs = children(right.store, new)
    except MalformedTree as error:
        yield Change(path, old, new, str(error))
        return
    try:
        ours = children(left.store, old)
    except MalformedTree as error:
        raise error.at(left.shown(path)) from error
    if new and new.mode == FOLDER and path.count("/") == DEEPEST:
        yield Change(path, old, new, "folders in folders, deeper than any post lies")
        return
    if new and new.mode == FOLDER and not theirs:
        yield Change(path, old, new, "an empty folder, which git never makes")
        return
    leaf_old, leaf_new = (e if e and e.mode != FOLDER else None for e in (old, new))
    if leaf_old or leaf_new:
        yield Change(path, leaf_old, leaf_new)
    for name in sorted(ours.keys() | theirs.keys()):
        below = f"{path}/{name}" if path else name
        yield from _differ(left, right, below, ours.get(name), theirs.get(name))
