"""Ledgers that force an order, and a retry policy that costs no time.

A race is tested by letting the other writer in at the very place, never by sleeping:
each swap first plays the next step of a script.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from fleetfeed.ledger.base import RaceLost, Rejected, Unconfirmed
from fleetfeed.writing.retry import RetryPolicy

LONG = 100.0
"""Seconds for what really happens: a deadline runs by a clock that only sleeping moves."""


class Wrapped:
    """A ledger that passes everything on to `inner`, and lets it take its time."""

    def __init__(self, inner):
        self.inner = inner

    @property
    def where(self):
        return self.inner.where

    def read(self, seconds):
        del seconds
        return self.inner.read(LONG)

    def glimpse(self):
        return self.inner.glimpse()

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        del seconds
        return self.inner.swap(
            tip, files, message, LONG, any_number, meanwhile=meanwhile
        )

    def brought_up(self, tip):
        return self.inner.brought_up(tip)

    def require_server(self, tip, seconds, *, afresh=False):
        self.inner.require_server(tip, seconds, afresh=afresh)

    def speakers(self, tip):
        return self.inner.speakers(tip)

    def view(self, *, offline):
        return self.inner.view(offline=offline)

    def signs(self, tip):
        return self.inner.signs(tip)

    def keeps_time(self):
        return self.inner.keeps_time()

    def commit_of(self, tip, path):
        return self.inner.commit_of(tip, path)


class Scripted(Wrapped):
    """Each swap is played by the next of `steps`; after the last one, as it is.

    A step is given a function that does the swap, and a list for what it wants done
    before the swap that comes next; it returns an outcome.
    """

    def __init__(self, inner, *steps):
        super().__init__(inner)
        self.steps = list(steps)
        self.swaps = 0
        self.under_way = []

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        self.swaps += 1
        self.deliver()

        def go():
            return super(Scripted, self).swap(
                tip, files, message, seconds, any_number, meanwhile
            )

        return self.steps.pop(0)(go, self.under_way) if self.steps else go()

    def deliver(self):
        """What is under way arrives."""
        while self.under_way:
            self.under_way.pop()()


def after(act):
    """Somebody else acts between our look at the feed and our push."""

    def step(go, _):
        act()
        return go()

    return step


def answer_lost(go, _):
    """The push lands, and nobody tells us."""
    go()
    return Unconfirmed("the line was cut")


def request_lost(go, _):
    """The push never gets there, and nobody tells us."""
    return Unconfirmed("the line was cut")


def delayed(go, under_way):
    """The push gets there after our next look at the feed, and nobody tells us."""
    under_way.append(go)
    return Unconfirmed("the line was cut")


def locked(go, _):
    """Somebody has the ref's lock."""
    return RaceLost("somebody has the lock")


def turned_down(go, _):
    """The other side does not want it."""
    return Rejected("origin turned it down", ("not on a Sunday",))


def followed_by(step, act):
    """As `step`, and then somebody else acts before we look again."""

    def both(go, under_way):
        outcome = step(go, under_way)
        act()
        return outcome

    return both


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    time: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.time += seconds

    def retry(
        self, seconds: float = 30.0, dice: Callable[[], float] = lambda: 1.0
    ) -> RetryPolicy:
        return RetryPolicy(seconds, self.said.append, self.now, self.sleep, dice)
