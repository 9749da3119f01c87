"""How far long work is, for whoever waits for it, on standard error.

`Progress` draws a bar, or writes one line where nobody looks on; `status` is one line
on a terminal, written over by the next, and `Counter` counts by it. Who cannot be told
of the work must not stop it. Whoever runs a command for somebody else may `listen`.
"""

import contextlib
import sys
import time
from collections.abc import Callable

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""

_WIDTH = 24
_EVERY = 0.1
"""Seconds between two lines on a terminal."""
_PATIENCE = 2.0
"""Seconds after which a pipe hears of it."""
_CLEAR = "\r\x1b[K"


class Progress:
    """An `OnProgress`: a bar on a terminal, one line in a pipe.

    Work that is over within the blink of an eye is not told of.
    """

    def __init__(self) -> None:
        """Nothing is reported yet."""
        self._begun = self._reported = time.monotonic()
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """See OnProgress."""
        now = time.monotonic()
        if what != self._what:
            self._begun, self._what, self._reported = now, what, now
        if _on_terminal():
            last = done == total and self._reported > self._begun
            if now - self._reported >= _EVERY or last:
                self._reported = now
                status(self._bar(done, total))
                if done == total:
                    status("")
        elif self._reported < self._begun + _PATIENCE <= now:
            self._reported = now
            message = f"{self._what}, {done} of {total} done; this takes a while"
            _write(f"fleetfeed: {message}\n")

    def _bar(self, done: int, total: int) -> str:
        full = _WIDTH * done // max(total, 1)
        bar = "#" * full + "." * (_WIDTH - full)
        return f"{self._what} [{bar}] {done} of {total}"


class Counter:
    """An `OnProgress`: a count on a terminal, which `status("")` ends."""

    def __init__(self) -> None:
        """Nothing is reported yet."""
        self._next = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """See OnProgress."""
        now = time.monotonic()
        if now >= self._next or done == total:
            self._next = now + _EVERY
            status(f"{what}: {done} of {total}")


class _Listener:
    """Who is told of each status in place of a terminal."""

    told: Callable[[str], None] | None = None


def listen(listener: Callable[[str], None]) -> None:
    """From now on `listener` is told each status, and no terminal."""
    _Listener.told = listener


def status(text: str) -> None:
    """`text` on a terminal, in place of what stood there; "" takes that away."""
    if _Listener.told:
        if text:
            with contextlib.suppress(OSError, ValueError):
                _Listener.told(text)
    elif _on_terminal():
        _write(_CLEAR + text)


def _on_terminal() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        return False


def _write(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr:
            print(text, end="", file=sys.stderr, flush=True)
