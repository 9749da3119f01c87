"""Feed trees as values: a Merkle tree of entries, whoever stores them.

The judge works on these alone. git's objects, a work tree and a dictionary in a test
all become one `FeedTree`, so there is one way to list, compare and overlay them.
Trees are read from their raw bytes and checked: git and libgit2 read different posts
from a tree that is unsorted or names an entry twice.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from fleetfeed.errors import CannotTell
from fleetfeed.finding import Place
from fleetfeed.rules import finding
from fleetfeed.shown import shown

FOLDER = 0o040000
PLAIN = 0o100644
EXECUTABLE = 0o100755
LINK = 0o120000
SUBMODULE = 0o160000

MODES = {
    PLAIN: "file",
    0o100664: "file that a group may write",
    EXECUTABLE: "executable file",
    LINK: "symbolic link",
    SUBMODULE: "submodule",
    FOLDER: "folder",
}


class MalformedTree(CannotTell):
    """A tree object that readers disagree about; the text says how.

    Once it is known where the tree lies (`at`), the text says that too, and what to do.
    """

    def at(self, path: str) -> "MalformedTree":
        """The same of the tree at `path`, of a feed that is there already."""
        if self.finding:
            return self
        said = f"{shown(path, 400)} has {self}, so nobody can tell what is in it"
        todo = "the server's keeper must set the feed ref back to before it"
        message = f"{said}; {todo}"
        return MalformedTree(
            message, finding("FF022", Place(shown(path, 400)), message)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree: `id` in hexadecimal, `name` with surrogate escapes."""

    name: str
    mode: int
    id: str


class Store(Protocol):
    """Where trees and blobs are read from, by id."""

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """The entries of a tree. MalformedTree, or CannotTell where it is missing."""

    def blob(self, id_: str) -> bytes:
        """The bytes of a blob. CannotTell where it is missing."""


def parse(data: bytes, id_size: int) -> tuple[Entry, ...]:
    """A tree object's entries from its bytes; ids have `id_size` bytes.

    Format: `mode SP name NUL id`, repeated (git, Documentation/gitformat-pack).
    """
    entries: list[Entry] = []
    at = 0
    while at < len(data):
        space, end = data.find(b" ", at), data.find(b"\0", at)
        if not at < space < end or end + 1 + id_size > len(data):
            raise MalformedTree("a tree that ends in the middle of an entry")
        entries.append(
            _entry(data[at:space], data[space + 1 : end], data[end + 1 :][:id_size])
        )
        at = end + 1 + id_size
    _check_order(entries)
    return tuple(entries)


def _entry(mode: bytes, name: bytes, id_: bytes) -> Entry:
    if not mode.isdigit() or mode.startswith(b"0") or set(mode) - set(b"01234567"):
        raise MalformedTree("an entry with an impossible mode")
    if name in (b"", b".", b"..") or b"/" in name or name.lower() == b".git":
        raise MalformedTree("an entry with an impossible name")
    return Entry(name.decode("utf-8", "surrogateescape"), int(mode, 8), id_.hex())


def sort_key(entry: Entry) -> bytes:
    """Git's order: by bytes, a folder as if its name ended in `/`."""
    name = entry.name.encode("utf-8", "surrogateescape")
    return name + b"/" if entry.mode == FOLDER else name


def _check_order(entries: list[Entry]) -> None:
    keys = [sort_key(entry) for entry in entries]
    if any(one >= two for one, two in pairwise(keys)):
        raise MalformedTree("entries that are not sorted, or named twice")
    if len({entry.name for entry in entries}) != len(entries):
        raise MalformedTree("a file and a folder of one name")


def folded(name: str) -> str:
    """What a file system makes of a name that folds case and Unicode forms."""
    return unicodedata.normalize("NFKC", name).casefold()


def raw(entries: Iterator[Entry] | tuple[Entry, ...]) -> bytes:
    """The bytes of a tree object with `entries`."""
    rows = sorted(entries, key=sort_key)
    return b"".join(
        b"%o %s\0%s"
        % (row.mode, row.name.encode("utf-8", "surrogateescape"), bytes.fromhex(row.id))
        for row in rows
    )


def object_id(kind: str, data: bytes, id_size: int = 20) -> str:
    """The id that git gives an object: SHA-1 for 20 bytes, SHA-256 for 32."""
    header = f"{kind} {len(data)}\0".encode()
    digest = hashlib.sha1 if id_size == 20 else hashlib.sha256  # noqa: PLR2004
    return digest(header + data).hexdigest()


