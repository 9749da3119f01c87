"""Make the places, let each arm do everything in turn, and report."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Transport
from harness.progress import tell

from bench import hardware
from bench.contention import found as figures
from bench.contention.arms import (
    BEFORE,
    DIRECT,
    GIT,
    INBOX,
    QUEUE,
    UNGUARDED,
    Arm,
    arms,
)
from bench.contention.crowds import ITEM, RESERVE, SURFACE, contest, reserve
from bench.contention.found import Found
from bench.contention.large import beside
from bench.contention.metered import METERED, used
from bench.contention.place import Place, server_in
from bench.contention.plan import CONTEST as IN_CONTEST
from bench.contention.plan import INBOX as IN_INBOX
from bench.contention.plan import LARGE, RACES, SERVER, Plan
from bench.contention.plan import RESERVE as IN_RESERVE
from bench.contention.races import MOST, race
from bench.contention.tables import tables
from bench.feeds import Shape
from bench.report import Report
from bench.rounds import SEED

PAGE = "contention.md"
_METERED = (BEFORE, QUEUE, UNGUARDED)
_UNGUARDED = (UNGUARDED, INBOX)
_GUARDED = (BEFORE, QUEUE, DIRECT)


@dataclass(frozen=True, slots=True)
class Scene:
    """One measurement that all of `arms` make in turn, in each run."""

    what: str
    arms: tuple[str, ...]
    seats: int
    measure: Callable[[Place], dict[str, float]]
    metered: bool = False


def run(folder: Path, plan: Plan) -> Report:
    """Measure as `plan` says, in repositories below `folder`."""
    before = hardware.load()
    with _places(folder, plan) as places:
        measured = _measure(list(_scenes(plan, places)), places, plan.runs)
    tell("")
    facts = {**hardware.described(), **hardware.loads(before), **_facts(plan)}
    values = [
        {"what": what, "arm": arm, "seats": seats, "figure": name, "values": each}
        for (what, arm, seats, name), each in measured.values.items()
    ]
    return Report(PAGE, facts, tuple(tables(measured, plan)), {"contention": values})


Places = dict[tuple[str, bool], Place]
"""By arm, and whether it is metered."""


@contextmanager
def _places(folder: Path, plan: Plan) -> Iterator[Places]:
    """The places that the plan's parts need; they are reachable in this block."""
    made: Places = {}
    with ExitStack() as stack:
        for arm in arms(plan.beside):
            for metered in (False, True):
                if _needed(arm, plan, metered=metered):
                    tell(f"a server and a clone: {arm.name}")
                    at = folder / f"{len(made)}"
                    way = METERED if metered else plan.transport
                    made[arm.name, metered] = _make(stack, arm, at, way, plan)
        yield made


def _make(
    stack: ExitStack, arm: Arm, folder: Path, way: Transport, plan: Plan
) -> Place:
    address = stack.enter_context(way.open(server_in(folder)))
    return Place.make(arm, folder, Shape(0, plan.closed), address)


def _needed(arm: Arm, plan: Plan, *, metered: bool) -> bool:
    needs = {SERVER: _METERED, IN_INBOX: _UNGUARDED, LARGE: _beside(plan)}
    if metered:
        return any(arm.name in needs[part] for part in needs if part in plan.parts)
    return arm.name in plan.arms and bool({*plan.parts} - needs.keys())


def _beside(plan: Plan) -> tuple[str, ...]:
    """The arms of the large push: those asked for that have hooks, and one without."""
    return (*(arm for arm in plan.arms if arm in _GUARDED), UNGUARDED)


def _scenes(plan: Plan, places: Places) -> Iterator[Scene]:
    """Everything that the plan's parts measure, in the order of the tables."""
    for part, scenes in _SCENES.items():
        if part in plan.parts:
            yield from scenes(plan, places)


def _named(plan: Plan, places: Places, *without: str) -> tuple[str, ...]:
    """The arms that the plan asks for and that can be had, less some."""
    known = [arm for arm, metered in places if not metered and arm in plan.arms]
    return tuple(arm for arm in known if arm not in without)


def _races(plan: Plan, places: Places) -> Iterator[Scene]:
    for seats in plan.seats:
        yield Scene(RACES, _named(plan, places), seats, _racing(seats, plan.each))


def _inbox(plan: Plan, _: Places) -> Iterator[Scene]:
    for seats in plan.seats:
        measure = _metering(seats, plan.each)
        yield Scene(IN_INBOX, (UNGUARDED, INBOX), seats, measure, metered=True)


def _reserve(plan: Plan, places: Places) -> Iterator[Scene]:
    ours = _named(plan, places, GIT)
    yield Scene(RESERVE, ours, plan.many, _reserving(plan.many))


def _contest(plan: Plan, places: Places) -> Iterator[Scene]:
    ours = _named(plan, places, GIT)
    for what in (SURFACE, ITEM):
        yield Scene(what, ours, plan.rivals, _contesting(what, plan.rivals))


def _server(plan: Plan, places: Places) -> Iterator[Scene]:
    measured = tuple(arm for arm in _METERED if (arm, True) in places)
    for seats in sorted({1, plan.rivals}):
        yield Scene(SERVER, measured, seats, _metering(seats, plan.each), metered=True)


def _large(plan: Plan, places: Places) -> Iterator[Scene]:
    *guarded, bare = (arm for arm in _beside(plan) if (arm, True) in places)
    measure = _crowding(plan, places[bare, True])
    yield Scene(LARGE, tuple(guarded), plan.rivals, measure, metered=True)


_SCENES: dict[str, Callable[[Plan, Places], Iterator[Scene]]] = {
    RACES: _races,
    IN_INBOX: _inbox,
    IN_RESERVE: _reserve,
    IN_CONTEST: _contest,
    SERVER: _server,
    LARGE: _large,
}


def _racing(seats: int, each: int) -> Callable[[Place], dict[str, float]]:
    return lambda place: figures.of_race(race(place, seats, each))


def _reserving(seats: int) -> Callable[[Place], dict[str, float]]:
    return lambda place: figures.of_crowd(reserve(place, seats))


def _contesting(what: str, seats: int) -> Callable[[Place], dict[str, float]]:
    return lambda place: figures.of_crowd(contest(place, what, seats))


def _metering(seats: int, each: int) -> Callable[[Place], dict[str, float]]:
    return lambda place: figures.of_server(used(place, seats, each))


def _crowding(plan: Plan, bare: Place) -> Callable[[Place], dict[str, float]]:
    def measure(place: Place) -> dict[str, float]:
        measured = beside(place, bare, plan.posts, plan.rivals, plan.each)
        return figures.of_large(measured)

    return measure


def _measure(scenes: list[Scene], places: Places, runs: int) -> Found:
    """Every scene in every run, its arms in another order each time."""
    measured = Found()
    shuffle = random.Random(SEED).shuffle  # noqa: S311 - the same order every time
    for number in range(1, runs + 1):
        for scene in scenes:
            order = list(scene.arms)
            shuffle(order)
            for name in order:
                tell(f"run {number} of {runs}: {scene.what}, {scene.seats}, {name}")
                place = places[name, scene.metered]
                measured.add(scene.what, name, scene.seats, scene.measure(place))
    return measured


def _facts(plan: Plan) -> dict[str, str]:
    """How large everything was, for the reader of the figures."""
    return {
        "feed": f"{plan.closed:,} closed items at first",
        "races": f"{plan.each} posts a seat, fewer where {MOST} are made in all",
        "way": f"over {plan.transport}",
        "figures": hardware.LEGEND.format(rounds=plan.runs),
    }
