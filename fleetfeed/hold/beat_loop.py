"""Beating while a command runs, and ending it when the claim is lost.

The lease is counted here, too, from when the last acknowledged sign of life was sent,
and our clock counts as slow: the server saw it later, and its clock may be quicker. So
whoever is cut off stops before anybody can lawfully take over.
"""

import math
import threading
from collections.abc import Callable
from typing import Protocol

from fleetfeed.hold.guard import boot_clock
from fleetfeed.lease.heartbeat import A_LEASE, ENDLESS
from fleetfeed.lease.lease import counted
from fleetfeed.model.errors import CannotTell, FleetfeedError, NoLongerYours
from fleetfeed.util.records import record

QUICK = 10
"""Tries in a lease while nothing is heard."""

LONGEST = 60.0
"""Seconds: the most that one beat may take, and that the next try waits."""

SHORTEST = 2.0
"""Seconds that a beat may take under any lease: a connection alone may take one."""

_LOOK = 0.05
"""Seconds between two looks at a beat that is under way."""

_UNHEARD = (
    "nothing was heard from the remote until the lease was over, so the claim counts as"
    " lost; `fleetfeed active --mine` says whether it is yours"
)


class Work(Protocol):
    """What is done under a claim: a command, or whatever else somebody is at."""

    def wait(self, seconds: float) -> int | None:
        """Its exit code; None where it goes on after so many seconds."""

    def good_until(self, over: float) -> None:
        """By the boot clock: when the lease is over, as far as anybody has heard."""

    def stop(self) -> str:
        """End it: the claim is lost. What works on, in words, where that cannot be."""

    def over(self) -> None:
        """It has ended by itself."""


@record
class HeartbeatLoop:
    """How a claim is kept: the beat, its lease in seconds, and what a loss means.

    `beat` gets the seconds that it may take, and says what the user should know. It is
    called in a thread: it may hang for longer. `lease` None has no end. `keep_going`:
    the command is not ended by a loss. `report` gets what a beat or its failure says,
    the same not twice in a row.
    """

    beat: Callable[[float], str]
    lease: float | None
    keep_going: bool = False
    clock: Callable[[], float] = boot_clock
    report: Callable[[str], None] = lambda _: None

    def until_end(self, work: Work, sent: float) -> int:
        """The command's exit code; `sent` is when the claim was asked for.

        NoLongerYours where it was lost to somebody, CannotTell where nothing was heard
        until the lease was over; the command has ended then.
        """
        try:
            code = self._beating(work, sent)
        except FleetfeedError as error:
            # It may take its time to end, and goes on where it is to.
            self.report(
                f"{error}; the command {'goes on' if self.keep_going else 'ends'}"
            )
            if self.keep_going:
                work.wait(math.inf)
            self._stopped(work)
            raise
        except Exception:  # a bug of ours: in order, and not by whoever guards it
            self._stopped(work)
            raise
        work.over()
        return code

    def _stopped(self, work: Work) -> None:
        said = work.stop()
        if said:
            self.report(said)

    def _beating(self, work: Work, sent: float) -> int:
        lease = math.inf if self.lease is None else counted(self.lease)
        every = ENDLESS if self.lease is None else lease / A_LEASE
        over, next_at = self._acknowledged(work, sent, lease), sent + every
        attempt: Attempt | None = None
        told = ""
        while True:
            now = self.clock()
            if now >= over and not self.keep_going:
                raise CannotTell(_UNHEARD)
            if attempt is None and now >= next_at:
                attempt = Attempt(self.beat, now, min(max(every, SHORTEST), LONGEST))
            nearest = next_at if attempt is None else now + _LOOK
            if not self.keep_going:
                nearest = min(nearest, over)
            code = work.wait(min(nearest - now, 1.0))
            if code is not None:
                return code
            if attempt and attempt.over():
                if attempt.said not in ("", told):
                    told = attempt.said
                    self.report(told)
                if attempt.acknowledged():
                    over = self._acknowledged(work, attempt.sent, lease)
                    next_at = attempt.sent + every
                else:
                    next_at = self.clock() + min(lease / QUICK, LONGEST)
                attempt = None

    def _acknowledged(self, work: Work, sent: float, lease: float) -> float:
        """When the lease is over that began with what was `sent`."""
        if not (self.keep_going or math.isinf(lease)):
            work.good_until(sent + lease)
        return sent + lease


class Attempt:
    """One beat under way, in a thread of its own.

    When it is over, `said` is what the user should know, also why it failed.
    """

    def __init__(
        self, beat: Callable[[float], str], sent: float, seconds: float
    ) -> None:
        """It begins at once; `sent` is when that is."""
        self.sent = sent
        self.said = ""
        self._ended: NoLongerYours | CannotTell | None = None
        self._beat, self._seconds = beat, seconds
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def acknowledged(self) -> bool:
        """Whether it was acknowledged. NoLongerYours where the claim is lost."""
        if isinstance(self._ended, NoLongerYours):
            raise self._ended
        return self._ended is None

    def _run(self) -> None:
        try:
            self.said = self._beat(self._seconds)
        except NoLongerYours as error:
            self._ended = error
        except Exception as error:  # noqa: BLE001 - a beat that breaks is not heard
            self._ended = CannotTell(str(error))
            self.said = f"no sign of life was acknowledged: {error}"
