"""Whether what is about to land is still there: no ref holds what waits in a queue.

git deletes such objects when they are two weeks old, and `git gc --prune=now` at once.
What has been judged may be gone before the ref is moved, and the feed would be broken.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress

from fleetfeed.feed.objects import SUBTREE
from fleetfeed.feed.seal_view import Store
from fleetfeed.git.objects import Objects
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo


def still_there(
    repo: Repo, tip: str, new: str, rows: Iterable[Sequence[str]], made: Collection[str]
) -> bool:
    """Whether all is there that `new` has and `tip` has not.

    These are the commits `rows`, each with its parents behind it, and what is `made`
    for them. A new object is a file of its own, which takes no git to see; or else it
    may be in a pack.
    """
    theirs = ((commit, above) for commit, *above in rows if commit not in made)
    ids = (id_ for each in theirs for id_, _ in new_in(repo.objects, *each))
    with suppress(CannotTell):  # of a folder beside the feed that only git can read
        if all(map(_is_file, (*made, *ids))):
            return True
    try:
        repo.git.out("rev-list", "--objects", "--quiet", new, f"^{tip}", "--")
    except CannotTell:
        return False
    return True


def _is_file(id_: str) -> bool:
    return os.access(f"objects/{id_[:2]}/{id_[2:]}", os.F_OK)


def new_in(
    objects: Objects, commit: str, parents: Sequence[str]
) -> Iterator[tuple[str, str | None]]:
    """A commit and the objects that its first parent has not in their places.

    Each with what it stands in the place of, where that is a folder, too.
    """
    yield commit, None
    before = objects.tree_of(parents[0]) if parents else None
    yield from _below(objects, objects.tree_of(commit), before)


def _below(
    store: Store, tree: str, before: str | None
) -> Iterator[tuple[str, str | None]]:
    """What `tree` has, and a tree in its place has not.

    As deep as anybody nests it, and each folder once: a handful of objects can stand
    for a milliard of paths.
    """
    waiting, seen = [(tree, before)] if tree != before else [], set[str]()
    while waiting:
        one, old = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one, old
        there = {row.name: row for row in store.tree(old)} if old else {}
        for row in store.tree(one):
            was = there.get(row.name)
            if row == was:
                continue
            if row.mode == SUBTREE:
                there_too = was.id if was and was.mode == SUBTREE else None
                waiting.append((row.id, there_too))
            else:
                yield row.id, None
