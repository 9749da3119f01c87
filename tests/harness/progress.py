"""What a run that takes its time is doing, for whoever waits."""

import sys


def tell(text: str) -> None:
    """One line, overwritten, on a terminal; a line each elsewhere. Empty: no more."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
