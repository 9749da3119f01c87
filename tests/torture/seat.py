"""One seat of a torture: a process that gives one command after another, by chance.

It remembers what it was told it holds, as an agent does, and what it has seen of the
others. A command whose answer it does not know is given again with the same `--op`.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from torture.history import Run, Told, Work
from torture.recorder import Harm, Recorder, now, some_harm

KEYS = tuple(
    f"CAMBER:work:{key}"
    for key in ("a", "a:x", "a/X/1", "b", "b:y", "b_y", "b-y:z", "c", "d", "d:w")
)
"""Surfaces of which many overlap, in several spellings."""

_WORKER = Path(__file__).with_name("worker.py")
_AGAIN = 4
_PATIENCE = "20s"


@dataclass(frozen=True, slots=True)
class Orders:
    """How a seat is to behave: until when, by which chance, and with how much harm.

    `program` is the module whose `main` its commands run.
    """

    seat: str
    clone: str
    out: str
    seed: int
    until: float
    leases: tuple[str, ...]
    harm: float
    program: str


@dataclass
class SeatAtWork:
    """A seat, and what it believes."""

    orders: Orders
    chance: random.Random
    recorder: Recorder
    number: int = 0
    # By item, the epoch at which it is held; what is laid aside, and what is in line.
    held: dict[str, int] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)
    line: set[str] = field(default_factory=set)
    others: dict[str, Told] = field(default_factory=dict)

    def work(self) -> None:
        """Give commands until the time is over."""
        while now() < self.orders.until:
            rows = list(self._choices())
            (do,) = self.chance.choices([f for _, f in rows], [w for w, _ in rows])
            do()
            time.sleep(self.chance.expovariate(4))

    def _choices(self) -> Iterator[tuple[float, Callable[[], object]]]:
        """What may be done now, and how likely."""
        yield from ((4, self._claim), (1.5, self._reserve), (2, self._next))
        yield from ((1, self._list), (1.5, self._hold))
        if len(self.held) + len(self.line) < 3:
            yield 2, self._wait
        if self.held:
            more = len(self.held) > 1
            yield from (
                (8 if more else 3, self._end),
                (2, self._beat),
                (1, self._fence),
            )
        if self.aside:
            yield 1, self._resume
        if self.line:
            yield 3, self._go_on
        if self.others:
            yield from ((4, self._take), (1, self._show))

    # -- what is done

    def _new(self) -> tuple[str, ...]:
        key = self.chance.choice(KEYS)
        proof = f"whatever is near {key} is other work"
        subject = f"work {self.number} of {self.orders.seat}"
        return ("--subject", subject, "--surface", key, "--proof", proof)

    def _lease(self) -> tuple[str, ...]:
        return ("--lease", self.chance.choice(self.orders.leases))

    def _claim(self) -> None:
        self._write("claim", "--new", "CMB", *self._new(), *self._lease())

    def _reserve(self) -> None:
        self._write("reserve", "CMB", *self._new())

    def _next(self) -> None:
        self._write("next", *self._lease())

    def _wait(self) -> None:
        at_most = ("--wait", "--at-most", f"{self.chance.randint(1, 6)}s")
        self._write("claim", "--new", "CMB", *self._new(), *self._lease(), *at_most)

    def _go_on(self) -> None:
        item = self.chance.choice(sorted(self.line))
        if self.chance.random() < 0.2:
            self._write("park", item)
        else:
            proof = ("--proof", "it was my turn, and what is near is other work")
            self._write("claim", item, "--wait", "--at-most", "4s", *proof)

    def _end(self) -> None:
        item = self.chance.choice(sorted(self.held))
        verbs, weights = ("done", "release", "park", "cancel"), (5, 2, 2, 0.5)
        (verb,) = self.chance.choices(verbs, weights)
        why = ("--reason", "no longer wanted") if verb in {"cancel", "park"} else ()
        self._write(verb, item, "--epoch", str(self.held[item]), *why)

    def _beat(self) -> None:
        self._ask("beat", self.chance.choice(sorted(self.held)))

    def _fence(self) -> None:
        item = self.chance.choice(sorted(self.held))
        self._ask("fence", item, "--epoch", str(self.held[item]))

    def _resume(self) -> None:
        item = self.chance.choice(sorted(self.aside))
        self._write("claim", item, "--resume", *self._lease())

    def _list(self) -> None:
        self._ask("active")

    def _show(self) -> None:
        self._ask("show", self.chance.choice(sorted(self.others)))

    def _take(self) -> None:
        item = self.chance.choice(sorted(self.others))
        why = ("--reason", "nobody has heard of it")
        if self.chance.random() < 0.25:
            self._write("evict", item, *why)
        else:
            self._write("claim", item, *why, *self._lease())

    def _hold(self) -> None:
        """Work under a claim; `hold` alone is harmed, and never what watches it."""
        self.number += 1
        file = Path(f"{self.orders.out}-work-{self.number}")
        seconds = self.chance.uniform(0.5, 6)
        script = (sys.executable, "-I", "-S", str(_WORKER), str(file), str(seconds))
        harm = None
        if self.chance.random() < self.orders.harm:
            made = some_harm(self.chance, 8)
            harm = Harm(made.number, made.after, made.pause, alone=True)
        flags = ("--new", "CMB", *self._new(), *self._lease(), "--timeout", _PATIENCE)
        run = self.recorder.run(
            *("hold", *flags, "--json", "--", *script),
            op=f"{self.orders.seat}-{self.number}",
            harm=harm,
            wrote=lambda: _op_of(file),
        )
        self._learn(run)
        # What a killed one has left at work is ended by its guard; a seat that goes on
        # meanwhile would be in its own way.
        while file.exists() and _alive(file):
            time.sleep(0.1)

    # -- how

    def _ask(self, *args: str) -> None:
        self.number += 1
        op = f"{self.orders.seat}-{self.number}"
        self._learn(self.recorder.run(*args, "--json", op=op, harm=self._harm(3)))

    def _harm(self, longest: float) -> Harm | None:
        harmed = self.chance.random() < self.orders.harm
        return some_harm(self.chance, longest) if harmed else None

    def _write(self, *args: str) -> None:
        """A command that writes, again and again until its answer is known."""
        self.number += 1
        op = f"{self.orders.seat}-{self.number}"
        words = (*args, "--op", op, "--timeout", _PATIENCE, "--json")
        for _ in range(_AGAIN):
            run = self.recorder.run(
                *words, op=op, harm=self._harm(4), wrote=lambda: _turn(args, op)
            )
            self._learn(run)
            known = run.answer and (run.code != 3 or _in_line(run))
            if known or now() > self.orders.until:
                return
            time.sleep(self.chance.uniform(0.1, 1))

    def _learn(self, run: Run) -> None:
        """Believe what an answer says."""
        if not run.answer:
            return
        if run.answer.word == "open":
            self.others.clear()
        mine = run.answer.word == "won" or _in_line(run)
        for told in run.answer.items:
            self._believe(told, mine=mine)
        if run.answer.word == "no longer yours":
            for told in run.answer.items:
                self.held.pop(told.item, None)

    def _believe(self, told: Told, *, mine: bool) -> None:
        item, seat = told.item, self.orders.seat
        for known in (self.held, self.others):
            known.pop(item, None)
        for left in (self.aside, self.line):
            left.discard(item)
        if told.state == "IN_PROGRESS" and told.holder == seat:
            self.held[item] = told.epoch
        elif told.state == "PARKED" and told.turn and mine:
            self.line.add(item)
        elif told.state == "PARKED" and told.holder == seat:
            self.aside.add(item)
        elif told.state in {"IN_PROGRESS", "AWAITING_CLAIM"}:
            self.others[item] = told


def _turn(args: tuple[str, ...], op: str) -> str:
    """The id of the claim for which a command has taken a place in line."""
    return f"{op}.turn" if "--wait" in args else ""


def _in_line(run: Run) -> bool:
    """Whether it was told that its place in line stays, and its time is up."""
    return bool(run.answer and "still in line" in run.answer.message)


def _op_of(file: Path) -> str:
    if not file.exists():
        return ""
    with suppress(ValueError):
        found: str = json.loads(file.read_text().partition("\n")[0])["OP"]
        return found
    return ""


def _alive(file: Path) -> bool:
    """Whether the worker that writes this file is there, and no zombie."""
    with suppress(OSError, ValueError):
        pid = json.loads(file.read_text().partition("\n")[0])["PID"]
        return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
    return False


def works(out: Path) -> Iterator[Work]:
    """What the workers of a seat have written down."""
    for file in out.parent.glob(f"{out.name}-work-*"):
        first, *rest = file.read_text().splitlines() or [""]
        times = [float(line) for line in rest if line]
        if times:
            said = json.loads(first)
            epoch = int(said["EPOCH"])
            yield Work(
                said["SEAT"], said["ITEM"], epoch, said["OP"], times[0], times[-1]
            )


def main() -> None:
    """Be the seat that the one argument orders; at the end say how much harm was done."""
    said = json.loads(sys.argv[1])
    orders = Orders(**{**said, "leases": tuple(said["leases"])})
    clone, out = Path(orders.clone), Path(orders.out)
    recorder = Recorder(orders.seat, clone, out, orders.program)
    SeatAtWork(orders, random.Random(orders.seed), recorder).work()  # noqa: S311
    sys.stdout.write(json.dumps(recorder.harmed))


def ordered(orders: Orders) -> tuple[str, ...]:
    """The argument by which `main` is such a seat."""
    return (json.dumps(asdict(orders)),)
