"""A repository's objects: through git at first, through libgit2 when they are many.

`git cat-file` starts in a few milliseconds and answers in 13 µs, in 6 where many are
asked for together; libgit2 in 7, but importing pygit2 takes as long as thousands of
answers (`FEW`). What reads little never pays for it; the audit of a long history pays
once. What libgit2 cannot read (SHA-256, or what a partial clone lacks) git reads in
either case.

libgit2 opens the object database alone: git says where it is, and git knows about
quarantines (`GIT_OBJECT_DIRECTORY`), linked worktrees and every repository format, so a
split index or a reftable stops nobody.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from fleetfeed.feed.objects import Entry, MalformedTree
from fleetfeed.feed.parse_cache import ParseCache
from fleetfeed.feed.seal_format import LARGEST
from fleetfeed.git.hook_process import HookGit
from fleetfeed.git.process import Git
from fleetfeed.git.queries import BATCH, commit_of
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Place
from fleetfeed.model.yaml.salvage import MAX_BYTES
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pygit2

    from fleetfeed.git.spawned import Spawned

Raw = tuple[str, bytes]
"""An object's kind (`commit`, `tree`, `blob`, `tag`) and its bytes; see `wanted`."""


def wanted(kind: str, size: int, most: int = MAX_BYTES) -> int:
    """How many bytes of an object are read: a tree's all, of others the first `most`.

    A few hundred bytes of a pack can be a file of gigabytes. A post is too large long
    before (FF004), and what it claimed is not looked for beyond (`salvage`).
    """
    return size if kind == "tree" else min(size, most)


def missing(what: str) -> CannotTell:
    """The answer where an object cannot be had: never that a path is absent."""
    said = f"{what} is missing here and could not be fetched"
    todo = "fetch it (`git fetch --refetch`, or `--unshallow`) and try again"
    message = f"{said}; {todo}"
    return CannotTell(message, finding("FF410", Place(what), message))


_TOGETHER = 63
"""How many ids of SHA-256 fit into a page, the least that a pipe holds.

While we write them git may be waiting to get rid of an answer.
"""

_MOST_TOGETHER = 16 * 1024 * 1024
"""Bytes of objects that are read before one of them is asked for."""


class Batch:
    """One `git cat-file --batch`: slower, and able to read whatever git can."""

    def __init__(self, git: Git) -> None:
        """Nothing is started before the first `read`."""
        self._git = git

    @cached_property
    def _child(self) -> "Spawned":
        child = self._git.talk(*BATCH)
        if not isinstance(self._git, HookGit):  # whose `end` ends it
            from weakref import finalize

            finalize(self, child.end)
        return child

    def read(self, id_: str, most: int = MAX_BYTES) -> Raw:
        """The object; CannotTell where git cannot have it either."""
        child = self._child
        found = _asked(child, id_, most)
        if found is None:
            # git ends on a damaged object or a failed fetch: the next one asks anew.
            self.close()
            # A signal is no answer: Ctrl-C ends it, too, where `hold` goes on.
            killed = (child.returncode or 0) < 0
            found = _asked(self._child, id_, most) if killed else None
        if found is None:
            self.close()
            raise missing(f"object {id_}")
        _, kind, data, size = found
        if len(data) < size:
            self._child.kill()  # or it would go on to the object's end
            self.close()
        return kind, data

    def read_together(self, ids: Sequence[str]) -> Iterator[tuple[str, Raw]]:
        """Objects with their ids: many questions are put before an answer is read.

        It ends before one that is missing, or large, or where all of them are.
        """
        room = _MOST_TOGETHER
        for at in range(0, len(ids), _TOGETHER):
            some = ids[at : at + _TOGETHER]
            asked = _ask(self._child, some)
            for id_ in some:
                found = _answer(self._child) if asked and room > 0 else None
                if found is None or len(found[2]) < found[3]:
                    self._child.kill()  # there may be answers that nobody wants
                    self.close()
                    return
                room -= found[3]
                yield id_, (found[1], found[2])

    def commit(self, name: str = "HEAD") -> str | None:
        """A name's commit; None where there is none, or where git cannot say."""
        found = _asked(self._child, f"{name}^{{commit}}")
        if found is None or len(found[2]) < found[3]:
            self.close()
        return found[0] if found else None

    def close(self) -> None:
        """End the child, if there is one."""
        child = self.__dict__.pop("_child", None)
        if child:
            child.end()


