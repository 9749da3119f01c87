"""A fleet's day, played by one process: its seats' work, and what each write was told.

Time is pressed: a simulated second lasts `pressed` seconds. Each seat takes something
into work, posts and beats, ends it, and begins again; some fall silent, and another
takes over what they had. Where the ledger cannot follow, the day lasts longer; SIGTERM
ends it early.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from signal import SIGTERM, signal
from threading import Lock, Thread
from time import monotonic, sleep

from bench.ledger.tasks import about
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.model.errors import (
    CannotTell,
    Held,
    NoLongerYours,
    NothingReady,
    Refused,
    Unknown,
)
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.writing.api import FeedStore, Ok, RetryPolicy

DAY = 86_400.0
CYCLE = DAY / 54
"""Simulated seconds of one piece of work: four posts, so 216 a day and seat."""

LEASE, GRACE = 1800.0, 600.0
_BEATS = 3
"""Of each piece of work: with the pauses between them, 147 a day and seat."""

_SILENT = 0.01
"""Of all pieces of work, what nobody ends: its seat has died."""

_COMMON = 0.1
"""Of all pieces of work, what many repositories want: one of few surfaces."""

_FEW = 40
_BURSTS = 12
"""Moments of the day at which every seat begins something new."""

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """One act: when it began, how long it took, its tries, and how it ended.

    It was to begin at the simulated second `at`, and was so many seconds `late`.
    """

    what: str
    start: float
    seconds: float
    tries: int
    ended: str
    late: float
    at: float


@dataclass(slots=True)
class Seat:
    """One seat: its repository's prefix, and what it has in progress."""

    name: str
    prefix: str
    item: Item | None = None
    steps: list[str] = field(default_factory=list)


class Desk:
    """Seats that share one connection: they take turns."""

    def __init__(self, url: str, seats: list[Seat], day: "Day") -> None:
        """Its own dice, and its own connection."""
        self._ledger, self._day = PostgresLedger(url), day
        self._store = FeedStore(self._ledger, RetryPolicy(_PATIENCE))
        self._dice = random.Random(seats[0].name)  # noqa: S311 - no secret
        self._seats = seats
        self.told: list[Told] = []
        self._count = 0

    def play(self) -> None:
        """The whole day."""
        turns = [
            (self._dice.random() * CYCLE, n, seat) for n, seat in enumerate(self._seats)
        ]
        heapify(turns)
        while turns:
            at, number, seat = heappop(turns)
            if at >= self._day.length:
                continue
            late = self._day.wait_for(at)
            self._told(self._next_step(seat), seat, late, at)
            pause = self._dice.expovariate(1) * CYCLE / (4 + _BEATS)
            burst = self._day.burst_after(at)
            ahead = at + pause
            if not seat.steps and at < burst < ahead + CYCLE / 2:
                ahead = burst  # all of them begin anew at once
            heappush(turns, (ahead, number, seat))

    def _next_step(self, seat: Seat) -> str:
        if seat.steps:
            return seat.steps.pop(0)
        if seat.item is not None and seat.item.state is State.IN_PROGRESS:
            return "done"
        return "take over" if self._day.lapsed else self._dice.choice(("claim", "next"))

    def _told(self, step: str, seat: Seat, late: float, at: float) -> None:
        start, tries, ended = monotonic(), 1, "done"
        try:
            tries = _STEPS[step](self, seat)
        except (Held, NothingReady, NoLongerYours, Refused) as error:
            ended, seat.item = type(error).__name__, None
            seat.steps.clear()
        except Unknown:
            ended = "Unknown"
        except CannotTell:
            ended = "CannotTell"
        took = monotonic() - start
        begun = start - self._day.began
        self.told.append(Told(step, begun, took, tries, ended, late, at))
        if step == "next" and ended == "NothingReady":
            seat.steps = ["file"]

    def _surface(self, seat: Seat) -> dict[str, str]:
        self._count += 1
        if self._dice.random() < _COMMON:
            key = f"SHARED:data:table-{self._dice.randrange(_FEW)}"
            return {**about("shared"), "SURFACE_KEY": key}
        return about(f"{seat.name.lower()}-{self._count}")

    def claim(self, seat: Seat) -> int:
        """Something new, in progress at once."""
        post = {"STATE": "IN_PROGRESS", "SEAT": seat.name, **self._surface(seat)}
        ok = self._store.reserve(seat.prefix, post)
        self._begun(seat, ok.feed.item(ok.post.item))
        return ok.tries

    def file(self, seat: Seat) -> int:
        """Something new, for whoever of the repository is free."""
        ok = self._store.reserve(
            seat.prefix, {"SEAT": seat.name, **self._surface(seat)}
        )
        return ok.tries

    def next(self, seat: Seat) -> int:
        """What is next."""
        ok = self._store.next({"SEAT": seat.name})
        self._begun(seat, ok.feed.item(ok.post.item))
        return ok.tries

    def take_over(self, seat: Seat) -> int:
        """What a seat had that has died."""
        item = self._day.taken_up()
        if item is None:
            return self.claim(seat)
        given = {"STATE": "IN_PROGRESS", "SEAT": seat.name, "REASON": "it is silent"}
        ok = self._store.append_if_match(item.id, item.newest, given)
        if not isinstance(ok, Ok):
            raise Refused("another was quicker")
        self._begun(seat, ok.feed.item(item.id))
        return ok.tries

    def _begun(self, seat: Seat, item: Item) -> None:
        seat.item = item
        if self._dice.random() < _SILENT:
            self._day.silent(item)
            seat.item = None
            return
        more = ["post", *["beat"] * _BEATS]
        if self._dice.random() < 0.5:
            more.append("file")
        self._dice.shuffle(more)
        seat.steps = more

    def post(self, seat: Seat) -> int:
        """How far it is."""
        return self._appended(seat, "IN_PROGRESS")

    def done(self, seat: Seat) -> int:
        """It is done."""
        tries = self._appended(seat, "DONE")
        seat.item = None
        return tries

    def _appended(self, seat: Seat, state: str) -> int:
        item = seat.item
        if item is None:
            return 0
        post = {"STATE": state, "SEAT": seat.name}
        ok = self._store.append_if_match(item.id, item.newest, post)
        if not isinstance(ok, Ok):
            raise NoLongerYours(item.id, item.epoch, "")
        seat.item = ok.feed.item(item.id)
        return ok.tries

    def beat(self, seat: Seat) -> int:
        """A sign of life."""
        item = seat.item
        if item is not None and not self._ledger.beat(item, _PATIENCE):
            raise NoLongerYours(item.id, item.epoch, "")
        return 1


