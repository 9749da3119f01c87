"""Between a seat and the server: delays, losses, lost answers, twice the same, nothing.

A request is a connection of git's. The server does what it was asked for in a process of
its own, which goes on whatever has become of whoever asked.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleetfeed.git.spawned import Done
from simulator.scheduler import TIME_IS_UP, Machine, Process, Scheduler

if TYPE_CHECKING:
    from simulator.server import Server

_GONE = b"fatal: the remote end hung up unexpectedly\n"
_REFUSED = b"fatal: unable to connect to hub: Connection refused\n"


@dataclass(frozen=True)
class Push:
    """What is pushed: refs, what they are to be at, whether by force; and leases."""

    moves: tuple[tuple[str, str, bool], ...]
    leases: Mapping[str, str]


Reading = Callable[[Mapping[str, str]], object]
"""A question about the server's refs."""


@dataclass
class Rates:
    """How often each fault happens: a share of the connections, or times a day."""

    lost: float = 0.01
    answer_lost: float = 0.012
    twice: float = 0.01
    slow: float = 0.01
    delay: float = 0.03
    partitions: float = 0.7
    naps: float = 1.0
    kills: float = 0.8
    server_naps: float = 1.5
    reboots: float = 0.7
    leaders_killed: float = 4.0
    stamps_lost: float = 0.7
    drift: float = 100e-6
    counts: Counter[str] = field(default_factory=Counter)


class Network:
    """One machine's way to the server."""

    def __init__(
        self, world: Scheduler, machine: Machine, server: "Server", rates: Rates
    ) -> None:
        self._world, self._machine, self._server = world, machine, server
        self._rates, self.cut_until = rates, 0.0

    def ask(
        self,
        request: Push | Reading,
        seconds: float,
        meanwhile: Callable[[], None] | None,
    ) -> object:
        """What the server answers; None where nothing comes in so many seconds."""
        asking, dice = self._world.running(), self._world.dice
        if meanwhile:
            meanwhile()
        token = asking.token + 1
        self._send(request, asking, token)
        if isinstance(request, Push) and dice.random() < self._rates.twice:
            self._rates.counts["twice"] += 1
            self._send(request, asking, token)
        answer = asking.wait(seconds)
        return None if answer is TIME_IS_UP else answer

    def _send(self, request: Push | Reading, asking: Process, token: int) -> None:
        if self._world.dice.random() < self._rates.lost:
            self._rates.counts["lost"] += 1
            if self._world.dice.random() < 0.5:
                self._back(Done(128, b"", _REFUSED), asking, token)
            return
        self._world.at(self._delay(), lambda: self._arrives(request, asking, token))

    def _arrives(self, request: Push | Reading, asking: Process, token: int) -> None:
        if self._is_cut():
            return

        def answered(answer: object) -> None:
            self._answer(request, answer, asking, token)

        self._server.serve(request, answered)

    def _answer(
        self, request: Push | Reading, answer: object, asking: Process, token: int
    ) -> None:
        if isinstance(request, Push):
            lost = self._world.dice.random() < self._rates.answer_lost
            if lost:
                self._rates.counts["answer lost"] += 1
                if self._world.dice.random() < 0.5:
                    self._back(Done(128, b"", _GONE), asking, token)
                return
        self._back(answer, asking, token)

    def _back(self, answer: object, asking: Process, token: int) -> None:
        def arrives() -> None:
            if not self._is_cut():
                asking.wake(token, answer)

        self._world.at(self._delay(), arrives)

    def _is_cut(self) -> bool:
        return self._world.now < self.cut_until

    def _delay(self) -> float:
        dice = self._world.dice
        slow = dice.random() < self._rates.slow
        if slow:
            self._rates.counts["slow"] += 1
        return dice.expovariate(1.0 / self._rates.delay) * (300 if slow else 1)
