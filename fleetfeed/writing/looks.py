"""Waiting for what others do: looking at one ref now and then, and at nothing else.

A look asks whether the feed has moved, and brings along what is new. The pauses grow.
A ledger that says by itself when something is let go is not asked.
"""

import math
from collections.abc import Callable, Collection, Iterator
from itertools import chain, repeat

from fleetfeed.ledger.fleet import FleetLedger
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.view import View
from fleetfeed.util.records import record

PAUSES = (0.5, 0.5, 1.0, 1.0, 2.0, *repeat(4.0, 30))
"""Seconds between the first looks: two minutes of them.

With a look, of up to a second, the end of what is waited for is told within five.
"""

LONG_PAUSE = 15.0
"""Seconds between two looks after that."""

UNTOLD = 600.0
"""Seconds between two looks at a ledger that says by itself what is let go."""


def _unwatched(_view: View, _items: Collection[str]) -> float:
    return math.inf


@record
class Terms:
    """How long to wait (`until`, by `clock`; None: for ever), and what to do meanwhile.

    `beat` says in how many seconds it wants to be called again, at first at once.
    `on_progress` gets a line. `on_kept` gets a view and the items that have what is
    waited for, and says in how many seconds it wants that again.
    """

    until: float | None
    clock: Callable[[], float]
    on_progress: Callable[[str], None]
    beat: Callable[[], float] = lambda: math.inf
    on_kept: Callable[[View, Collection[str]], float] = _unwatched

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return math.inf if self.until is None else self.until - self.clock()


class Looks:
    """The feed as it is (`view`), and again after each pause, or as it has moved.

    The pauses grow, until what is waited for is seen to have changed, and end when time
    alone may have changed it. A ledger that says by itself when something is let go is
    not asked meanwhile. It ends where time is up. A ledger that does not answer is
    asked again: CannotTell where time is up by then.
    """

    def __init__(self, ledger: FleetLedger, terms: Terms, view: View) -> None:
        self._ledger, self._terms, self.view = ledger, terms, view
        self._pauses = _pauses()
        self._seen: object = None
        self._opens, self._beat_at = math.inf, -math.inf

    def sees(
        self, what: object, opens: float = math.inf, kept_by: Collection[str] = ()
    ) -> None:
        """Be told what is waited for, and in how many seconds time alone may change it.

        `kept_by` are the items that have it. What others do on the feed is no reason to
        look more often.
        """
        if self._seen not in (None, what):
            self._pauses = _pauses()
        self._seen = what
        self._opens = min(opens, self._terms.on_kept(self.view, kept_by))

    def __iter__(self) -> Iterator[View]:
        """See above; each view is the newest then."""
        while True:
            if self._terms.clock() >= self._beat_at:
                again = self._terms.beat()
                self._beat_at = self._terms.clock() + again
            yield self.view
            pause = min(self._pause(), self._terms.left)
            if pause <= 0:
                return
            try:
                self.view = self._ledger.moved_from(self.view, pause) or self.view
            except CannotTell as error:
                self._terms.on_progress(str(error))
                if self._terms.left <= 0:
                    raise

    def _pause(self) -> float:
        """The seconds for which nobody has to be asked."""
        beat = self._beat_at - self._terms.clock()
        if self._ledger.clock():
            pause = min(self._opens, UNTOLD)
        else:
            pause = next(self._pauses)
            pause = min(pause, self._opens) if self._opens > 0 else pause
        return max(min(pause, beat), PAUSES[0])


def _pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(LONG_PAUSE))
