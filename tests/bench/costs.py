"""What hooks and claims cost beside plain git, and what many seats at once do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import Transport

from bench import hardware
from bench.claims import claims
from bench.feeds import Shape
from bench.identity import identity
from bench.progress import tell
from bench.proof import prove_all
from bench.races import MOST, Arena, Race
from bench.report import Report, series
from bench.rounds import measure
from bench.standings import standings
from bench.subjects import Subject, hooked
from bench.tables import Tables
from bench.world import World

PAGE = "benchmarks.md"
SUBJECTS = {"hooks": hooked, "claims": claims}
IDENTITY, RACES = "identity", "races"
PARTS = (*SUBJECTS, IDENTITY, RACES)

_RACED = "{each} posts a seat, fewer where {most} are made in all; over {way}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the parts are measured, and in which sizes."""

    parts: tuple[str, ...]
    claims: tuple[int, ...]
    closed: int
    rounds: int
    seats: tuple[int, ...]
    each: int
    commits: int
    transport: Transport


def run(folder: Path, plan: Plan) -> Report:
    """Build the worlds in `folder`, prove that the hooks work, and measure."""
    before = hardware.load()
    every = list(_subjects(folder, plan))
    prove_all(every)
    measured = measure(
        every, plan.rounds, lambda n: tell(f"round {n} of {plan.rounds}")
    )
    races = _races(folder, plan)
    tell("")
    facts = {**hardware.described(), **hardware.loads(before), **_sizes(plan)}
    tables = (*Tables(measured, plan.claims).all(), *standings(races))
    values = {**series(measured), "races": [_race_values(race) for race in races]}
    return Report(PAGE, facts, tables, values)


def _subjects(folder: Path, plan: Plan) -> Iterator[Subject]:
    for count in plan.claims:
        tell(f"building the feed with {count:,} claims")
        shape = Shape(count, plan.closed)
        world = World.make(folder / str(count), shape)
        for part, found in SUBJECTS.items():
            if part in plan.parts:
                yield from found(world)
        if IDENTITY in plan.parts:
            modes = folder / f"{count}-modes"
            yield from identity(modes, shape, plan.commits)


def _races(folder: Path, plan: Plan) -> tuple[Race, ...]:
    if RACES not in plan.parts:
        return ()
    world = World.make(folder / "races", Shape(0, plan.closed))
    return tuple(Arena(world, plan.transport).races(plan.seats, plan.each, tell))


def _race_values(race: Race) -> dict[str, object]:
    turns = [
        [{"wall": turn.sample.wall, "tries": turn.tries} for turn in seat]
        for seat in race.seats
    ]
    known = {"hooks": race.hooks.value, "way": race.way, "finished": race.finished}
    return {**known, "seats": turns}


def _sizes(plan: Plan) -> dict[str, str]:
    """How large the feeds and the races were, for the reader of the figures."""
    return {
        "feeds": f"{plan.closed:,} closed items, and the active claims of each column",
        "figures": hardware.LEGEND.format(rounds=plan.rounds),
        "races": _RACED.format(each=plan.each, most=MOST, way=plan.transport),
    }
