"""What a seat does outside under a claim: in the place of a command and its guard.

`hold` starts it, beats, and ends it, by the code that ships (`hold.session`,
`hold.beat_loop`). The command, and the guard that ends it when `hold` no longer can, are
processes of the operating system: they are played here, by what `hold.guard` promises.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from fleetfeed.lease.lease import counted
from simulator.scheduler import Process, Scheduler
from simulator.truth import Truth, Working

_EVERY = 240.0
"""Seconds, about, between two things that a command writes."""

_UNKNOWN = 5.0
"""Seconds between two looks where nothing says when the next beat is."""

ENDED, FAILED, STOPPED = 0, 1, 143


@dataclass
class Job:
    """What a seat is about to do under its claim: for how long, and how it ends."""

    seat: str
    seconds: float
    code: int
    lease: float


class Outside:
    """The world of commands: `jobs` are those that seats are about to start."""

    def __init__(self, world: Scheduler, truth: Truth) -> None:
        self.world, self.truth = world, truth
        self.jobs: dict[str, Job] = {}
        self.running: dict[str, Command] = {}

    def begin(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        kill_after: float,
        over: float = math.inf,
    ) -> "Command":
        """See `hold.child.Child`."""
        del command
        seat = environment["FLEETFEED_SEAT"]
        made = Command(self, self.jobs.pop(seat), environment, kill_after, over)
        self.running[seat] = made
        return made

    def is_orphaned(self, seat: str) -> None:
        """The `hold` of a seat was killed: the guard ends its command."""
        found = self.running.pop(seat, None)
        if found:
            found.told(found.soon)


class Command:
    """A command under way: what `hold.child.Child` is, and what it has started."""

    def __init__(
        self,
        outside: Outside,
        job: Job,
        environment: Mapping[str, str],
        kill_after: float,
        over: float,
    ) -> None:
        self._outside, self._world, self._job = outside, outside.world, job
        self._hold = self._world.running()
        self._machine = self._hold.machine
        self._kill_after, self._over = kill_after, over
        self._told, self._ends = math.inf, self._machine.boot_clock + job.seconds
        self._sent = self._machine.boot_clock
        self.good_until(over)
        keys = environment["FLEETFEED_SURFACE"].split(",")
        self.work = Working(
            job.seat,
            environment["FLEETFEED_ITEM"],
            int(environment["FLEETFEED_EPOCH"]),
            tuple(tuple(key.casefold().split(":")) for key in keys),
            self._machine,
            self._world.now,
        )
        self.code: int | None = None
        self._waits = 0
        outside.truth.begins(self.work)
        made = Process(self._world, self._machine, self._run, f"{job.seat}/command")
        self._process = made

    @property
    def soon(self) -> float:
        """When it ends that is told to end now, by its machine's clock."""
        last = min(self._machine.boot_clock, self._over) + self._kill_after
        wish = self._machine.boot_clock + self._world.dice.random() * self._kill_after
        return min(wish, last)

    def told(self, when: float) -> None:
        """It has ended by then."""
        self._told = min(self._told, when)
        self._process.wake(self._process.token, None)

    # What the command does.

    def _run(self) -> None:
        machine, dice = self._machine, self._world.dice
        self._outside.truth.acts(self.work)
        while True:
            now, end = machine.boot_clock, self._end
            if now >= end:
                break
            since = self._world.now
            step = min(dice.expovariate(1.0 / _EVERY), end - now)
            self._process.wait(step)
            slept = machine.napped(since, self._world.now)
            # It was in the middle of something when its machine fell asleep.
            if machine.boot_clock < self._end or (slept and dice.random() < 0.5):
                self._outside.truth.acts(self.work)
        self._outside.truth.ends(self.work)
        natural = self._ends <= min(self._told, self._over + self._kill_after)
        self.code = self._job.code if natural else STOPPED
        self._tell()

    @property
    def _end(self) -> float:
        return min(self._ends, self._told, self._over + self._kill_after)

    def _tell(self) -> None:
        self._hold.wake(self._waits, None)

    # What `hold` asks of it.

    def good_until(self, over: float) -> None:
        """See Work: the guard hears of it, too."""
        self._over = over
        if over < math.inf:
            self._sent = over - counted(self._job.lease)

    def wait(self, seconds: float) -> int | None:
        """See Work: it comes back when there is anything to be seen, and not before.

        The loop looks twenty times a second at a beat under way, and once at its work.
        Between, nothing can have changed: so those looks are left out.
        """
        if self.code is not None or seconds <= 0:
            return self.code
        hold, now = self._world.running(), self._machine.boot_clock
        self._waits = token = hold.token + 1
        attempt = next((each for each in hold.children if not each.over), None)
        if attempt:
            attempt.ended.append(lambda: hold.wake(token, None))
            until = self._over
        else:
            until = min(self._sent + counted(self._job.lease) / 3, self._over)
        left = until - now
        if attempt is None and left <= seconds:
            left = seconds if self._over < math.inf else _UNKNOWN
        hold.wait(max(left, 0.0) if left < math.inf else None)
        return self.code

    def stop(self) -> str:
        """See Work: it is told, and has ended when this comes back."""
        self.told(self.soon)
        while self.code is None:
            hold = self._world.running()
            self._waits = hold.token + 1
            hold.wait(self._kill_after + 1.0)
        self.over()
        return ""

    def over(self) -> None:
        """See Work."""
        self._outside.running.pop(self._job.seat, None)

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.code is not None


class NoSignals:
    """In the place of `hold.child.Signals`: nobody sends any."""

    def came(self) -> int | None:
        """See Signals."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was changed."""

    @staticmethod
    def begin(start: Callable[[], Command]) -> Command:
        """Start a command."""
        return start()
