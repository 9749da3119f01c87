"""Beating while a command runs, and telling it when the claim is lost.

The lease is counted here, too, from when the last acknowledged sign of life was sent:
the server saw it later, so whoever is cut off stops before anybody can lawfully take
over.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from fleetfeed.errors import CannotTell, FleetfeedError, NoLongerYours
from fleetfeed.hold.child import Child

BEATS = 3
"""Beats in a lease, so that two may fail."""

QUICK = 10
"""Tries in a lease while nothing is heard."""

_LOOK = 0.05
"""Seconds between two looks at a beat that is under way."""

_UNHEARD = (
    "nothing was heard from the remote until the lease was over, so the claim counts as"
    " lost; `fleetfeed show` says whose it is"
)


def boot_clock() -> float:
    """Seconds of a clock that nobody sets, and that runs while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a claim is kept: the beat, its lease in seconds, and what a loss means.

    `beat` gets the seconds that it may take, and is called in a thread: it may hang for
    longer. `lease` None has no end. `patience` are the seconds between telling the
    command that the claim is lost and ending it; None leaves it alone.
    """

    beat: Callable[[float], None]
    lease: float | None
    patience: float | None
    clock: Callable[[], float] = boot_clock

    def until_end(self, child: Child, sent: float) -> int:
        """The command's exit code; `sent` is when the claim was asked for.

        NoLongerYours where it was lost to somebody, CannotTell where nothing was heard
        until the lease was over; the command has been told then.
        """
        if self.lease is None:
            return child.wait(float("inf")) or 0
        try:
            return self._beating(child, sent, self.lease)
        except FleetfeedError:
            if self.patience is None:
                child.wait(float("inf"))
            else:
                child.stop(self.patience)
            raise

    def _beating(self, child: Child, sent: float, lease: float) -> int:
        acknowledged, following = sent, sent + lease / BEATS
        pulse: Pulse | None = None
        while True:
            now, over = self.clock(), acknowledged + lease
            if now >= over:
                raise CannotTell(_UNHEARD)
            if pulse is None and now >= following:
                pulse = Pulse(self.beat, now, lease / BEATS)
            nearest = min(over, following if pulse is None else now + _LOOK)
            code = child.wait(nearest - now)
            if code is not None:
                return code
            if pulse and pulse.over():
                if pulse.heard():
                    acknowledged, following = pulse.sent, pulse.sent + lease / BEATS
                else:
                    following = self.clock() + lease / QUICK
                pulse = None


class Pulse:
    """One beat under way, in a thread of its own."""

    def __init__(
        self, beat: Callable[[float], None], sent: float, seconds: float
    ) -> None:
        """It begins at once; `sent` is when that is."""
        self.sent = sent
        self._ended: FleetfeedError | None = None
        self._beat, self._seconds = beat, seconds
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def heard(self) -> bool:
        """Whether it was acknowledged. NoLongerYours where the claim is lost."""
        if isinstance(self._ended, NoLongerYours):
            raise self._ended
        return self._ended is None

    def _run(self) -> None:
        try:
            self._beat(self._seconds)
        except FleetfeedError as error:
            self._ended = error
        except Exception as error:  # noqa: BLE001 - a beat that breaks is not heard
            self._ended = CannotTell(str(error))
