"""What every start of the command line sets up for its output."""

import sys
from io import TextIOWrapper


def show_every_letter() -> None:
    """A terminal that cannot show a letter shows its escape, and nothing fails."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
