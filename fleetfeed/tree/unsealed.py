"""Sealed shards, seen as the folders that they stand for.

Whoever reads or compares feeds goes through `rows` and `content` here, and meets the
posts of a sealed shard at their old paths with their old ids. So a folder that is
sealed byte for byte has not changed, to the judge and to everyone, and a post that is
written later to an item in it lies in a folder beside the file.
"""

from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

from fleetfeed import layout
from fleetfeed.record import record
from fleetfeed.sealed import BadSeal, unseal
from fleetfeed.tree.objects import (
    FOLDER,
    PLAIN,
    Entry,
    MalformedTree,
    SealedEntry,
    object_id,
    raw,
    sort_key,
)

Rows = tuple[Entry, ...]


class Store(Protocol):
    """Where trees and blobs are read from, by id."""

    def tree(self, id_: str) -> Rows:
        """The entries of a tree. MalformedTree, or CannotTell where it is missing."""

    def blob(self, id_: str) -> bytes:
        """The bytes of a blob. CannotTell where it is missing.

        Of a large one only the first, more than a post or a policy may have.
        """

    def whole(self, id_: str) -> bytes:
        """The same of a sealed shard's file, which may have `LARGEST` bytes."""


class MalformedSeal(MalformedTree):
    """A sealed shard that cannot be read, or that its folder contradicts."""


@record
class Shard:
    """A sealed shard, and the folder beside it, as one folder.

    `doubled` are the paths in it that lie in both.
    """

    rows: Rows
    posts: dict[str, Rows]
    blobs: dict[str, bytes]
    doubled: tuple[str, ...]


def rows(store: Store, entry: Entry, path: str) -> Rows:
    """What lies in the folder `entry` at `path` of a feed."""
    if entry.sealed_in:
        shard = _shard(store, entry.sealed_in, layout.shard_of(path))
        return shard.posts[entry.name] if layout.shard_of(path) != path else shard.rows
    found = store.tree(entry.id)
    return _with_shards(found) if layout.is_prefix(path) else found


def content(store: Store, entry: Entry, path: str) -> bytes:
    """The bytes of the file `entry` at `path` of a feed."""
    if not entry.sealed_in:
        return store.blob(entry.id)
    return _shard(store, entry.sealed_in, layout.shard_of(path)).blobs[entry.id]


def doubled(store: Store, entry: Entry | None, path: str) -> frozenset[str]:
    """The paths in the shard `entry` that lie both in its file and in its folder."""
    if entry is None or not entry.sealed_in or layout.shard_of(path) != path:
        return frozenset()
    return frozenset(_shard(store, entry.sealed_in, path).doubled)


@lru_cache(maxsize=64)
def _with_shards(found: Rows) -> Rows:
    """A prefix's rows, with a folder for each sealed shard; the file stays, too."""
    sealed = {
        row.name.removesuffix(layout.SEALED): row.id
        for row in found
        if row.name.endswith(layout.SEALED) and row.mode == PLAIN
    }
    if not sealed:
        return found
    others = {row.name: row for row in found}
    for name, file in sealed.items():
        beside = others.get(name)
        if beside and beside.mode != FOLDER:
            raise MalformedSeal(f"a sealed shard and a file {name} beside it")
        where = f"{file}+{beside.id if beside else ''}"
        others[name] = SealedEntry.of(name, FOLDER, where, where)
    return tuple(sorted(others.values(), key=sort_key))


_KEPT = 8
"""Sealed shards that are kept in memory; each is about three megabytes."""

_recent: OrderedDict[tuple[str, str], Shard] = OrderedDict()


def _shard(store: Store, where: str, path: str) -> Shard:
    """The shard at `path`: `where` is the file's id, a plus, and its folder's, if any.

    Ids tell the content, so what was read from one store serves for any.
    """
    shard = _recent.get((where, path))
    if shard is None:
        shard = _recent[where, path] = _read(store, where, path)
        if len(_recent) > _KEPT:
            _recent.popitem(last=False)
    _recent.move_to_end((where, path))
    return shard


def _read(store: Store, where: str, path: str) -> Shard:
    file, _, beside = where.partition("+")
    try:
        posts = unseal(store.whole(file))
    except BadSeal as error:
        raise MalformedSeal(
            f"{path}{layout.SEALED}, which cannot be read: {error}"
        ) from error
    size, blobs, items = (
        len(file) // 2,
        dict[str, bytes](),
        dict[str, dict[str, Entry]](),
    )
    for name, data in posts.items():
        item, _, post = name.partition("/")
        if layout.item_folder(item) != f"{path}/{item}":
            raise MalformedSeal(
                f"{item} in {path}{layout.SEALED}, where it does not belong"
            )
        id_ = object_id("blob", data, size)
        blobs[id_] = data
        items.setdefault(item, {})[post] = SealedEntry.of(post, PLAIN, id_, where)
    loose = store.tree(beside) if beside else ()
    twice = tuple(_merged(store, items, loose))
    return _folder(items, loose, blobs, twice, where)


def _merged(
    store: Store, items: dict[str, dict[str, Entry]], loose: Rows
) -> Iterator[str]:
    """Put what lies in the folder beside into `items`; what lies in both is told."""
    for folder in loose:
        mine = items.get(folder.name)
        if mine is None:
            continue
        if folder.mode != FOLDER:
            raise MalformedSeal(f"a sealed shard and a file {folder.name} beside it")
        for row in store.tree(folder.id):
            if row.name in mine:
                if row != mine[row.name]:
                    place = f"{folder.name}/{row.name}"
                    raise MalformedSeal(
                        f"{place} both sealed and, otherwise, beside it"
                    )
                yield f"{folder.name}/{row.name}"
            mine[row.name] = row


def _folder(
    items: dict[str, dict[str, Entry]],
    loose: Rows,
    blobs: dict[str, bytes],
    twice: tuple[str, ...],
    where: str,
) -> Shard:
    posts, found = dict[str, Rows](), {row.name: row for row in loose}
    size = len(where.partition("+")[0]) // 2
    for item, mine in items.items():
        posts[item] = tuple(sorted(mine.values(), key=sort_key))
        id_ = object_id("tree", raw(posts[item]), size)
        found[item] = SealedEntry.of(item, FOLDER, id_, where)
    return Shard(tuple(sorted(found.values(), key=sort_key)), posts, blobs, twice)
