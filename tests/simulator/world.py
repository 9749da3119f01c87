"""One world: a server, seats on their machines, and what goes wrong, for some days."""

import gc
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import process_time

from fleetfeed.feed.overlay import unwritten, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model.post import State
from simulator.fake_git import FakeGit
from simulator.network import Network, Rates
from simulator.object_store import Store
from simulator.outside import Outside
from simulator.patches import Connections, patched
from simulator.planted import PLANTED
from simulator.scheduler import Broken, Machine, Process, Scheduler
from simulator.seat import Habits, Seat
from simulator.server import FEED, NAME, Server
from simulator.truth import Truth, Violation

DAY = 86400.0
_POLICY = """\
server: {server}
ref: {ref}
prefixes: {{CMB: CAMBER}}
lanes: [CAMBER]
proof: warn
leases: {{default: 30m, max: 1d, grace: {grace}, turn: 60s}}
"""
_FETCH = "+refs/heads/*:refs/remotes/origin/*"


@dataclass(frozen=True)
class Setup:
    """What a world is made of. The same makes the same world."""

    seed: int
    days: float = 1.0
    seats: int = 30
    queue: bool | None = None
    grace: str = "60s"
    pause: float = 7200.0
    keep_going: bool = False
    parts: int | None = None
    takers: float = 10.0
    window: float = 0.02
    rates: Rates = field(default_factory=Rates)
    fault: str = ""

    @property
    def queued(self) -> bool:
        """Whether there is a queue: every other seed has one."""
        return self.seed % 2 == 0 if self.queue is None else self.queue


@dataclass
class Report:
    """How a world ended: what was counted, and what was wrong, if anything."""

    setup: Setup
    days: float = 0.0
    posts: int = 0
    commands: int = 0
    events: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    hash: str = ""
    wrong: str = ""
    last: tuple[str, ...] = ()


