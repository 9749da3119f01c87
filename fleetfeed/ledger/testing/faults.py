"""Ledgers that force an order, and a retry policy that costs no time.

A race is tested by letting the other writer in at the very place, never by sleeping:
each swap first plays the next step of a script.
"""

from collections.abc import Callable
from typing import Any

from fleetfeed.ledger.base import (
    Files,
    Ledger,
    Meanwhile,
    Outcome,
    RaceLost,
    Rejected,
    Tip,
    Unconfirmed,
)
from fleetfeed.writing.retry import RetryPolicy

LONG = 100.0
"""Seconds for what really happens: a deadline runs by a clock that sleeping moves."""

Go = Callable[[], Outcome]
"""Does the swap."""

Act = Callable[[], object]
Step = Callable[[Go, list[Go]], Outcome]
"""How a swap goes: it is given a function that does it, and a list for what it wants
done before the swap that comes next."""


class Wrapped:
    """A ledger that passes everything on to `inner`, and lets it take its time."""

    def __init__(self, inner: Ledger) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a ledger has
        """What is not said otherwise is as it is."""
        return getattr(self.inner, name)

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        del seconds
        return self.inner.read(LONG)

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """See Ledger."""
        del seconds
        return self.inner.swap(
            tip, files, message, LONG, any_number, meanwhile=meanwhile
        )


class Scripted(Wrapped):
    """Each swap is played by the next of `steps`; after the last one, as it is."""

    def __init__(self, inner: Ledger, *steps: Step) -> None:
        super().__init__(inner)
        self.steps = list(steps)
        self.swaps = 0
        self.under_way: list[Go] = []

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """See Ledger."""
        self.swaps += 1
        self.deliver()

        def go() -> Outcome:
            return super(Scripted, self).swap(
                tip, files, message, seconds, any_number, meanwhile
            )

        return self.steps.pop(0)(go, self.under_way) if self.steps else go()

    def deliver(self) -> None:
        """What is under way arrives."""
        while self.under_way:
            self.under_way.pop()()


def after(act: Act) -> Step:
    """Somebody else acts between our look at the feed and our push."""

    def step(go: Go, _: list[Go]) -> Outcome:
        act()
        return go()

    return step


def answer_lost(go: Go, _: list[Go]) -> Outcome:
    """The push lands, and nobody tells us."""
    go()
    return Unconfirmed("the line was cut")


def request_lost(go: Go, _: list[Go]) -> Outcome:
    """The push never gets there, and nobody tells us."""
    del go
    return Unconfirmed("the line was cut")


def delayed(go: Go, under_way: list[Go]) -> Outcome:
    """The push gets there after our next look at the feed, and nobody tells us."""
    under_way.append(go)
    return Unconfirmed("the line was cut")


def locked(go: Go, _: list[Go]) -> Outcome:
    """Somebody has the ref's lock."""
    del go
    return RaceLost("somebody has the lock")


def turned_down(go: Go, _: list[Go]) -> Outcome:
    """The other side does not want it."""
    del go
    return Rejected("origin turned it down", ("not on a Sunday",))


def followed_by(step: Step, act: Act) -> Step:
    """As `step`, and then somebody else acts before we look again."""

    def both(go: Go, under_way: list[Go]) -> Outcome:
        outcome = step(go, under_way)
        act()
        return outcome

    return both


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sleeps: list[float] = []
        self.said: list[str] = []

    def now(self) -> float:
        """The time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """So much later."""
        self.sleeps.append(seconds)
        self.time += seconds

    def retry(
        self, seconds: float = 30.0, dice: Callable[[], float] = lambda: 1.0
    ) -> RetryPolicy:
        """A retry policy by this clock."""
        return RetryPolicy(seconds, self.said.append, self.now, self.sleep, dice)
