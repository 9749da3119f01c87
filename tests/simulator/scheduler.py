"""Virtual time: processes that are greenlets, machines with clocks, one heap of events.

Code that was written to block runs as it is. Where it sleeps, or waits for git, its
greenlet is left, and entered again when the world's time has come to that. Nothing else
lets time pass, and nothing here asks the real clock: so a seed says all that happens.
"""

import heapq
import math
from collections.abc import Callable
from itertools import count
from random import Random

from greenlet import GreenletExit, getcurrent, greenlet

UTC = 1_790_000_000.0
"""Seconds of UTC at which every world begins."""


class TimeIsUp:
    """What a process gets that has waited for as long as it would."""


TIME_IS_UP = TimeIsUp()


class Machine:
    """A machine: its clocks, and whether it runs.

    `drift` is by how much its clocks are quicker than the world's time, as a share;
    `skew` how many seconds its clock of UTC is ahead.
    """

    def __init__(
        self, world: "Scheduler", name: str, drift: float = 0.0, skew: float = 0.0
    ) -> None:
        self.name, self.drift, self.skew = name, drift, skew
        self.booted, self.boots = world.now, 1
        self.slept = 0.0
        self.paused_since: float | None = None
        self.suspended = False
        self.held_back: list[Callable[[], None]] = []
        self.naps: list[tuple[float, float]] = []
        self._world = world

    @property
    def boot_clock(self) -> float:
        """Seconds since it was started, by its own clock; sleep counts."""
        return (self._world.now - self.booted) * (1.0 + self.drift)

    @property
    def monotonic(self) -> float:
        """The same, and what it slept through does not count."""
        return self.boot_clock - self.slept

    @property
    def utc(self) -> float:
        """Seconds of UTC, as it believes."""
        return UTC + self._world.now * (1.0 + self.drift) + self.skew

    @property
    def boot_id(self) -> str:
        """What tells a boot from the next."""
        return f"{self.name}-{self.boots}"

    def pause(self, seconds: float, *, suspended: bool) -> None:
        """Stop all that runs here for so long; `suspended`: its timers stop, too."""
        if self.paused_since is not None:
            return
        self.paused_since, self.suspended = self._world.now, suspended
        self._world.at(seconds, self._resume)

    def _resume(self) -> None:
        since = self.paused_since or 0.0
        self.paused_since = None
        self.naps.append((since, self._world.now))
        if self.suspended:
            self.slept += (self._world.now - since) * (1.0 + self.drift)
        waiting, self.held_back = self.held_back, []
        for go_on in waiting:
            go_on()

    def reboot(self) -> None:
        """Its clocks begin anew; whoever runs here is ended by others."""
        self.booted, self.slept = self._world.now, 0.0
        self.boots += 1

    def napped(self, start: float, end: float) -> bool:
        """Whether it stood still at some time between these."""
        return any(a < end and b > start for a, b in reversed(self.naps))


class Process:
    """A greenlet on a machine, with those that it has started: they end together."""

    def __init__(
        self, world: "Scheduler", machine: Machine, run: Callable[[], object], name: str
    ) -> None:
        self.machine, self.name, self.world = machine, name, world
        self.over, self.dying = False, False
        self.ended: list[Callable[[], None]] = []
        self.children: list[Process] = []
        self.token = 0
        self._greenlet = greenlet(self._run, parent=world.hub)
        self._what = run
        self.wake(self.token, None)

    def _run(self, _: object) -> None:
        try:
            self._what()
        except GreenletExit:
            pass
        except BaseException as error:  # noqa: BLE001 - the world says who broke
            self.world.broke(self, error)
        finally:
            self.over = True
            for tell in self.ended:
                self.world.at(0.0, tell)

    def wait(self, seconds: float | None, *, timer: bool = False) -> object:
        """Let others run: what it is woken with, TIME_IS_UP after so many seconds.

        Seconds are of its machine; a `timer` stands still while that is suspended.
        """
        if self.dying:
            raise GreenletExit
        self.token += 1
        token = self.token
        if seconds is not None:
            slept = self.machine.slept if timer else math.inf
            real = max(0.0, seconds) / (1.0 + self.machine.drift)
            self._due(self.world.now + real, token, slept)
        return self.world.hub.switch()

    def _due(self, when: float, token: int, slept: float) -> None:
        left = max(0.0, when - self.world.now)
        self.world.at(left, lambda: self._rings(when, token, slept))

    def _rings(self, when: float, token: int, slept: float) -> None:
        if token != self.token or self.over:
            return
        if self.machine.paused_since is not None:
            self.machine.held_back.append(lambda: self._rings(when, token, slept))
            return
        missed = self.machine.slept - slept
        if missed > 0:
            later = when + missed / (1.0 + self.machine.drift)
            self._due(later, token, self.machine.slept)
            return
        self.wake(token, TIME_IS_UP)

    def wake(self, token: int, value: object) -> None:
        """Let it go on, if it waits still, as soon as its machine runs."""
        if token != self.token or self.over:
            return
        if self.machine.paused_since is not None:
            self.machine.held_back.append(lambda: self.wake(token, value))
            return
        self.token += 1
        self.world.at(0.0, lambda: self._enter(value))

    def _enter(self, value: object) -> None:
        if self.over:
            return
        if self.machine.paused_since is not None:
            self.machine.held_back.append(lambda: self._enter(value))
            return
        self.world.enter(self, self._greenlet.switch, value)

    def spawn(self, run: Callable[[], object], name: str) -> "Process":
        """A process that ends with this one."""
        made = Process(self.world, self.machine, run, f"{self.name}/{name}")
        self.children = [each for each in self.children if not each.over]
        self.children.append(made)
        return made

    def kill(self) -> None:
        """End it, and what it has started, in the middle of what they do."""
        for child in self.children:
            child.kill()
        if self.over:
            return
        self.dying = True
        self.token += 1
        if self._greenlet is getcurrent():
            raise GreenletExit
        if self._greenlet:
            self.world.enter(self, self._greenlet.throw, GreenletExit)
        else:
            for tell in self.ended:
                self.world.at(0.0, tell)
        self.over = True


class Broken(Exception):
    """A process ended as none should: with an error of the code or of the world."""


class Scheduler:
    """The heap of events, the dice, and who runs."""

    def __init__(self, seed: str) -> None:
        self.now = 0.0
        self.hub = getcurrent()
        self.dice = Random(seed)  # noqa: S311 - a world is to be made again
        self.current: Process | None = None
        self.events = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._error: tuple[Process, BaseException] | None = None

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        """Have `what` happen in so many seconds."""
        heapq.heappush(self._heap, (self.now + seconds, next(self._number), what))

    def enter(
        self, process: Process, way: Callable[..., object], value: object
    ) -> None:
        """Run `process` until it waits."""
        before, self.current = self.current, process
        try:
            way(value)
        finally:
            self.current = before

    def broke(self, process: Process, error: BaseException) -> None:
        """Note that `process` ended by an error, which ends the world."""
        self._error = self._error or (process, error)

    def run(self, until: float) -> None:
        """Let happen what happens up to that time. Broken where a process broke."""
        while self._heap and self._heap[0][0] <= until:
            self.now, _, what = heapq.heappop(self._heap)
            self.events += 1
            what()
            if self._error:
                process, error = self._error
                raise Broken(f"{process.name}: {error!r}") from error
        self.now = until

    def running(self) -> Process:
        """The process that asks."""
        if self.current is None:
            raise Broken("nobody runs")
        return self.current

    def sleep(self, seconds: float) -> None:
        """Let the process that asks sleep."""
        self.running().wait(seconds, timer=True)