class World:
    """A world that is about to begin."""

    def __init__(self, setup: Setup, folder: Path) -> None:
        self.setup, self.folder = setup, folder / "hub"
        self.folder.mkdir()
        Path(self.folder, "config").write_text("", "ascii")
        self.rates = replace(setup.rates, counts=Counter())
        self.scheduler = Scheduler(f"{setup.seed}")
        self.store = Store()
        self.truth = Truth(self.scheduler, self.store)
        machine = self._machine("hub")
        queue = setup.queued
        self.server = Server(
            self.scheduler,
            self.store,
            self.folder,
            machine,
            self.truth,
            queue=queue,
            window=setup.window,
        )
        self.truth.server = machine
        self.outside = Outside(self.scheduler, self.truth)
        self.connections = Connections()
        first = self._first()
        self.server.refs[FEED] = self.truth.tip = first
        keys = _keys(setup.parts or max(3, setup.seats // 3))
        habits = Habits(
            setup.pause,
            setup.seats,
            keys,
            keep_going=setup.keep_going,
            takers=setup.takers,
        )
        names = [f"S-{number:04d}" for number in range(setup.seats)]
        self.seats = [self._seat(name, folder, first, habits) for name in names]
        short = replace(habits, sessions=(1.0, 2.0))
        self.caretaker = self._seat("S-LAST", folder, first, short)

    def _machine(self, name: str) -> Machine:
        dice, drift = self.scheduler.dice, self.rates.drift
        skew = dice.gauss(0.0, 30.0)
        return Machine(self.scheduler, name, dice.uniform(-drift, drift), skew)

    def _first(self) -> str:
        """The commit with which the feed begins."""
        objects = self.server.git().objects
        grace = self.setup.grace
        policy = _POLICY.format(server=NAME, ref=FEED, grace=grace).encode()
        tree = with_files(FeedTree(objects, None, ""), {"feed/policy.yaml": policy})
        objects.write(unwritten(tree).values(), 20)
        by = "hub <hub@fleet> 1790000000 +0000"
        data = f"tree {tree.root}\nauthor {by}\ncommitter {by}\n\nA feed begins\n"
        return self.store.put("commit", data.encode())

    def _seat(self, name: str, folder: Path, first: str, habits: Habits) -> Seat:
        machine = self._machine(name)
        network = Network(self.scheduler, machine, self.server, self.rates)
        settings = {
            "remote.origin.url": "hub:feed.git",
            "remote.origin.fetch": _FETCH,
            "fleetfeed.seat": name,
            "user.name": name,
        }
        own = folder / name
        own.mkdir()
        refs = {"HEAD": first, "refs/remotes/origin/main": first}
        git = FakeGit(self.scheduler, self.store, refs, settings, str(own), network)
        made = (name, self.scheduler, machine, git, network, self.truth, self.outside)
        return Seat(*made, habits)

    def ends_beats(self) -> None:
        """A `hold` is over, and no beat of it goes on (`end_those_under_way`)."""
        for child in self.scheduler.running().children:
            if not child.over and child.name.endswith("/beat"):
                self.scheduler.at(0.0, child.kill)

    # Its days.

    def run(self) -> None:
        """Let all days pass, and then nights without faults, in which all is settled."""
        with self._fault(), patched(self):
            dice = self.scheduler.dice
            for seat in self.seats:
                self.scheduler.at(dice.uniform(0.0, 600.0), seat.starts)
            self._faults()
            end = self.setup.days * DAY
            self.scheduler.run(end)
            self._settle(end)
            self.truth.at_the_end()

    def _fault(self) -> AbstractContextManager[None]:
        fault = self.setup.fault
        return PLANTED[fault].planted() if fault else nullcontext()

    def _faults(self) -> None:
        rates, seats = self.rates, self.seats
        each = (
            ("partition", rates.partitions, self._partition),
            ("nap", rates.naps, self._nap),
            ("kill", rates.kills, self._kill),
        )
        for seat in seats:
            for kind, rate, what in each:
                self._now_and_then(kind, rate, partial(what, seat))
        self._now_and_then("server pause", rates.server_naps, self._server_pauses)
        self._now_and_then("reboot", rates.reboots, self._reboot)
        self._now_and_then("leader killed", rates.leaders_killed, self._kill_leader)
        self._now_and_then("stamps lost", rates.stamps_lost, self._lose_stamps)

    def _now_and_then(
        self, kind: str, a_day: float, what: Callable[[], object]
    ) -> None:
        """Have `what` happen so often, by chance, as long as days last."""
        if not a_day:
            return
        dice = self.scheduler.dice

        def happens() -> None:
            if self.scheduler.now >= self.setup.days * DAY:
                return
            if what() is not False:
                self.rates.counts[kind] += 1
                self.truth.note("fault", kind)
            again()

        def again() -> None:
            self.scheduler.at(dice.expovariate(a_day / DAY), happens)

        again()

    def _span(self, shortest: float, longest: float) -> float:
        """Seconds, the short ones as often as the long ones."""
        dice = self.scheduler.dice
        return float(shortest * (longest / shortest) ** dice.random())

    def _partition(self, seat: Seat) -> None:
        seat.network.cut_until = self.scheduler.now + self._span(5.0, 5400.0)

    def _nap(self, seat: Seat) -> None:
        suspended = self.scheduler.dice.random() < 0.6
        seat.machine.pause(self._span(2.0, 7200.0), suspended=suspended)

    def _kill(self, seat: Seat) -> None:
        seat.is_killed()
        if self.scheduler.dice.random() < 0.05:
            seat.alive = False
        self.scheduler.at(self._span(2.0, 10800.0), seat.starts)

    def _server_pauses(self) -> None:
        self.server.machine.pause(self._span(1.0, 900.0), suspended=False)

    def _reboot(self) -> bool:
        if not self.server.up or self.server.machine.paused_since is not None:
            return False
        self.server.reboot(self._span(5.0, 300.0))
        return True

    def _kill_leader(self) -> bool:
        door = self.server.door
        if self.scheduler.dice.random() < 0.5:
            return door.kill_leader()
        door.kill_in_batch = True
        return True

    def _lose_stamps(self) -> None:
        self.connections.close()
        self.server.lose_stamps(damaged=self.scheduler.dice.random() < 0.3)

    # The end.

    def _settle(self, end: float) -> None:
        """Nobody works any more: whatever is held, one who lives can have it."""
        rates = self.rates
        rates.lost = rates.answer_lost = rates.twice = rates.slow = 0.0
        for seat in self.seats:
            seat.is_killed()
            seat.alive = False
            seat.network.cut_until = 0.0
        self.scheduler.run(end + 3 * 3600.0)
        seat = self.caretaker
        seat.runs, self.server.window = 5, 0.02
        left = list[str]()
        caretaker = partial(self._takes_all, seat, left)
        Process(self.scheduler, seat.machine, caretaker, "caretaker")
        self.scheduler.run(end + 24 * 3600.0)
        if left:
            what = f"{left} cannot be had by anybody"
            raise Violation("a dead seat keeps nothing for ever", what, left)

    def _takes_all(self, seat: Seat, left: list[str]) -> None:
        """What is held, and what others wait for, goes to `seat`, one by one."""
        for item in self._now.open:
            held = item.state is State.IN_PROGRESS and item.holder != seat.name
            if held and not seat.takes(item.id, _PATIENCE):
                left.append(item.id)
        for name in sorted(self.truth.places):
            place = self._now.item(name)
            if not place.turn or place.waiter == seat.name:
                continue
            keys = tuple(key.parts for key in place.keys)
            for other in sorted(self.truth.held.others(name, keys)):
                seat.takes(other, _PATIENCE)
            if not seat.claims_key(place.keys[0].text, _PATIENCE):
                left.append(name)
                return

    @property
    def _now(self) -> Snapshot:
        return self.truth.feed(self.truth.tip)


_PATIENCE = 4500.0
"""Seconds in which whatever is left can be had: more than any lease and its grace."""


def _keys(parts: int) -> tuple[str, ...]:
    """Keys, some within others, of so many parts."""
    found = []
    for number in range(parts):
        top = f"CAMBER:file:part-{number}"
        found += [top, *(f"{top}:src-{n}" for n in range(3))]
        found += [f"{top}:src-0:deep", f"{top}:src-0:more"]
    return tuple(found)


def played(setup: Setup, watch: Callable[[World], None] | None = None) -> Report:
    """Play a world; how it ended. `watch` sees it before it begins."""
    began = process_time()
    gc.disable()  # a world makes few circles, and is soon over
    folder = Path(tempfile.mkdtemp(prefix="fleetfeed-world-", dir=_in_memory()))
    report = Report(setup)
    if setup.fault:
        setup = PLANTED[setup.fault].of(setup)
    try:
        world = World(setup, folder)
        if watch:
            watch(world)
        try:
            world.run()
        except (Violation, Broken) as error:
            report.wrong = str(error)
            about = getattr(error, "about", ())
            report.last = _about(world.truth.trace, about)
            if isinstance(error, Broken) and isinstance(error.__cause__, Violation):
                report.wrong = str(error.__cause__)
                report.last = _about(world.truth.trace, error.__cause__.about)
        report.days = min(world.scheduler.now / DAY, setup.days)
        report.posts = sum(map(len, world.truth.landed.values()))
        report.commands = len(world.truth.asked)
        report.events = world.scheduler.events
        report.faults, report.answers = world.rates.counts, world.truth.answers
        report.counts = world.truth.counts
        report.hash = sha256("\n".join(world.truth.trace).encode()).hexdigest()[:16]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        gc.enable()
    report.seconds = process_time() - began
    return report


def _about(trace: list[str], about: tuple[str, ...]) -> tuple[str, ...]:
    """The last lines of the trace, and of those before what is about these names."""
    named = [line for line in trace[:-10] if any(name in line for name in about)]
    return (*named[-25:], *trace[-10:])


def _in_memory() -> str | None:
    """A folder in memory, where there is one: a world writes its stamps often."""
    shm = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    return str(shm) if shm.is_dir() else None
