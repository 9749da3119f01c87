"""A swap that is stopped on its way, line by line, while another is made in between.

What checks and then writes is found by this for sure; a race finds it by luck.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack, closing
from types import FrameType
from typing import Any

from fleetfeed.ledger.base import Ledger, Outcome, Tip
from fleetfeed.ledger.testing.feeds import Opener, closed
from fleetfeed.util.records import record

_PATIENCE, _SHORT = 0.3, 0.05
"""Seconds in which the other's swap is made, or else waits for ours.

So long at first, and so long once it has waited `_OFTEN` times: it will again.
"""

_OFTEN = 4
_LIMIT = 60.0

Swap = Callable[[Ledger, Tip], Outcome]


@record
class Ended:
    """How two swaps upon one tip ended: ours was stopped before its line `stop`."""

    stop: int
    ours: Outcome
    others: Outcome


class _Client:
    """A ledger in a thread of its own, which alone uses it."""

    def __init__(self, opener: Opener) -> None:
        self._pool = ThreadPoolExecutor(1)
        self.ledger: Ledger = self._pool.submit(opener).result()

    def begin(self, act: Callable[..., Any], *given: object) -> "Future[Any]":
        return self._pool.submit(act, *given)

    def read(self) -> Tip:
        tip: Tip = self.begin(self.ledger.read, _LIMIT).result()
        return tip

    def close(self) -> None:
        self.begin(closed, self.ledger).result()
        self._pool.shutdown()


class _Stop:
    """Stops the thread that is traced before a line of some files, until it may go."""

    def __init__(self, files: frozenset[str], line: int) -> None:
        self._files, self._line = files, line
        self.lines = 0
        self.here, self.go = threading.Event(), threading.Event()

    def traced(self, act: Callable[[], Outcome]) -> Outcome:
        """What `act` answers."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            return act()
        finally:
            sys.settrace(before)
            self.here.set()

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - itself
        if frame.f_code.co_filename not in self._files:
            return None
        self.lines += event == "line"
        if event == "line" and self.lines == self._line:
            self.here.set()
            self.go.wait(_LIMIT)
        return self._trace


def interleaved(
    opener: Opener, swaps: Callable[[int], tuple[Swap, Swap]], most: int
) -> Iterator[Ended]:
    """Two clients' swaps upon one tip, the other's in the middle of ours.

    `swaps` makes both, by the number of the trial. Ours is stopped before each line of
    the ledger's own classes, or `most` of them.
    """
    with ExitStack() as stack:
        ours, other = (stack.enter_context(closing(_Client(opener))) for _ in range(2))
        files = frozenset(
            sys.modules[kind.__module__].__file__ or ""
            for kind in type(ours.ledger).__mro__
            if kind is not object
        )
        whole = _Stop(files, 0)
        _tried(ours, other, swaps(0), whole, _SHORT)
        step = max(1, -(-whole.lines // most))
        waited = 0
        for stop in range(1, whole.lines + 1, step):
            there = _Stop(files, stop)
            patience = _PATIENCE if waited < _OFTEN else _SHORT
            ended, late = _tried(ours, other, swaps(stop), there, patience)
            waited += late
            yield ended


def _tried(
    ours: _Client,
    other: _Client,
    swaps: tuple[Swap, Swap],
    stop: _Stop,
    patience: float,
) -> tuple[Ended, bool]:
    """How it ended, and whether the other's had to wait for ours."""
    tip, same = ours.read(), other.read()
    mine = ours.begin(lambda: stop.traced(lambda: swaps[0](ours.ledger, tip)))
    stop.here.wait(_LIMIT)
    theirs = other.begin(swaps[1], other.ledger, same)
    late = False
    try:
        theirs.result(patience)
    except NotYet:
        late = True
    stop.go.set()
    return Ended(stop.lines, mine.result(_LIMIT), theirs.result(_LIMIT)), late
