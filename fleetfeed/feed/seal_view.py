"""Sealed shards, seen as the folders that they stand for.

Whoever reads or compares feeds goes through `rows` and `content` here, and meets the
posts of a sealed shard at their old paths with their old ids. So a folder that is
sealed byte for byte has not changed, to the judge and to everyone, and a post that is
written later to an item in it lies in a folder beside the file.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from fleetfeed.feed.objects import (
    PLAIN,
    SUBTREE,
    Entry,
    MalformedTree,
    SealedEntry,
    object_id,
    raw,
    sort_key,
)
from fleetfeed.feed.seal_format import BadSeal, documents, unseal
from fleetfeed.model import layout, names
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:  # `typing` takes 2 ms to import
    Protocol = object

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

    def expect(self, ids: Iterable[str]) -> None:
        """Be told which trees or blobs are read next: together they may cost less.

        What was expected before, and not read, need not be at hand any more.
        """


class MalformedSeal(MalformedTree):
    """A sealed shard that cannot be read, or that its folder contradicts."""

    code = "FF024"


@record
class SealedShard:
    """A sealed shard, and the folder beside it, as one folder.

    `doubled` are the paths in it that lie in both.
    """

    rows: Rows
    posts: dict[str, Rows]
    blobs: dict[str, bytes]
    doubled: tuple[str, ...]

    @property
    def size(self) -> int:
        """The bytes of its sealed posts."""
        return sum(map(len, self.blobs.values()))


def rows(store: Store, entry: Entry, path: str) -> Rows:
    """What lies in the folder `entry` at `path` of a feed."""
    if entry.sealed_in:
        shard = _shard(store, entry.sealed_in, layout.shard_of(path))
        return shard.posts[entry.name] if layout.shard_of(path) != path else shard.rows
    found = store.tree(entry.id)
    return _with_shards(found, path) if names.PREFIX.fullmatch(path) else found


def content(store: Store, entry: Entry, path: str) -> bytes:
    """The bytes of the file `entry` at `path` of a feed."""
    if not entry.sealed_in:
        return store.blob(entry.id)
    return _shard(store, entry.sealed_in, layout.shard_of(path)).blobs[entry.id]


def sealed_paths(store: Store, entry: Entry, path: str) -> Iterator[str]:
    """Each post in the file of the shard `entry`, such as `CMB-1438/0001.yaml`.

    Nothing is kept, and nothing is read behind what somebody asks for: whoever pushes
    may have put millions of them into a file. MalformedSeal where it is none.
    """
    file = entry.sealed_in.partition("+")[0]
    try:
        for name, _ in documents(store.whole(file)):
            yield name
    except BadSeal as error:
        raise _unreadable(path, error) from error


def doubled(store: Store, entry: Entry | None, path: str) -> frozenset[str]:
    """The paths in the shard `entry` that lie both in its file and in its folder."""
    if entry is None or not entry.sealed_in or layout.shard_of(path) != path:
        return frozenset()
    return frozenset(_shard(store, entry.sealed_in, path).doubled)


@lru_cache(maxsize=64)
def _with_shards(found: Rows, prefix: str) -> Rows:
    """A prefix's rows, with a folder for each sealed shard; the file stays, too.

    A file that merely ends like one is no place of a feed, and stands for nothing.
    """
    sealed = {
        row.name.removesuffix(layout.SEALED): row.id
        for row in found
        if row.mode == PLAIN and layout.is_seal(f"{prefix}/{row.name}")
    }
    if not sealed:
        return found
    others = {row.name: row for row in found}
    for name, file in sealed.items():
        beside = others.get(name)
        if beside and beside.mode != SUBTREE:
            raise MalformedSeal(f"a file {name} beside {_named(f'{prefix}/{name}')}")
        where = f"{file}+{beside.id if beside else ''}"
        others[name] = SealedEntry.of(name, SUBTREE, where, where)
    return tuple(sorted(others.values(), key=sort_key))


_KEPT = 16 * 1024 * 1024
"""Bytes of posts that are kept in memory; a sealed shard has about one megabyte."""

_recent: dict[tuple[str, str], SealedShard] = {}
"""Who was asked for last stands last. Threads share it: nobody goes through it while
another may change it."""


def _shard(store: Store, where: str, path: str) -> SealedShard:
    """The shard at `path`: `where` is the file's id, a plus, and its folder's, if any.

    Ids tell the content, so what was read from one store serves for any.
    """
    shard = _recent.pop((where, path), None)
    if shard is None:
        shard = _read(store, where, path)
        _make_room(shard.size)
    _recent[where, path] = shard
    return shard


def _make_room(size: int) -> None:
    """Let go of what was read first, until `size` bytes more may be kept."""
    known = _recent.copy()  # made in one step: another thread may put one in now
    kept = sum(shard.size for shard in known.values())
    for key, shard in known.items():
        if kept + size <= _KEPT:
            return
        kept -= shard.size
        _recent.pop(key, None)


_Items = dict[str, dict[str, Entry]]
"""The rows of each item's folder, by the item and the row's name."""


def _read(store: Store, where: str, path: str) -> SealedShard:
    file, _, beside = where.partition("+")
    blobs, items = dict[str, bytes](), _Items()
    for name, data in _posts(store, file, path).items():
        item, _, post = name.partition("/")
        id_ = object_id("blob", data, len(file) // 2)
        blobs[id_] = data
        items.setdefault(item, {})[post] = SealedEntry.of(post, PLAIN, id_, where)
    wrong = next((i for i in items if layout.item_folder(i) != f"{path}/{i}"), None)
    if wrong:
        raise MalformedSeal(f"{wrong} in {_named(path)}, where it does not belong")
    loose = store.tree(beside) if beside else ()
    if beside and not loose:
        raise MalformedSeal(f"an empty folder beside {_named(path)}")
    twice = tuple(_merged(store, items, loose, path))
    found, posts = _folder(items, loose, where)
    return SealedShard(found, posts, blobs, twice)


def _posts(store: Store, file: str, path: str) -> dict[str, bytes]:
    try:
        return unseal(store.whole(file))
    except BadSeal as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: BadSeal) -> MalformedSeal:
    return MalformedSeal(f"{_named(path)}, which cannot be read: {error}")


def _named(path: str) -> str:
    return f"{path}{layout.SEALED}"


def _merged(store: Store, items: _Items, loose: Rows, path: str) -> Iterator[str]:
    """Put what lies in the folder beside into `items`; the paths that lie in both."""
    for folder in loose:
        mine = items.get(folder.name)
        if mine is None:
            continue
        if folder.mode != SUBTREE:
            raise MalformedSeal(f"a file {folder.name} beside {_named(path)}")
        # Of an overlay, it may come from another feed's sealed shard.
        found = rows(store, folder, f"{path}/{folder.name}")
        if not found:
            raise MalformedSeal(f"an empty folder {folder.name} beside {_named(path)}")
        for row in found:
            place = f"{folder.name}/{row.name}"
            if row.name in mine:
                if row != mine[row.name]:
                    raise MalformedSeal(f"{place}, which {_named(path)} has otherwise")
                yield place
            mine[row.name] = row


def _folder(items: _Items, loose: Rows, where: str) -> tuple[Rows, dict[str, Rows]]:
    """All rows of a shard, and those of each sealed item's folder."""
    posts, found = dict[str, Rows](), {row.name: row for row in loose}
    size = len(where.partition("+")[0]) // 2
    for item, mine in items.items():
        posts[item] = tuple(sorted(mine.values(), key=sort_key))
        id_ = object_id("tree", raw(posts[item]), size)
        found[item] = SealedEntry.of(item, SUBTREE, id_, where)
    return tuple(sorted(found.values(), key=sort_key)), posts
