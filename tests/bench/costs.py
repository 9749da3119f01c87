"""What hooks and claims cost beside plain git."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.progress import tell

from bench import hardware
from bench.claims import claims
from bench.feeds import Shape
from bench.identity import identity
from bench.proof import prove_all
from bench.report import Report, series
from bench.rounds import measure
from bench.subjects import Subject, hooked
from bench.tables import Tables
from bench.world import World

PAGE = "benchmarks.md"
SUBJECTS = {"hooks": hooked, "claims": claims}
IDENTITY = "identity"
PARTS = (*SUBJECTS, IDENTITY)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the parts are measured, and in which sizes."""

    parts: tuple[str, ...]
    claims: tuple[int, ...]
    closed: int
    rounds: int
    commits: int


def run(folder: Path, plan: Plan) -> Report:
    """Build the worlds in `folder`, prove that the hooks work, and measure."""
    before = hardware.load()
    every = list(_subjects(folder, plan))
    prove_all(every)
    measured = measure(
        every, plan.rounds, lambda n: tell(f"round {n} of {plan.rounds}")
    )
    tell("")
    facts = {**hardware.described(), **hardware.loads(before), **_sizes(plan)}
    tables = tuple(Tables(measured, plan.claims).all())
    return Report(PAGE, facts, tables, series(measured))


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


def _sizes(plan: Plan) -> dict[str, str]:
    """How large the feeds were, for the reader of the figures."""
    return {
        "feeds": f"{plan.closed:,} closed items, and the active claims of each column",
        "figures": hardware.LEGEND.format(rounds=plan.rounds),
    }
