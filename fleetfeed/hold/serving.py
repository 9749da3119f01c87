"""Whom a process serves: another one, known by its number and by when it began.

A number alone may be somebody else's by the time that one looks again.
"""

import os
import re
import subprocess
from pathlib import Path

from fleetfeed.util.records import record

_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "fish", "ash", "busybox"}

_MOST = 16
"""Shells within one another that are looked through."""


@record
class Process:
    """A process: `start` is when it began, in whatever words the system has for it."""

    pid: int
    start: str
    name: str = ""

    @property
    def is_there(self) -> bool:
        """Whether there is a process of this number, be it another one."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass  # somebody else's, and there
        return True

    @property
    def lives(self) -> bool:
        """Whether it is there still. One that has ended, and nobody asked, is not."""
        if not self.is_there:
            return False
        now = process(self.pid)
        return now is not None and now.start == self.start


def looked_up_at_once() -> bool:
    """Whether a look at a process starts no other one."""
    return Path("/proc/self/stat").exists()


def process(pid: int) -> Process | None:
    """The process of this number; None where there is none that lives."""
    return _by_proc(pid) if looked_up_at_once() else _by_ps(pid)


def caller() -> Process | None:
    """Who has called this command: the first above it that is no `sh -c`.

    Such a shell is a tool's way to run one command, and gone when that has ended.
    """
    pid = os.getppid()
    for _ in range(_MOST):
        found, (above, words) = process(pid), _above(pid)
        if found is None or not _runs_one_command(words) or above <= 1:
            return found
        pid = above
    return None


def _runs_one_command(words: list[str]) -> bool:
    """Whether a command line is that of a shell which was told one command."""
    if not words or Path(words[0]).name.lstrip("-") not in _SHELLS:
        return False
    left = words[1:]
    while left and left[0].startswith(("-", "+")):
        flag = left.pop(0)
        if re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", flag):
            return True
        del left[: flag[1:] in ("o", "O")]
    return False


def _by_proc(pid: int) -> Process | None:
    """As proc(5) shows it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name, in brackets, may hold blanks and brackets of its own.
    head, _, rest = stat.rpartition(b")")
    state, *fields = rest.split()
    if state in b"ZX":
        return None
    name = head.partition(b"(")[2].decode("utf-8", "replace")
    return Process(pid, fields[18].decode("ascii"), name)


def _by_ps(pid: int) -> Process | None:
    """As ps(1) shows it where there is no proc(5)."""
    state, *rest = _ps(pid, "stat", "lstart", "comm").split(maxsplit=1) or [""]
    if not rest or state.startswith("Z"):
        return None
    # `Mon Nov 30 10:56:49 2026 /usr/bin/python3`: five words, and the rest.
    *start, name = rest[0].split(maxsplit=5)
    return Process(pid, " ".join(start), Path(name).name)


def _above(pid: int) -> tuple[int, list[str]]:
    """The parent of a process, 0 where it has none, and its command line."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        above, *text = _ps(pid, "ppid", "args").split() or ["0"]
        return int(above), text
    return int(stat[1]), [word.decode("utf-8", "replace") for word in words if word]


def _ps(pid: int, *columns: str) -> str:
    """What ps(1) says of a process in these columns; empty where there is none."""
    wanted = (word for column in columns for word in ("-o", f"{column}="))
    asked = ("ps", *wanted, "-p", str(pid))
    english = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(asked, capture_output=True, check=False, env=english)
    return done.stdout.decode("utf-8", "replace").strip()