@dataclass(frozen=True, slots=True)
class FeedTree:
    """A feed's folder at one moment: `root` is its tree's id, None where it is absent.

    `folder` is where it lies in its repository, for messages (`feed`).
    """

    store: Store
    root: str | None
    folder: str = "feed"

    def entry(self, path: str) -> Entry | None:
        """The entry at `path` in the feed, None where there is none."""
        if self.root is None:
            return None
        found: Entry | None = Entry("", FOLDER, self.root)
        above = ""
        for name in path.split("/") if path else []:
            if found is None or found.mode != FOLDER:
                return None
            rows = self.below(found, above)
            found = next((row for row in rows if row.name == name), None)
            above = f"{above}/{name}" if above else name
        return found

    def below(self, entry: Entry, path: str) -> tuple[Entry, ...]:
        """What lies in the folder `entry` at `path`. MalformedTree with that path."""
        try:
            return self.store.tree(entry.id)
        except MalformedTree as error:
            raise error.at(self.shown(path)) from error

    def names(self, path: str = "") -> tuple[Entry, ...]:
        """What lies in the folder `path`; nothing where there is no such folder."""
        found = self.entry(path)
        if found is None or found.mode != FOLDER:
            return ()
        return self.below(found, path)

    def read(self, path: str) -> bytes | None:
        """The bytes of the plain file at `path`, None where there is none."""
        found = self.entry(path)
        return self.store.blob(found.id) if found and found.mode == PLAIN else None

    def shown(self, path: str) -> str:
        """`path` as it stands in the repository."""
        return f"{self.folder}/{path}" if path else self.folder


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
        theirs = _children(right.store, new)
    except MalformedTree as error:
        yield Change(path, old, new, str(error))
        return
    try:
        ours = _children(left.store, old)
    except MalformedTree as error:
        raise error.at(left.shown(path)) from error
    if new and new.mode == FOLDER and not theirs:
        yield Change(path, old, new, "an empty folder, which git never makes")
        return
    leaf_old, leaf_new = (e if e and e.mode != FOLDER else None for e in (old, new))
    if leaf_old or leaf_new:
        yield Change(path, leaf_old, leaf_new)
    for name in sorted(ours.keys() | theirs.keys()):
        below = f"{path}/{name}" if path else name
        yield from _differ(left, right, below, ours.get(name), theirs.get(name))


def _children(store: Store, entry: Entry | None) -> dict[str, Entry]:
    if entry is None or entry.mode != FOLDER:
        return {}
    return {child.name: child for child in store.tree(entry.id)}


@dataclass(frozen=True, slots=True)
class Layered:
    """Objects of our own laid over another store; nothing is written below."""

    below: Store
    trees: dict[str, tuple[Entry, ...]]
    blobs: dict[str, bytes]

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See Store."""
        own = self.trees.get(id_)
        return self.below.tree(id_) if own is None else own

    def blob(self, id_: str) -> bytes:
        """See Store."""
        own = self.blobs.get(id_)
        return self.below.blob(id_) if own is None else own


def overlay(
    base: FeedTree,
    laid: Mapping[str, Entry | None],
    blobs: Mapping[str, bytes] | None = None,
) -> FeedTree:
    """`base` with the entry at each path of `laid` put there (None: taken away).

    `blobs` are bytes by id for entries that are in no store yet. Ids are those that
    git would give, so equal content has equal ids on both sides of a comparison.
    """
    store = Layered(base.store, {}, dict(blobs or {}))
    size = len(base.root) // 2 if base.root else _size_of(laid)
    top = Entry("", FOLDER, base.root) if base.root else None
    root = _laid(store, top, _nested(laid), size)
    return FeedTree(store, root.id if root else None, base.folder)


def _size_of(laid: Mapping[str, Entry | None]) -> int:
    return next((len(entry.id) // 2 for entry in laid.values() if entry), 20)


_Nested = dict[str, "Entry | _Nested | None"]


def _nested(laid: Mapping[str, Entry | None]) -> _Nested:
    """`laid` by folder; where a file takes a folder's place, the file stays."""
    top: _Nested = {}
    for path, entry in sorted(laid.items(), key=_removals_first):
        *folders, name = path.split("/")
        level = top
        for folder in folders:
            below = level.get(folder)
            if not isinstance(below, dict):
                below = level[folder] = {}
            level = below
        if not isinstance(level.get(name), dict) or entry:
            level[name] = entry
    return top


def _removals_first(row: tuple[str, Entry | None]) -> bool:
    return row[1] is not None


def _laid(
    store: Layered, base: Entry | None, nested: _Nested, size: int
) -> Entry | None:
    children = _children(store, base)
    for name, what in nested.items():
        new = (
            _laid(store, children.get(name), what, size)
            if isinstance(what, dict)
            else what
        )
        if new is None:
            children.pop(name, None)
        else:
            children[name] = Entry(name, new.mode, new.id)
    if not children:
        # Nothing was below a file: it stays as it is.
        return base if base and base.mode != FOLDER else None
    rows = tuple(sorted(children.values(), key=sort_key))
    id_ = object_id("tree", raw(rows), size)
    store.trees[id_] = rows
    return Entry("", FOLDER, id_)


class NoStore:
    """A store that holds nothing, below trees that are made in memory."""

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """KeyError, always."""
        raise KeyError(id_)

    def blob(self, id_: str) -> bytes:
        """KeyError, always."""
        raise KeyError(id_)


def from_files(files: Mapping[str, bytes], folder: str = "feed") -> FeedTree:
    """A feed of plain files by path, in memory."""
    blobs = {object_id("blob", data): data for data in files.values()}
    laid = {
        path: Entry("", PLAIN, object_id("blob", data)) for path, data in files.items()
    }
    return overlay(FeedTree(NoStore(), None, folder), laid, blobs)
