"""What a server leaves running: it becomes this process's child, and is ended and counted.

A queue's leader is detached, so that nobody who waits for the push waits for it. Where
the benchmark is its subreaper (`prctl(2)`, Linux), no process is lost that anything
below it started, and the kernel says what each of them took.
"""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


@dataclass(slots=True)
class Orphans:
    """Processes that outlive who started them, of one block; `cpu` is in seconds.

    `own` is what those took that are of this process's group: a command that does not
    wait for a git of its own leaves it to whoever is its parent then.
    """

    cpu: float = 0.0
    own: float = 0.0

    def end(self, kept: frozenset[int]) -> None:
        """End all children but those `kept`, and those that these leave behind."""
        while left := _children() - kept:
            for pid in left:
                own = os.getpgid(pid) == os.getpgrp()
                os.kill(pid, signal.SIGTERM)
                _, _, used = os.wait4(pid, 0)
                took = used.ru_utime + used.ru_stime
                if own:
                    self.own += took
                else:
                    self.cpu += took


@contextmanager
def adopted() -> Iterator[Orphans]:
    """Adopt whoever is detached in this block; afterwards they are ended and counted."""
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)
    found, kept = Orphans(), frozenset(_children())
    try:
        yield found
    finally:
        found.end(kept)


def _children() -> set[int]:
    """The children of this process, whichever of its threads started them."""
    files = Path("/proc/self/task").glob("*/children")
    return {int(pid) for file in files for pid in file.read_text("ascii").split()}
