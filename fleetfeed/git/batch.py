"""Objects through one `git cat-file --batch`: what git can read, this can.

SHA-256 repositories, and partial clones, where git fetches what is missing. It starts
in a few milliseconds and takes a hundred microseconds an object.
"""

from functools import cached_property

from fleetfeed.git.commits import BATCH
from fleetfeed.git.process import Git
from fleetfeed.git.spawn import Spawned
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Place
from fleetfeed.model.rules import finding
from fleetfeed.model.yaml.salvage import MAX_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

    Child = Spawned | subprocess.Popen[bytes]

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


class Batch:
    """One `git cat-file --batch`: slower, and able to read whatever git can."""

    def __init__(self, git: Git) -> None:
        """Nothing is started before the first `read`."""
        self._git = git

    @cached_property
    def _child(self) -> "Child":
        child = self._git.talk(*BATCH)
        if not isinstance(child, Spawned):  # which `Git.end` ends
            from weakref import finalize

            finalize(self, _end, child)
        return child

    def read(self, id_: str, most: int = MAX_BYTES) -> Raw:
        """The object; CannotTell where git cannot have it either."""
        child = self._child
        found = _answer(child, id_, most)
        if found is None:
            # git ends on a damaged object or a failed fetch: the next one asks anew.
            self.close()
            # A signal is no answer: Ctrl-C ends it, too, where `hold` goes on.
            killed = (child.returncode or 0) < 0
            found = _answer(self._child, id_, most) if killed else None
        if found is None:
            self.close()
            raise missing(f"object {id_}")
        _, kind, data, size = found
        if len(data) < size:
            self._child.kill()  # or it would go on to the object's end
            self.close()
        return kind, data

    def head(self) -> str | None:
        """HEAD's commit; None where there is none, or where git cannot say."""
        found = _answer(self._child, "HEAD^{commit}")
        if found is None or len(found[2]) < found[3]:
            self.close()
        return found[0] if found else None

    def close(self) -> None:
        """End the child, if there is one."""
        child = self.__dict__.pop("_child", None)
        if child:
            _end(child)


def _answer(
    child: "Child", name: str, limit: int = MAX_BYTES
) -> tuple[str, str, bytes, int] | None:
    """git's answer: `id kind size`, the bytes, a newline (git-cat-file).

    Id, kind, the bytes that are wanted, and how many there are.
    """
    into, out = child.stdin, child.stdout
    if into is None or out is None:
        return None
    try:
        into.write(name.encode("ascii") + b"\n")
        into.flush()
    except BrokenPipeError:
        return None
    header = out.readline().split()
    if len(header) != 3 or not header[2].isdigit():  # noqa: PLR2004 - id kind size
        return None
    id_, kind, size = (
        header[0].decode("ascii"),
        header[1].decode("ascii"),
        int(header[2]),
    )
    most = wanted(kind, size, limit)
    data = out.read(most)
    if len(data) < most:
        return None
    if most == size:
        out.read(1)
    return id_, kind, data, size


def _end(child: "Child") -> None:
    for pipe in (child.stdin, child.stdout):
        try:
            if pipe:
                pipe.close()
        except BrokenPipeError:
            pass
    child.wait()
