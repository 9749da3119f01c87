"""Objects by id: through libgit2, and through git where libgit2 cannot.

libgit2 reads an object in a few microseconds, `git cat-file` in a hundred. But libgit2
opens no SHA-256 repository and fetches nothing in a partial clone; both go through git.
Only the object database is opened, not the repository: its path comes from git, which
knows about quarantines (`GIT_OBJECT_DIRECTORY`), linked worktrees and every repository
format, so a split index or a reftable stops nobody.
"""

import os
import subprocess
from collections.abc import Callable
from functools import cached_property

from fleetfeed.errors import CannotTell
from fleetfeed.finding import Place
from fleetfeed.git.run import Git
from fleetfeed.rules import finding
from fleetfeed.tree import Entry, parse

SHA1_DIGITS = 40
_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}

Raw = tuple[str, bytes]
"""An object's kind (`commit`, `tree`, `blob`, `tag`) and its bytes."""


def missing(what: str) -> CannotTell:
    """The answer where an object cannot be had: never that a path is absent."""
    said = f"{what} is missing here and could not be fetched"
    todo = "fetch it (`git fetch --refetch`, or `--unshallow`) and try again"
    message = f"{said}; {todo}"
    return CannotTell(message, finding("FF410", Place(what), message))


class Batch:
    """One `git cat-file --batch`: slower, and able to read whatever git can."""

    def __init__(self, git: Git) -> None:
        """Nothing is started before the first `read`."""
        self._git = git

    @cached_property
    def _child(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ("git", "cat-file", "--batch"),
            cwd=self._git.folder,
            env=dict(self._git.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, id_: str) -> Raw:
        """The object; CannotTell where git cannot have it either."""
        into, out = self._child.stdin, self._child.stdout
        if into is None or out is None:
            raise missing(f"object {id_}")
        try:
            into.write(id_.encode("ascii") + b"\n")
            into.flush()
        except BrokenPipeError as error:
            raise missing(f"object {id_}") from error
        header = out.readline().split()
        if len(header) != 3 or not header[2].isdigit():  # noqa: PLR2004 - id kind size
            raise missing(f"object {id_}")
        data = out.read(int(header[2]))
        out.read(1)
        return header[1].decode("ascii"), data

    def close(self) -> None:
        """End the child, if there is one."""
        child = self.__dict__.pop("_child", None)
        if child:
            child.stdin.close()
            child.stdout.close()
            child.wait()


class Objects:
    """A repository's objects, as a `Store` of trees and blobs and a few more."""

    def __init__(self, git: Git) -> None:
        """`git` says which repository; nothing is opened before the first read."""
        self._batch = Batch(git)
        self._git = git
        self._trees: dict[str, tuple[Entry, ...]] = {}

    @cached_property
    def _fast(self) -> Callable[[str], Raw]:
        known = self._git.environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        if '"' in known:
            # A folder with a colon in its name: git quotes it, and reads it back.
            return self._batch.read
        import pygit2

        paths = [self._git.line("rev-parse", "--git-path", "objects")]
        paths += [path for path in known.split(os.pathsep) if path]
        folder = self._git.folder.absolute()
        database = pygit2.Odb(str(folder / paths[0]))
        for path in paths[1:]:
            database.add_disk_alternate(str(folder / path))

        def read(id_: str) -> Raw:
            kind, data = database.read(id_)
            return _KINDS[kind], data

        return read

    def read(self, id_: str) -> Raw:
        """An object by its id. CannotTell where it is missing."""
        if len(id_) != SHA1_DIGITS:
            return self._batch.read(id_)
        try:
            return self._fast(id_)
        except KeyError:
            # pygit2's NotFoundError: absent here, which in a partial clone is not
            # absent from the world. git fetches it, or says that it cannot.
            return self._batch.read(id_)

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See `Store`."""
        found = self._trees.get(id_)
        if found is None:
            found = self._trees[id_] = parse(self._of("tree", id_), len(id_) // 2)
        return found

    def blob(self, id_: str) -> bytes:
        """See `Store`."""
        return self._of("blob", id_)

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        head, _, _ = self._of("commit", commit).partition(b"\n")
        return head.removeprefix(b"tree ").decode("ascii")

    def _of(self, kind: str, id_: str) -> bytes:
        given, data = self.read(id_)
        if given != kind:
            raise CannotTell(f"object {id_} is a {given} where a {kind} is wanted")
        return data

    def forget(self) -> None:
        """Let go of the trees that were read: each commit of a history has new ones."""
        self._trees.clear()

    def close(self) -> None:
        """End the child process, if there is one."""
        self._batch.close()