_Answer = tuple[str, str, bytes, int]
"""An object's id and kind, the bytes that are wanted, and how many there are."""


def _asked(child: "Spawned", name: str, most: int = MAX_BYTES) -> _Answer | None:
    """What git has under `name`; None where there is none, or it has ended."""
    return _answer(child, most) if _ask(child, (name,)) else None


def _ask(child: "Spawned", names: Sequence[str]) -> bool:
    """Ask for `names`, ids or refs; False where git has ended."""
    asked = "".join(f"{name}\n" for name in names)
    try:
        child.stdin.write(asked.encode("utf-8", "surrogateescape"))
        child.stdin.flush()
    except BrokenPipeError:
        return False
    return True


def _answer(child: "Spawned", limit: int = MAX_BYTES) -> _Answer | None:
    """git's next answer: `id kind size`, the bytes, a newline (git-cat-file)."""
    out = child.stdout
    header = out.readline().split()
    if len(header) != 3 or not header[2].isdigit():  # noqa: PLR2004 - id kind size
        return None
    id_, kind, size = str(header[0], "ascii"), str(header[1], "ascii"), int(header[2])
    most = wanted(kind, size, limit)
    data = out.read(most)
    if len(data) < most:
        return None
    if most == size:
        out.read(1)
    return id_, kind, data, size


SHA1_DIGITS = 40
FEW = 10_000
"""How many objects git is asked for, one by one, before pygit2 is worth its import.

That takes 60 ms, and then an object 7 µs. git takes 12 to 15 where it waits for each
question, so they are even at 7,500 to 12,000; and 5 to 7 where it does not (`expect`),
so what is expected does not count. (6,000 objects of a feed, medians of 15.)
"""

MOST_ROWS = 50_000
"""How many entries of trees are kept in memory, some 15 MB."""