_STEPS = {
    "claim": Desk.claim,
    "file": Desk.file,
    "next": Desk.next,
    "take over": Desk.take_over,
    "post": Desk.post,
    "beat": Desk.beat,
    "done": Desk.done,
}


class Day:
    """The clock of the fleet, and what has fallen silent."""

    def __init__(self, began: float, pressed: float, length: float) -> None:
        """It began at `began`, and has `length` simulated seconds."""
        self.began, self._pressed, self.length = began, pressed, length
        self._lock, self._silent = Lock(), list[tuple[float, Item]]()

    def wait_for(self, at: float) -> float:
        """Until the simulated second `at`; by how many real seconds it is over."""
        due = self.began + at * self._pressed
        late = monotonic() - due
        if late < 0:
            sleep(-late)
        return max(late, 0.0)

    def burst_after(self, at: float) -> float:
        """The next moment at which all begin something."""
        every = DAY / _BURSTS
        return (at // every + 1) * every

    def end(self, *_: object) -> None:
        """Nothing begins any more: what was played till then counts."""
        self.length = 0.0

    def silent(self, item: Item) -> None:
        """Nobody will be heard of it."""
        with self._lock:
            self._silent.append((monotonic(), item))

    @property
    def lapsed(self) -> bool:
        """Whether there is something to take over."""
        over = (LEASE + GRACE) * self._pressed * 1.2 + 1
        return bool(self._silent) and monotonic() - self._silent[0][0] > over

    def taken_up(self) -> Item | None:
        """The next of it, for one alone."""
        with self._lock:
            return self._silent.pop(0)[1] if self.lapsed else None


def seats(numbers: range, repositories: int) -> Iterator[Seat]:
    """Seats, each of one of so many repositories."""
    for number in numbers:
        at = number % repositories
        yield Seat(f"LANE{at:02d}-{number:04d}", f"R{chr(65 + at)}")


def main(url: str, told: str) -> None:
    """Play the seats that `told` names; print what each act was told."""
    asked = json.loads(told)
    own = list(seats(range(asked["first"], asked["last"]), asked["repositories"]))
    day = Day(monotonic() + 2, asked["pressed"], asked["length"])
    signal(SIGTERM, day.end)
    share = -(-len(own) // asked["desks"])
    parts = [own[at : at + share] for at in range(0, len(own), share)]
    desks = [Desk(url, part, day) for part in parts]
    threads = [Thread(target=desk.play) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = [
        [t.what, t.start, t.seconds, t.tries, t.ended, t.late, t.at]
        for desk in desks
        for t in desk.told
    ]
    print(json.dumps(rows), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
