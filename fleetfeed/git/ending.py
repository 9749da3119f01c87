"""The end of a git that takes too long, and of what it has started.

git ends without its helpers: an ssh or a `git remote-http` whose server never answers
would wait for ever, one more with each try. A process group of its own would be easier
to end, but ssh could not ask for a passphrase from there.

A server on this machine (the remote is a path) is left to end by itself: receive-pack
(git 2.39) that is killed while a hook runs leaves its quarantine behind.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

_TO_CLEAN_UP = 2.0
"""Seconds that a git which is told to end gets for removing its locks."""

Row = tuple[int, int, bool]
"""A process, its parent, and whether it is a server that takes a push."""


def end(child: "subprocess.Popen[bytes]") -> None:
    """End `child` if it has not ended: by SIGTERM, so that it removes its locks."""
    if child.poll() is not None:
        return
    helpers = _helpers(child.pid)
    child.terminate()
    for helper in helpers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(helper, signal.SIGTERM)
    try:
        child.wait(_TO_CLEAN_UP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _helpers(top: int) -> list[int]:
    """The processes that `top` has started, and those that they have."""
    rows = list(_by_proc() if Path("/proc/self/stat").exists() else _by_ps())
    found = [top]
    for above in found:
        found += [pid for pid, parent, serves in rows if parent == above and not serves]
    return found[1:]


def _by_proc() -> Iterator[Row]:
    """All processes, as proc(5) shows them."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold blanks and brackets of its own.
            stat = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            words = (folder / "cmdline").read_bytes().split(b"\0")
            yield int(folder.name), int(stat[1]), _serves(words)


def _by_ps() -> Iterator[Row]:
    """All processes, as ps(1) shows them where there is no proc(5)."""
    form = ("-o", "pid=", "-o", "ppid=", "-o", "args=")
    listed = subprocess.run(("ps", "-A", *form), capture_output=True, check=False)
    for row in listed.stdout.splitlines():
        pid, parent, *words = row.split()
        yield int(pid), int(parent), _serves(words)


def _serves(words: Sequence[bytes]) -> bool:
    """Whether this is `git-receive-pack …`, or `git receive-pack …`."""
    return any(word.endswith(b"receive-pack") for word in words[:2])
