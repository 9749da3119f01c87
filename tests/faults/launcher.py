"""fleetfeed with something going wrong inside: `launcher.py STEP COMMAND …`.

STEP is `load:WHAT`, before the command is imported, or `write.N:WHAT`, the N-th object
that it stores; WHAT is a signal that it gets there, or `full`: no file can grow from
there on.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterable

from fleetfeed.__main__ import main
from fleetfeed.cli import plain
from fleetfeed.git.objects import Objects


def arm(step: str) -> None:
    """Let the step go wrong."""
    where, _, what = step.partition(":")
    if where == "load":
        plain.load = lambda _: go_wrong(what)
        return
    nth = int(where.removeprefix("write."))
    original, calls = Objects.write, iter(range(1, 100))

    def write(
        self: Objects, objects: Iterable[tuple[str, bytes]], id_size: int
    ) -> None:
        for one in objects:
            if next(calls) == nth:
                go_wrong(what)
            original(self, [one], id_size)

    Objects.write = write  # type: ignore[method-assign]


def go_wrong(what: str) -> None:
    """As `what` says, here and now."""
    if what == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    else:
        os.kill(os.getpid(), signal.Signals[what])


arm(sys.argv.pop(1))
main()
