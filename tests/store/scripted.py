"""Ledgers that force an order, and a patience that costs no time.

A race is tested by letting the other writer in at the very place, never by sleeping:
each swap first plays the next step of a script.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from fleetfeed.store.ledger import Moved, TurnedDown, Unclear
from fleetfeed.store.patience import Patience


class Wrapped:
    """A ledger that passes everything on to `inner`."""

    def __init__(self, inner):
        self.inner = inner

    @property
    def where(self):
        return self.inner.where

    def read(self, seconds):
        return self.inner.read(seconds)

    def swap(self, tip, files, message, seconds):
        return self.inner.swap(tip, files, message, seconds)

    def commit_of(self, tip, path):
        return self.inner.commit_of(tip, path)


class Scripted(Wrapped):
    """Each swap is played by the next of `steps`; after the last one, as it is.

    A step is given a function that does the swap, and returns an outcome.
    """

    def __init__(self, inner, *steps):
        super().__init__(inner)
        self.steps = list(steps)
        self.swaps = 0
        self.late = []

    def swap(self, tip, files, message, seconds):
        self.swaps += 1
        while self.late:
            self.late.pop()()

        def go():
            return self.inner.swap(tip, files, message, seconds)

        return self.steps.pop(0)(go) if self.steps else go()

    def later(self, go):
        """The push is under way, and lands after the next look at the feed."""
        self.late.append(go)
        return Unclear("the line was cut")


def after(act):
    """Somebody else acts between our look at the feed and our push."""

    def step(go):
        act()
        return go()

    return step


def answer_lost(go):
    """The push lands, and nobody tells us."""
    go()
    return Unclear("the line was cut")


def request_lost(go):
    """The push never gets there, and nobody tells us."""
    return Unclear("the line was cut")


def locked(go):
    """Somebody has the ref's lock."""
    return Moved("somebody has the lock")


def turned_down(go):
    """The other side does not want it."""
    return TurnedDown("origin turned it down", ("not on a Sunday",))


def turned_down_after(act):
    """The other side moves, and does not want what was built on its old tip."""

    def step(go):
        act()
        return turned_down(go)

    return step


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

    def patience(
        self, seconds: float = 30.0, dice: Callable[[], float] = lambda: 1.0
    ) -> Patience:
        return Patience(seconds, self.said.append, self.now, self.sleep, dice)
