"""How a push is retried: for how long, and with which waits in between.

`transaction.write` is the loop; it asks a `Retry` whether and when it may go on.

Full jitter: a wait of anything from nothing up to a limit that doubles with each lost
race. Writers that wait for fixed times would meet again and again.

The limit starts from how long the try took: a server whose hook judges for a second is
asked again after seconds, one that answers at once is asked again at once. Many writers
thus make room for one another on any server, a slow or a busy one included.
"""

import os
import time
from collections.abc import Callable

from fleetfeed.util.records import record

SHORTEST, LONGEST = 0.05, 4.0
"""Seconds: what a try counts for at least, and the limit of every wait."""

LAST_LOOK = 5.0
"""Seconds beyond the deadline in which an unconfirmed write is looked for once more."""


def _dice() -> float:
    """From 0 up to 1; without `random`, which takes 2 ms to import."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


# Both are looked up when they are called: whoever plays with time may replace them.
def _now() -> float:
    return time.monotonic()


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


@record
class RetryPolicy:
    """A deadline in seconds, and the clock, the sleep and the dice to keep it by.

    `on_retry` gets, in words, why a write has to wait.
    """

    seconds: float = 30.0
    on_retry: Callable[[str], None] = lambda _: None
    now: Callable[[], float] = _now
    sleep: Callable[[float], None] = _sleep
    random: Callable[[], float] = _dice

    def start(self) -> "Retry":
        """The deadline runs from now."""
        return Retry(self)


class Retry:
    """A deadline that runs, and since when the try under way has been running."""

    def __init__(self, policy: RetryPolicy) -> None:
        """Both begin now."""
        self._policy = policy
        self._try_began = policy.now()
        self._deadline = self._try_began + policy.seconds

    @property
    def left(self) -> float:
        """Seconds until the deadline; not positive once it is over."""
        return self._deadline - self._policy.now()

    @property
    def for_a_look(self) -> float:
        """Seconds for one more look at the feed, also where the deadline is over."""
        return max(self.left, 0.0) + LAST_LOOK

    def wait(self, lost: int, why: str) -> None:
        """Wait before the next try, `lost` tries having failed."""
        self._policy.on_retry(why)
        took = max(SHORTEST, self._policy.now() - self._try_began)
        # Doubled often enough to reach LONGEST: 2.0**1024 is no number any more.
        limit = min(LONGEST, took * 2.0 ** min(lost, 16))
        self._policy.sleep(min(limit * self._policy.random(), max(self.left, 0.0)))
        self._try_began = self._policy.now()
