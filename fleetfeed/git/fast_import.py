"""Many commits written at once, by `git fast-import`.

What it writes is nobody's before a ref is moved: git prunes it in some weeks. Several
may write the same commits at once, and one may have died when it had.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from subprocess import DEVNULL, PIPE
from types import TracebackType
from typing import IO, Self

from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

SCRATCH = "refs/fleetfeed/written"
"""The ref that `git fast-import` is told of, since it asks for one; it is never made.

Its last command takes it away: several would move it at once, and not all could.
"""

_LOOSE = 10
"""The files and commits up to which git keeps no pack (`fastimport.unpackLimit`)."""

_ARGS = ("fast-import", "--quiet", "--force", "--done", "--date-format=raw")


@record
class NewCommit:
    """A commit to be written: who, when (seconds since 1970, UTC), and what for.

    `files` are bytes by their paths from the top of the tree (None: taken away).
    """

    who: str
    at: int
    message: str
    files: Iterable[tuple[str, bytes | None]]


class FastImport:
    """One `git fast-import`: commits, each on top of the last one."""

    def __init__(self, git: Git, onto: str | None, id_size: int) -> None:
        """The first commit's parent is `onto` (None: it has none).

        An id of an object has `id_size` bytes.
        """
        self._git, self._onto, self._id_size = git, onto, id_size
        self._number = self._files = 0
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as we
        self._marks = tempfile.NamedTemporaryFile()  # noqa: SIM115
        self._args = (*_ARGS, f"--export-marks={self._marks.name}")
        self._child = git.start(self._args, PIPE, DEVNULL, self._errors)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, if it has not ended."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._errors, self._marks):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass

    def commit(self, new: NewCommit) -> None:
        """Write one more commit. CannotTell where git has ended."""
        self._number += 1
        who = f"{_plain(new.who)} <{_plain(new.who)}@ledger> {new.at} +0000"
        parts = [
            f"commit {SCRATCH}\nmark :{self._number}\n"
            f"author {who}\ncommitter {who}\n".encode(),
            _data(new.message.encode("utf-8", "backslashreplace")),
        ]
        if self._number == 1 and self._onto:
            parts.append(f"from {self._onto}\n".encode("ascii"))
        elif self._number == 1:
            # What an earlier version has left there is no parent of ours.
            self._write(f"reset {SCRATCH}\n\n".encode())
        self._write(b"".join(parts))
        for path, data in new.files:
            self._files += 1
            if data is None:
                self._write(b"D %s\n" % _quoted(path))
            else:
                self._write(b"M 100644 inline %s\n%s" % (_quoted(path), _data(data)))
        self._write(b"\n")

    def done(self) -> str | None:
        """The last commit that was written; None where none was.

        GitFailed where git could not write.
        """
        if self._number:
            nobody = "0" * 2 * self._id_size
            self._write(f"reset {SCRATCH}\nfrom {nobody}\n\n".encode("ascii"))
        if self._number + self._files > _LOOSE:
            # A pack is named by what is in it, and git takes no name that it finds in
            # use (`cannot create keep file`): by another, or by one that was killed.
            self._write(b"blob\n" + _data(os.urandom(16).hex().encode("ascii")))
        self._write(b"done\n")
        stdin = self._child.stdin
        if stdin:
            stdin.close()
        if self._child.wait():
            raise GitFailed(self._args, self._child.returncode, self._complaint())
        marks = Path(self._marks.name).read_text("ascii").splitlines()
        last = f":{self._number} "
        return next((r.removeprefix(last) for r in marks if r.startswith(last)), None)

    def _write(self, data: bytes) -> None:
        stdin = self._child.stdin
        try:
            if stdin:
                stdin.write(data)
        except BrokenPipeError:
            self._child.wait()
            why = printable(" ".join(self._complaint().split()), 300)
            raise CannotTell(f"git fast-import has ended ({why}); try again") from None

    def _complaint(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "backslashreplace")


def _data(data: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(data), data)


def _quoted(path: str) -> bytes:
    """A path as `git fast-import` reads it, whatever characters it has."""
    text = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'.encode("utf-8", "surrogateescape")


def _plain(name: str) -> str:
    """A name as it may stand in a commit's first lines."""
    kept = "".join(c for c in name if c.isprintable() and c not in "<>").strip()
    return kept or "nobody"
