"""What one tree changes in another, put upon a third: git's merge, without contents.

For trees as git stores them: a sealed shard is a file here.
"""

from collections.abc import Iterator

from fleetfeed.feed.objects import SUBTREE, Entry
from fleetfeed.feed.seal_view import Store


class MergeConflict(Exception):
    """At `path` both sides have changed the same thing, and not to the same."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def changes_upon(
    store: Store, base: str | None, theirs: str | None, ours: str | None
) -> Iterator[tuple[str, Entry | None]]:
    """What to put at which paths of tree `ours`, so that it has what `theirs` changed.

    `theirs` was made from `base`; None is no tree, as an entry it is to be taken away.
    A folder that nobody else has touched is one entry. MergeConflict where a path was
    changed on both sides; MalformedTree, CannotTell as `Store.tree`.
    """
    yield from _upon(store, (base, theirs, ours), "")


_Ids = tuple[str | None, str | None, str | None]


def _upon(store: Store, ids: _Ids, path: str) -> Iterator[tuple[str, Entry | None]]:
    base, theirs, ours = (_by_name(store, id_) for id_ in ids)
    for name in sorted(base.keys() | theirs.keys()):
        was, new, now = (rows.get(name) for rows in (base, theirs, ours))
        if new in (was, now):
            continue
        here = f"{path}/{name}" if path else name
        if now == was:
            yield here, new
        elif all(each is None or each.mode == SUBTREE for each in (was, new, now)):
            yield from _upon(store, (_id(was), _id(new), _id(now)), here)
        else:
            raise MergeConflict(here)


def _by_name(store: Store, id_: str | None) -> dict[str, Entry]:
    return {row.name: row for row in store.tree(id_)} if id_ else {}


def _id(entry: Entry | None) -> str | None:
    return entry.id if entry else None
