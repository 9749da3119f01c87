"""Followers and the leader of a queue, with sockets, locks and processes played.

The follower's loop (`queue.follower.led`) and the landing (`queue.landing.Landing`) are
what ships. Between them lies what `queue.leader` does with sockets: it hears whoever
asks, has all of them landed together, and answers; when it dies, its connections close.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetfeed.queue.follower import END, HEARD
from fleetfeed.queue.landing import Landing, Request
from fleetfeed.queue.leader import LIFETIME, LINGER
from simulator.scheduler import TIME_IS_UP, Process

if TYPE_CHECKING:
    from simulator.server import Server


@dataclass
class Entry:
    """Who waits at the door, and what it was told so far."""

    process: Process
    token: int
    request: bytes
    said: bytes = b""

    def tell(self, more: bytes = b"") -> None:
        """Its connection ends: with these last words, or without."""
        self.process.wake(self.token, self.said + more)


class Door:
    """Who waits, and who leads."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.leader: Process | None = None
        self.waiting: list[Entry] = []
        self.heard: list[Entry] = []
        self._listens = False
        self.kill_in_batch = False

    def asked(self, request: bytes, deadline: float) -> bytes:
        """What a leader says; nothing where there is none (`follower._asked`)."""
        asking = self.server.world.running()
        if not self._listens:
            return b""
        entry = Entry(asking, asking.token + 1, request)
        self.waiting.append(entry)
        if self.leader and self._idle is not None:
            self.leader.wake(self._idle, None)
        left = deadline - asking.machine.monotonic
        said = asking.wait(max(left, 0.002))
        if said is TIME_IS_UP:
            for entries in (self.waiting, self.heard):
                if entry in entries:
                    entries.remove(entry)
            return entry.said
        return said if isinstance(said, bytes) else b""

    _idle: int | None = None

    def start_leader(self, python: str) -> int | None:
        """Start one, if none has the lock (`follower.start_leader`)."""
        del python
        if self.leader is not None:
            return None
        self._listens = True
        self.leader = self.server.start(self._lead, "leader")
        self.leader.ended.append(self._has_ended)
        return 1

    def _lead(self) -> None:
        world, machine = self.server.world, self.server.machine
        world.sleep(0.05 + world.dice.expovariate(20.0))
        landing = Landing()
        leader = world.running()
        end = machine.monotonic + LIFETIME
        while machine.monotonic < end and not landing.crashed:
            if not self.waiting:
                self._idle = leader.token + 1
                came = leader.wait(LINGER)
                self._idle = None
                if came is TIME_IS_UP:
                    break
                continue
            self._batch(landing)
        self._listens = False
        if self.waiting:
            self._batch(landing)

    def _batch(self, landing: Landing) -> None:
        world = self.server.world
        # Whoever comes while the last ones are judged comes with the next ones.
        world.sleep(world.dice.expovariate(1.0 / self.server.window))
        self.heard, self.waiting = self.waiting, []
        for each in self.heard:
            each.said = HEARD
        if self.kill_in_batch:
            self.kill_in_batch = False
            world.at(world.dice.uniform(0.0, 0.02), self._killed)
        there = list(self.heard)
        answers = landing.landed([Request.read(each.request) for each in there])
        gone = [each for each in there if each not in self.heard]
        for each, answer in zip(there, answers, strict=True):
            if each not in gone:
                each.tell(answer + END)
        self.heard = []

    def _has_ended(self) -> None:
        self.leader, self._listens, self._idle = None, False, None
        there, self.waiting, self.heard = self.heard + self.waiting, [], []
        for each in there:
            each.tell()

    def kill_leader(self) -> bool:
        """End the leader in the middle of what it does; whether there was one."""
        if self.leader is None:
            return False
        self.leader.kill()
        return True

    def _killed(self) -> None:
        self.kill_leader()

    def ends(self) -> None:
        """The whole machine goes away."""
        self.waiting, self.heard = [], []
        self.leader, self._listens, self._idle = None, False, None
