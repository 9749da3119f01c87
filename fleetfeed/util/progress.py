"""How far long work is, for whoever waits for it."""

import contextlib
import sys
import time
from collections.abc import Callable

OnProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""

_WIDTH = 24
_EVERY = 0.1
_PATIENCE = 2.0


class Progress:
    """Tells on standard error: a bar on a terminal, one line in a pipe.

    Work that is over within the blink of an eye is not told of.
    """

    def __init__(self) -> None:
        """Nothing is told yet."""
        self._begun = self._told = time.monotonic()
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """See Tell."""
        now = time.monotonic()
        if what != self._what:
            self._begun, self._what, self._told = now, what, now
        # Who cannot be told of the work must not stop it.
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr:
                self._tell(now, done, total)

    def _tell(self, now: float, done: int, total: int) -> None:
        if sys.stderr.isatty():
            last = done == total and self._told > self._begun
            if now - self._told >= _EVERY or last:
                self._told = now
                self._bar(done, total)
        elif self._told < self._begun + _PATIENCE <= now:
            self._told = now
            message = f"{self._what}, {done} of {total} done; this takes a while"
            print(f"fleetfeed: {message}", file=sys.stderr, flush=True)

    def _bar(self, done: int, total: int) -> None:
        full = _WIDTH * done // max(total, 1)
        bar = "#" * full + "." * (_WIDTH - full)
        message = f"{self._what} [{bar}] {done} of {total}"
        print(f"\r\x1b[K{message}", end="", file=sys.stderr)
        if done == total:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        sys.stderr.flush()
