"""Seats at work: each takes a ticket, looks, works, lands it, and takes another."""

import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

from bench.fleet.code import Clone
from bench.fleet.tickets import Ticket
from bench.fleet.ways import NothingLeft, Way

AGAIN = 0.5
"""What it takes to do a ticket again after a conflict, of what it took at first."""


@dataclass(slots=True)
class Day:
    """What one seat did, in seconds but for `conflicts` and `taken`.

    `worked` is all its work; `thrown` is of that what nobody has any use for: another
    has done the same, or it was done again after a conflict. `asked` is what taking
    tickets took, `landed` what git took.
    """

    worked: float = 0.0
    thrown: float = 0.0
    asked: float = 0.0
    landed: float = 0.0
    conflicts: int = 0
    taken: int = 0
    begun: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Worker:
    """A seat: its way to a ticket, its clone, and how long a ticket takes it."""

    way: Way
    clone: Clone
    tickets: Sequence[Ticket]
    seconds: float
    day: Day = field(default_factory=Day)

    def work(self, most: float) -> None:
        """Work until all tickets are closed, or for `most` seconds."""
        day, until = self.day, time.monotonic() + most
        day.begun = time.monotonic()
        open_ = self._open()
        while open_ and time.monotonic() < until:
            start = time.monotonic()
            try:
                ticket = self.way.take(open_, until)
            except NothingLeft:
                break
            finally:
                day.asked += time.monotonic() - start
            if ticket is not None:
                day.taken += 1
                self.close(ticket)
                start = time.monotonic()
                self.way.give_back(ticket)
                day.asked += time.monotonic() - start
            # Where something has landed, it stands on what was the newest code then.
            open_ = self._open(fetch=ticket is None)
        day.ended = time.monotonic()

    def _open(self, *, fetch: bool = True) -> list[Ticket]:
        if fetch:
            start = time.monotonic()
            self.clone.fetch()
            self.day.landed += time.monotonic() - start
        closed = self.clone.closed()
        return [each for each in self.tickets if each.name not in closed]

    def close(self, ticket: Ticket) -> None:
        """Do what `ticket` wants, unless it is done; and close it."""
        day, spent, use, share = self.day, 0.0, 0.0, 1.0
        while ticket in self._open():
            use = 0.0
            if not self.clone.has(ticket):
                self.clone.edit(ticket, self.seconds * share)
                spent, use = spent + self.seconds * share, self.seconds
            start = time.monotonic()
            self.clone.commit(ticket)
            landed = self.clone.land()
            day.landed += time.monotonic() - start
            if landed:
                break
            day.conflicts += 1
            use, share = 0.0, AGAIN
        day.worked += spent
        day.thrown += spent - use


def worked(workers: Sequence[Worker], most: float) -> None:
    """Let all of them work from one start."""
    start = Barrier(len(workers))

    def run(worker: Worker) -> None:
        start.wait()
        worker.work(most)

    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(run, workers))


def of_children() -> float:
    """The seconds of a processor of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
