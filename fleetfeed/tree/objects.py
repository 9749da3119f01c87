"""Tree objects: from git's bytes to entries and back.

Trees are read from their raw bytes and checked: git and libgit2 read different posts
from a tree that is unsorted or names an entry twice.
"""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from fleetfeed.digest import sha1, sha256
from fleetfeed.errors import CannotTell
from fleetfeed.finding import Place
from fleetfeed.record import record
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


@record
class Entry:
    """One entry of a tree: `id` in hexadecimal, `name` with surrogate escapes."""

    name: str
    mode: int
    id: str


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


# What HFS+ leaves out of a name (git, utf8.c, next_hfs_char).
_LEFT_OUT = dict.fromkeys(
    (*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF)
)


def folded(name: str) -> str:
    """What a file system makes of a name that folds case and Unicode forms.

    HFS+ ignores some characters, too: on such a Mac `fe\\u200ced` is `feed`.
    """
    return unicodedata.normalize("NFKC", name.translate(_LEFT_OUT)).casefold()


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
    digest = sha1() if id_size == 20 else sha256()  # noqa: PLR2004
    return digest(header + data).hexdigest()
