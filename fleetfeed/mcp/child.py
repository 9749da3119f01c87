"""One command, run for a server; it ends when the server lets go of it.

The first line of standard input is the command's words, as JSON: `ps` shows nobody's
texts, and no limit of the system's cuts them. Then the input stays open as long as the
answer is wanted. Where it ends, be it that the call was cancelled or that the server
was killed, what is at work is interrupted, as by Ctrl-C at a terminal: this process and
the git that it has started, which are a process group of their own.

What the command would show on a terminal while it waits is told on standard error, a
line each.
"""

import json
import os
import runpy
import signal
import sys
import threading
import time

from fleetfeed.util import progress

PATIENCE = 8.0
"""Seconds from the interruption until what still runs is killed."""

_CHUNK = 65536


def main() -> None:
    """Run the command that standard input names, as `python -m fleetfeed` does."""
    # Whoever started the server may have ignored it (nohup, `&` in a script).
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wanted = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    line = _first_line(wanted)
    if not line:
        return  # nobody asks any more
    threading.Thread(target=_end_with, args=(wanted,), daemon=True).start()
    progress.listen(_tell)
    sys.argv = ["fleetfeed", *json.loads(line)]
    runpy.run_module("fleetfeed", run_name="__main__", alter_sys=True)


def _first_line(fd: int) -> bytes:
    """Up to the first line feed; empty where the input ends before one."""
    read = bytearray()
    while not read.endswith(b"\n"):
        chunk = os.read(fd, _CHUNK)
        if not chunk:
            return b""
        read += chunk
    return bytes(read)


def _end_with(fd: int) -> None:
    """Wait until nobody wants the answer any more, and interrupt what is at work."""
    # The signal is for the thread that runs the command, which it shall wake.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    while os.read(fd, _CHUNK):
        pass
    os.killpg(0, signal.SIGINT)
    time.sleep(PATIENCE)
    os.killpg(0, signal.SIGKILL)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
