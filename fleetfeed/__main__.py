"""The `fleetfeed` command. A hook goes its own way: it does not need click."""

import gc
import os
import sys
from typing import NoReturn

from fleetfeed.cli.streams import show_every_letter


def main() -> None:
    """Run the command line and exit with its code."""
    show_every_letter()
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] not in ([], ["-h"], ["--help"]):
        # What a hook makes, it keeps to its end: looking for garbage finds none.
        gc.disable()
        from fleetfeed.hooks.main import main as hook

        _end(hook(sys.argv[2:]))
    from fleetfeed.cli.main import cli

    cli()


def _end(code: int) -> NoReturn:
    """Exit without taking the interpreter down: that is an eighth of a hook's time.

    It would free object after object in a process that is over, most of them pygit2's.
    Nothing waits for it: no thread, no temporary file, no `atexit`; a child that reads
    from us sees the end of its input.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by whoever called
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
