"""Clients whose every message waits to be let through, and may be lost or late.

A run is a command in a thread of its own that moves only when it is told to, and by one
message at a time: whoever tells it makes the order, and the same telling makes the same
order again.
"""

import threading

from fleetfeed.ledger.base import Rejected, Unconfirmed
from fleetfeed.ledger.testing.faults import Wrapped
from fleetfeed.model.errors import CannotTell, FleetfeedError

THROUGH = "through"
FATES = (THROUGH, "request lost", "answer lost", "late", "turned down")


class _Killed(BaseException):
    """Ends a run where it is, as the end of its process would."""


class Run:
    """`act(self)` under way. `answer` is what it returned, or the error that it told."""

    def __init__(self, act):
        self.done, self.answer, self.bug = False, None, None
        self._told, self._rests = threading.Semaphore(0), threading.Semaphore(0)
        self._fate = THROUGH
        self._thread = threading.Thread(target=self._run, args=(act,), daemon=True)
        self._thread.start()
        self._rests.acquire()

    def turn(self):
        """Wait to be told; how the message fares.

        A late message of a run that went on, or ended, waits for nobody.
        """
        if threading.current_thread() is not self._thread:
            return THROUGH
        self._rests.release()
        self._told.acquire()
        if self._fate is None:
            raise _Killed
        return self._fate

    def step(self, fate):
        """Let it go on until its next message, or its end."""
        self._fate = fate
        self._told.release()
        self._rests.acquire()
        if self.done:
            self._thread.join()

    def kill(self):
        """End it."""
        while not self.done:
            self.step(None)

    def _run(self, act):
        try:
            self.answer = act(self)
        except FleetfeedError as error:
            self.answer = error
        except _Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self.bug = error
        self.done = True
        self._rests.release()


class Wire(Wrapped):
    """The way of `run` to a ledger. What is late is put into `late` as a pair."""

    def __init__(self, inner, run, late):
        super().__init__(inner)
        self._run, self._late = run, late

    def read(self, seconds):
        if self._run.turn() in {"request lost", "answer lost"}:
            raise CannotTell("no answer")
        return super().read(seconds)

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        def go():
            return super(Wire, self).swap(
                tip, files, message, seconds, any_number, meanwhile
            )

        fate = self._run.turn()
        if fate == THROUGH:
            return go()
        if fate == "turned down":
            return Rejected("turned down", ())
        if fate == "answer lost":
            go()
        if fate == "late":
            self._late.append((self._run, go))
        return Unconfirmed("the line was cut")