class Objects:
    """A repository's objects, as a `Store` of trees and blobs and a few more."""

    def __init__(self, git: Git, ahead: Git | None = None) -> None:
        """`git` says which repository; nothing is opened before the first read.

        `ahead` is one that has been asked for objects already.
        """
        self._batch = Batch(ahead or git)
        self._git = git
        self._trees: dict[str, tuple[Entry, ...]] = {}
        self._rows = 0
        self._parser = ParseCache()
        self._tops: dict[str, str] = {}
        self._asked = 0
        self.made: dict[str, Raw] = {}
        """Objects that are not written, and are read as if they were."""
        self._ready: dict[str, Raw] = {}
        self._ready_before: dict[str, Raw] = {}

    @cached_property
    def _database(self) -> "pygit2.Odb":
        """libgit2's object database, alternates included."""
        import pygit2

        paths = [self._git.line("rev-parse", "--git-path", "objects")]
        known = self._git.environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        paths += [path for path in known.split(os.pathsep) if path]
        folder = self._git.folder.absolute()
        # It would keep what it read, 256 MiB of it; what is wanted again is kept here.
        pygit2.settings.enable_caching(False)
        database = pygit2.Odb(str(folder / paths[0]))
        for path in paths[1:]:
            database.add_disk_alternate(str(folder / path))
        return database

    @cached_property
    def _libgit2(self) -> Callable[[str, int], Raw]:
        """libgit2's reader; KeyError for what it does not have or cannot read."""
        import pygit2

        from fleetfeed.git.pack import KINDS

        database = self._database

        def read(id_: str, most: int) -> Raw:
            try:
                kind, size = database.read_header(id_)
                if wanted(KINDS[kind], size, most) < size:
                    raise KeyError(id_)  # libgit2 reads all or nothing
                kind, data = database.read(id_)
            except pygit2.GitError as error:
                raise KeyError(id_) from error
            return KINDS[kind], data

        return read

    def _by_git(self) -> bool:
        """Whether git is asked, and not libgit2."""
        # A folder with a colon in its name: git quotes it, and reads it back.
        known = self._git.environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        return self._asked < FEW or '"' in known

    def read(self, id_: str, most: int = MAX_BYTES) -> Raw:
        """An object by its id. CannotTell where it is missing.

        Of one that is no tree only the first `most` bytes.
        """
        ready = self.made.get(id_) if self.made else None
        ready = ready or self._ready.pop(id_, None) or self._ready_before.pop(id_, None)
        if ready:
            return ready
        self._asked += 1
        if self._asked == FEW:
            self._batch.close()  # it keeps what it read in a cache of its own
        if len(id_) != SHA1_DIGITS or self._by_git():
            return self._batch.read(id_, most)
        try:
            return self._libgit2(id_, most)
        except KeyError:
            # Absent here, which in a partial clone is not absent from the world; or
            # damaged; or large. git fetches it, or its first part, or says that it
            # cannot.
            return self._batch.read(id_, most)

    def by_libgit2(self, id_: str) -> Raw:
        """An object through libgit2 alone, as the doctor tries it.

        ImportError where there is no libgit2, KeyError where it cannot read the object.
        """
        import pygit2

        try:
            return self._libgit2(id_, MAX_BYTES)
        except pygit2.GitError as error:  # it cannot open the database
            raise KeyError(id_) from error

    def expect(self, ids: Iterable[str]) -> None:
        """See `Store`. What is missing, or large, is left to `read`.

        What was expected the time before is still at hand: of two trees that are
        compared, one is expected after the other.
        """
        wanted = tuple(id_ for id_ in dict.fromkeys(ids) if id_ not in self._trees)
        if self.made:
            wanted = tuple(id_ for id_ in wanted if id_ not in self.made)
        if len(wanted) > 1:
            self._ready_before = self._ready
            self._ready = dict(self._batch.read_together(wanted))

    def write(self, objects: Iterable[tuple[str, bytes]], id_size: int) -> None:
        """Store objects, each a kind and its bytes. CannotTell where there is no room.

        By one git for all of them: a post is some six objects, and a process each took
        11 ms, `git mktree --batch` 5, this 3.
        """
        from fleetfeed.git.pack import entry, packed  # late: no hook writes

        pack = packed([entry(*each) for each in objects], id_size)
        try:
            self._git.out("unpack-objects", "-q", stdin=pack)
        except CannotTell as error:  # git says so, or cannot even be given it
            message = f"the commit cannot be written ({printable(str(error), 300)})"
            raise CannotTell(f"{message}; make room, or mend the repository") from error

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See `Store`. What was asked for last is kept, up to MOST_ROWS entries.

        Each commit of a history has new trees, and is compared with one before it.
        """
        found = self._trees.pop(id_, None)
        if found is None:
            kind, data = self.read(id_)
            if kind != "tree":
                raise MalformedTree(f"a {kind} where a tree is wanted")
            found = self._parser.parse(data, len(id_) // 2)
            self._make_room(len(found) + 1)
        self._trees[id_] = found
        return found

    def _make_room(self, rows: int) -> None:
        self._rows += rows
        while self._rows > MOST_ROWS and self._trees:
            oldest = next(iter(self._trees))
            self._rows -= len(self._trees.pop(oldest)) + 1

    def blob(self, id_: str) -> bytes:
        """See `Store`."""
        return self._of("blob", id_)

    def whole(self, id_: str) -> bytes:
        """See `Store`; one byte more than a sealed shard may have tells too many."""
        return self._of("blob", id_, LARGEST + 1)

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        if commit not in self._tops:
            head, _, _ = self._of("commit", commit).partition(b"\n")
            if len(self._tops) > FEW:
                self._tops.clear()
            self._tops[commit] = head.removeprefix(b"tree ").decode("ascii")
        return self._tops[commit]

    def head(self) -> str | None:
        """The commit that HEAD stands for; None where there is none.

        The git that will be asked for it says its id, too. Where that has no answer the
        question is put in full: a branch without commits is no damaged repository.
        """
        return self._batch.commit() or commit_of(self._git, "HEAD")

    def commit_at(self, ref: str) -> str | None:
        """The commit that `ref` is likely at, by the git that is at hand.

        None where it has no answer. Where there is no such ref, it may have that of
        another (`git.queries`): whoever goes on by it asks again.
        """
        return self._batch.commit(ref)

    def _of(self, kind: str, id_: str, most: int = MAX_BYTES) -> bytes:
        given, data = self.read(id_, most)
        if given != kind:
            what = f"object {id_}"
            said = f"{what} is a {given} where a {kind} is wanted"
            message = f"{said}; build the commit with git itself"
            raise CannotTell(message, finding("FF022", Place(what), message))
        return data

    def close(self) -> None:
        """End the child process, if there is one."""
        self._batch.close()
