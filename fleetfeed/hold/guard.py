"""The end of a command whose `hold` can no longer end it.

A process of its own, in a session of its own, started as a script: a `hold` that was
killed or stopped beats no more, and its command would work on while somebody else
takes over. It reads what to do from its standard input, in lines:

    watch PID START ALONE   the command, its start time, whether it leads a group
    until SECONDS           by the boot clock: it has ended by then; a later one counts
    end                     all is over

The first of them may be its arguments: whoever puts a guard back may be gone at once.
Where its input ends without `end`, whoever wrote it is gone, and the command is ended:
by SIGTERM, and after KILL_AFTER seconds by SIGKILL, at SECONDS at the latest. So a
guard that wakes too late, as the whole machine may, gives no time any more. It imports
nothing of ours: it is there before the command begins.
"""

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

_LOOK = 0.05

_NEED_TO_RUN = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def boot_clock() -> float:
    """Seconds of a clock that nobody sets, and that runs while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def start_of(pid: int) -> str:
    """When a process started, by proc(5); empty where that cannot be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The name, in brackets, may hold blanks and brackets of its own.
    return stat.rpartition(b")")[2].split()[19].decode("ascii")


def strike(pid: int, signum: int, *, alone: bool) -> bool:
    """Signal a process, or the group that it leads; whether anybody was there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        send = os.killpg if alone else os.kill
        send(pid, signum)
        if signum in _NEED_TO_RUN:
            # Who is stopped, by a terminal that it may not read, say, handles nothing.
            send(pid, signal.SIGCONT)
        return True
    return False


def end_family(pid: int, over: float, *, alone: bool) -> None:
    """End a command: by SIGTERM, and by SIGKILL when the boot clock is at `over`.

    What it has started ends with its group, or is found where it leads none.
    """
    below = {} if alone else {each: start_of(each) for each in _started_by(pid)}
    strike(pid, signal.SIGTERM, alone=alone)
    for each in below:
        strike(each, signal.SIGTERM, alone=False)
    while strike(pid, 0, alone=alone):
        if (left := over - boot_clock()) <= 0:
            strike(pid, signal.SIGKILL, alone=alone)
            break
        time.sleep(min(left, _LOOK))
    outlast(below, over)


def outlast(family: dict[int, str], over: float) -> None:
    """Kill those processes, by number and start, that are there still at `over`."""
    for pid, start in family.items():
        while start_of(pid) == start and boot_clock() < over:
            time.sleep(_LOOK)
        if start_of(pid) == start:
            strike(pid, signal.SIGKILL, alone=False)


def _started_by(pid: int) -> list[int]:
    """What a process has started, and what that has, by proc(5)."""
    found = [pid]
    for above in found:
        for file in Path(f"/proc/{above}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, file.read_bytes().split())
    return found[1:]


def main(kill_after: float, *lines: str) -> None:
    """Read on behind `lines`, and wait, until there is nothing left to guard."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pid, start, alone, until = 0, "", False, float("inf")
    buffer = "".join(f"{line}\n" for line in lines).encode("ascii")
    while True:
        left = until - kill_after - boot_clock()
        # In short waits: select counts no time that the machine slept through.
        ready, _, _ = select.select([0], [], [], max(0.0, min(left, 1.0)))
        data = os.read(0, 4096) if ready else b""
        buffer += data
        *said, buffer = buffer.split(b"\n")
        for words in (line.decode("ascii").split() for line in said):
            if words[0] == "end":
                return
            if words[0] == "until":
                until = float(words[1])
            else:
                pid, start, alone = int(words[1]), words[2], words[3] == "1"
        now = boot_clock()
        if (ready and not data) or now >= until - kill_after:
            # Another process by now may have that number.
            if pid and start_of(pid) in ("", start):
                end_family(pid, min(now + kill_after, until), alone=alone)
            return


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
