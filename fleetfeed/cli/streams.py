"""What every start of the command line sets up for its output, and how it ends."""

import os
import sys
from io import TextIOWrapper

from fleetfeed.model.errors import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

PIPE_CLOSED = 141
"""The exit code where nobody reads on, as shells have it: 128 + SIGPIPE."""


def show_every_letter() -> None:
    """A terminal that cannot show a letter shows its escape, and nothing fails."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def echo(text: str, *, err: bool = False) -> None:
    """Print `text`, at once; nothing happens where the stream is closed."""
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        stream.write(f"{text}\n")
        stream.flush()


def exit_with(code: int) -> "NoReturn":
    """Exit without taking the interpreter down: that takes 40 ms after a claim.

    It would free object after object in a process that is over, most of them pygit2's.
    Nothing waits for it: no thread, no temporary file, no `atexit`; a child that reads
    from us sees the end of its input.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # closed by whoever called
                stream.flush()
        except BrokenPipeError:
            code = PIPE_CLOSED
        except OSError:  # a full disk: the code tells what could not be printed
            code = code or CannotTell.exit_code
    os._exit(code)
