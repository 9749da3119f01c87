"""Commits built as objects, without git's commands, and judged as the server's hook does.

Whoever pushes may hand in what no git would make: any parents, any tree, any date, and
a signature by hand. That is some 10 ms a commit, so tables of them are cheap.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pygit2

from fleetfeed.checks.receive import Update, judge_receive
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.model.findings import Verdict
from fleetfeed.model.pusher import SOURCES, pusher
from fleetfeed.repo.location import locate, server_told
from fleetfeed.repo.repository import Repo as Judged
from harness.fleet import MAIN, Fleet, Seat, Server
from harness.signing import Key

_FOLDER = "40000"
_EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_KINDS = {"blob": 3, "tree": 2, "commit": 1}

File = str | bytes | tuple[str, str] | None
"""What a commit puts at a path: a text, `(mode, id)`, or None, which takes it away."""


Moved = tuple[str | None, str | None, str]
"""A ref of a push: what it was, what it is to be, its name."""


@dataclass(frozen=True)
class Builder:
    """Writes objects into the store of a clone."""

    seat: Seat

    @cached_property
    def _store(self) -> pygit2.Odb:
        return pygit2.Repository(str(self.seat.folder)).odb

    def store(self, kind: str, data: bytes) -> str:
        """Store an object as it is; its id."""
        return str(self._store.write(_KINDS[kind], data))

    def commit(
        self,
        files: Mapping[str, File],
        *parents: str,
        key: Key | None = None,
        message: str = "x",
        at: float | None = None,
        base: str | None = None,
    ) -> str:
        """A commit of the tree of `base` (its first parent) with `files`; its id.

        `at` is its date, in seconds since 1970; `key` signs it.
        """
        start = base or (parents[0] if parents else None)
        tree = self._tree(self._tree_of(start) if start else None, files)
        date = f"{int(at or time.time())} +0000"
        rows = [f"tree {tree}", *(f"parent {one}" for one in parents)]
        rows += [f"{who} A <a@example.invalid> {date}" for who in _PEOPLE]
        return self.signed("\n".join(rows), message, key)

    def signed(self, head: str, message: str, key: Key | None = None) -> str:
        """A commit of these header lines, signed by `key`; its id."""
        text = f"\n\n{message}\n"
        if key:
            signature = key.sign((head + text).encode()).decode().rstrip("\n")
            head += "\ngpgsig " + signature.replace("\n", "\n ")
        return self.store("commit", (head + text).encode())

    def _tree_of(self, commit: str) -> str:
        data = self._store.read(commit)[1]
        return data.split(b"\n", 1)[0].removeprefix(b"tree ").decode()

    def _tree(self, base: str | None, files: Mapping[str, File]) -> str:
        rows = dict(self._rows(base)) if base else {}
        below: dict[str, dict[str, File]] = {}
        for path, file in files.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = file
            elif file is None:
                rows.pop(name, None)
            else:
                rows[name] = file if isinstance(file, tuple) else self._blob(file)
        for name, inside in below.items():
            mode, id_ = rows.get(name, (_FOLDER, None))
            made = self._tree(id_ if mode == _FOLDER else None, inside)
            rows[name] = _FOLDER, made
            if made == _EMPTY:  # git has no empty folders
                del rows[name]
        data = b"".join(
            f"{mode} {name}\0".encode() + bytes.fromhex(id_ or "")
            for name, (mode, id_) in sorted(rows.items(), key=_in_gits_order)
        )
        return self.store("tree", data)

    def _rows(self, tree: str) -> Sequence[tuple[str, tuple[str, str]]]:
        data, found = self._store.read(tree)[1], []
        while data:
            head, _, rest = data.partition(b"\0")
            mode, _, name = head.decode().partition(" ")
            found.append((name, (mode, rest[:20].hex())))
            data = rest[20:]
        return found

    def _blob(self, text: str | bytes) -> tuple[str, str]:
        data = text if isinstance(text, bytes) else text.encode()
        return "100644", self.store("blob", data)


_PEOPLE = ("author", "committer")


def _in_gits_order(row: tuple[str, tuple[str, str | None]]) -> bytes:
    name, (mode, _) = row
    return name.encode() + (b"/" if mode == _FOLDER else b"")


def received(
    server: Server, clone: Seat, moved: Sequence[Moved], login: str = ""
) -> Verdict:
    """The verdict on a push of what is in `clone`.

    As the server's hook has it, its settings and all, but in this process.
    """
    beside = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{clone.folder}/.git/objects"}
    git = Git(server.folder, {**server.environment, **beside})
    known = queries.settings(git, queries.own_settings_question("."))
    told = server_told(known, None, None)
    repo, where = Judged(git, known=told), locate(None, told, {})
    source = queries.setting(known, "fleetfeed.pusherfrom")
    by = pusher(source, {SOURCES[source]: login}) if source else None
    updates = [Update(*each) for each in moved]
    return judge_receive(repo, updates, where, ServerLeases(repo), by)


@dataclass(frozen=True)
class Workshop:
    """A fleet whose server judges what a builder makes, and into whose feed it is put.

    What is judged in this process lands nowhere, so one serves for many rows.
    """

    fleet: Fleet
    builder: Builder

    @classmethod
    def of(cls, fleet: Fleet, name: str = "CAMBER-06") -> "Workshop":
        """A workshop whose objects lie in the clone of a seat, and are the server's too."""
        builder = Builder(fleet.seat(name))
        store = fleet.server.folder / "objects/info/alternates"
        store.parent.mkdir(exist_ok=True)
        store.write_text(f"{builder.seat.folder}/.git/objects\n")
        return cls(fleet, builder)

    @property
    def tip(self) -> str:
        """Where the feed ref is."""
        return (self.fleet.server.folder / MAIN).read_text().strip()

    def holds(self, path: str) -> str:
        """The text of a file of the feed as it is."""
        return self.fleet.server.holds(path, MAIN) or ""

    def judged(
        self, commit: str, login: str = "", more: Sequence[Moved] = ()
    ) -> Verdict:
        """What the server's hook says of a push of `commit`, and of `more` refs."""
        old = self.fleet.server.tip(MAIN) or None
        return self.pushed([(old, commit, MAIN), *more], login)

    def pushed(self, moved: Sequence[Moved], login: str = "") -> Verdict:
        """What the server's hook says of a push."""
        return received(self.fleet.server, self.builder.seat, moved, login)

    def land(self, commit: str) -> str:
        """Put the feed ref there past the hook, as the server's keeper can."""
        (self.fleet.server.folder / MAIN).write_text(f"{commit}\n")
        return commit
