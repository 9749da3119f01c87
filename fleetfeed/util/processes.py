"""The processes of this machine: who has started whom."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

Row = tuple[int, int, Sequence[bytes]]
"""A process, its parent, and its command line."""

Words = Sequence[bytes]


def descendants(top: int, but: Callable[[Words], bool] = lambda _: False) -> list[int]:
    """The processes that `top` has started, and those that they have.

    Left out are those that `but` names by their command line, with all below them.
    """
    rows = list(_by_proc() if Path("/proc/self/stat").exists() else _by_ps())
    found = [top]
    for above in found:
        below = (row for row in rows if row[1] == above)
        found += [pid for pid, _, words in below if not but(words)]
    return found[1:]


def _by_proc() -> Iterator[Row]:
    """All processes, as proc(5) shows them."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold blanks and brackets of its own.
            stat = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            words = (folder / "cmdline").read_bytes().split(b"\0")
            yield int(folder.name), int(stat[1]), words


def _by_ps() -> Iterator[Row]:
    """All processes, as ps(1) shows them where there is no proc(5)."""
    form = ("-o", "pid=", "-o", "ppid=", "-o", "args=")
    listed = subprocess.run(("ps", "-A", *form), capture_output=True, check=False)
    for row in listed.stdout.splitlines():
        pid, parent, *words = row.split()
        yield int(pid), int(parent), words
