"""Tree objects: from git's bytes to entries and back.

Trees are read from their raw bytes and checked: git and libgit2 read different posts
from a tree that is unsorted or names an entry twice.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import namedtuple
from collections.abc import Iterable
from functools import cache, partial
from hashlib import sha1, sha256
from itertools import pairwise, product

from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Place
from fleetfeed.util.printable import printable

SUBTREE = 0o040000
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
    SUBTREE: "folder",
}


class MalformedTree(CannotTell):
    """A tree object that readers disagree about; the text says how.

    Once it is known where the tree lies (`at`), the text says that too, and what to do.
    """

    code = "FF022"

    def at(self, path: str) -> "MalformedTree":
        """The same of the tree at `path`, of a feed that is there already."""
        if self.finding:
            return self
        where = printable(path, 400)
        message = f"{where} has {self}, so nobody can tell what is in it"
        message += "; the server's keeper must set the feed ref back to before it"
        return type(self)(message, finding(self.code, Place(where), message))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class _Entry(NamedTuple):
        name: str
        mode: int
        id: str

else:  # `typing` takes 2 ms to import
    _Entry = namedtuple("_Entry", ("name", "mode", "id"))  # noqa: PYI024


class Entry(_Entry):
    """One entry of a tree: `id` in hexadecimal, `name` with surrogate escapes.

    A tuple, and no record: an audit makes thousands for each commit.
    """

    @property
    def sealed_in(self) -> str:
        """The sealed shard that has its content; empty for an object of its own."""
        return ""

    def named(self, name: str) -> "Entry":
        """The same under another name."""
        return Entry(name, self.mode, self.id)


class SealedEntry(Entry):
    """An entry whose content lies in a sealed shard (see `seal_view`).

    Its id is the one that git would give it, so it equals the entry of an object of its
    own. It has a dictionary: a tuple's class can have no other slots.
    """

    sealed_in = ""

    @classmethod
    def of(cls, name: str, mode: int, id_: str, sealed_in: str) -> "SealedEntry":
        """An entry in the sealed shard `sealed_in`."""
        entry = cls(name, mode, id_)
        entry.sealed_in = sealed_in
        return entry

    def named(self, name: str) -> "SealedEntry":
        """The same under another name."""
        return SealedEntry.of(name, self.mode, self.id, self.sealed_in)


_made = partial(tuple.__new__, Entry)
_FOLDER_MODE = b"%o" % SUBTREE
_IMPOSSIBLE = frozenset((b".", b"..", *map(bytes, product(b".", b"gG", b"iI", b"tT"))))


@cache
def _entries(id_size: int) -> re.Pattern[bytes]:
    """Entry after entry: mode, name, id. What is none is one match, to the end.

    So no byte is looked at twice, whatever was pushed.
    """
    return re.compile(rb"([1-7][0-7]*) ([^\0/]+)\0(.{%d})|.+" % id_size, re.DOTALL)


def parse(data: bytes, id_size: int) -> tuple[Entry, ...]:
    """A tree object's entries from its bytes; ids have `id_size` bytes.

    Format: `mode SP name NUL id`, repeated (git, Documentation/gitformat-pack). All
    entries are checked at once, since a folder may have a thousand of them.
    """
    if not data:
        return ()
    parts = _entries(id_size).split(data)
    modes, names, ids = parts[1::4], parts[2::4], parts[3::4]
    kinds = set(modes)
    if None in kinds or not _sound(kinds, modes, names):
        raise MalformedTree(_malformed(data, id_size))
    values = {mode: int(mode, 8) for mode in kinds}
    # A name has no slash: many are decoded as one.
    texts = b"/".join(names).decode("utf-8", "surrogateescape").split("/")
    hexed = b"".join(ids).hex("/", id_size).split("/")
    rows = zip(texts, map(values.__getitem__, modes), hexed, strict=True)
    return tuple(map(_made, rows))


def _sound(kinds: set[bytes], modes: list[bytes], names: list[bytes]) -> bool:
    """Whether no name is impossible or there twice, and all stand in git's order."""
    unique = set(names)
    if len(unique) < len(names) or not unique.isdisjoint(_IMPOSSIBLE):
        return False
    keys = names
    if kinds == {_FOLDER_MODE}:
        keys = [name + b"/" for name in names]
    elif _FOLDER_MODE in kinds:
        keys = [_key(*row) for row in zip(names, modes, strict=True)]
    return keys == sorted(keys)


def _key(name: bytes, mode: bytes) -> bytes:
    return name + b"/" if mode == _FOLDER_MODE else name


def _malformed(data: bytes, id_size: int) -> str:
    """What is wrong with a malformed tree, at the first place."""
    keys: list[bytes] = []
    at = 0
    while at < len(data):
        space, end = data.find(b" ", at), data.find(b"\0", at)
        if not at < space < end or end + 1 + id_size > len(data):
            return "a tree that ends in the middle of an entry"
        mode, name = data[at:space], data[space + 1 : end]
        if not re.fullmatch(rb"[1-7][0-7]*", mode):
            return "an entry with an impossible mode"
        if not name or b"/" in name or name in _IMPOSSIBLE:
            return "an entry with an impossible name"
        keys.append(_key(name, mode))
        at = end + 1 + id_size
    if any(one >= two for one, two in pairwise(keys)):
        return "entries that are not sorted, or named twice"
    return "a file and a folder of one name"


def sort_key(entry: Entry) -> bytes:
    """Git's order: by bytes, a folder as if its name ended in `/`."""
    name = entry.name.encode("utf-8", "surrogateescape")
    return name + b"/" if entry.mode == SUBTREE else name


# What HFS+ leaves out of a name (git, utf8.c, next_hfs_char).
_LEFT_OUT = dict.fromkeys(
    (*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF)
)


_SEARCHED = 50
"""Entries from which on it is faster to halve them than to go through them."""


def named(rows: tuple[Entry, ...], name: str) -> Entry | None:
    """The entry called `name` among the sorted `rows` of a tree; None without one."""
    if len(rows) < _SEARCHED:
        return next((row for row in rows if row.name == name), None)
    for mode in (SUBTREE, PLAIN):
        at = bisect_left(rows, sort_key(Entry(name, mode, "")), key=sort_key)
        if at < len(rows) and rows[at].name == name:
            return rows[at]
    return None


def folded(name: str) -> str:
    """What a file system makes of a name that folds case and Unicode forms.

    HFS+ ignores some characters, too: on such a Mac `fe\\u200ced` is `feed`.
    """
    return unicodedata.normalize("NFKC", name.translate(_LEFT_OUT)).casefold()


def raw(entries: Iterable[Entry]) -> bytes:
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
    digest = sha1 if id_size == 20 else sha256  # noqa: PLR2004
    return digest(header + data).hexdigest()
