"""The end of a git that takes too long, and of what it has started.

git ends without its helpers: an ssh or a `git remote-http` whose server never answers
would wait for ever, one more with each try. A process group of its own would be easier
to end, but ssh could not ask for a passphrase from there.
"""

import contextlib
import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_TO_CLEAN_UP = 2.0
"""Seconds that a git which is told to end gets for removing its locks."""


def end(child: "subprocess.Popen[bytes]") -> None:
    """End `child` if it has not ended: by SIGTERM, so that it removes its locks."""
    if child.poll() is not None:
        return
    helpers = _below(child.pid)
    child.terminate()
    for helper in helpers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(helper, signal.SIGTERM)
    try:
        child.wait(_TO_CLEAN_UP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _below(top: int) -> list[int]:
    """The processes that `top` has started, and those that they have."""
    children = defaultdict(list)
    for pid, parent in _all():
        children[parent].append(pid)
    found = [top]
    for pid in found:
        found += children[pid]
    return found[1:]


def _all() -> Iterator[tuple[int, int]]:
    """Each process and its parent: by proc(5) where it is there, else by ps."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(
            ("ps", "-A", "-o", "pid=", "-o", "ppid="), capture_output=True, check=False
        )
        for row in listed.stdout.splitlines():
            pid, parent = row.split()
            yield int(pid), int(parent)
        return
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold blanks and brackets of its own.
            fields = stat.read_bytes().rpartition(b")")[2].split()
            yield int(stat.parent.name), int(fields[1])
