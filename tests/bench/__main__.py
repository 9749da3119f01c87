"""`make bench`: build the feeds, measure, print."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import TRANSPORTS, Transport, clean, make_home

from bench import machine, render
from bench.claims import claims
from bench.feeds import Shape
from bench.proof import prove
from bench.races import MOST, Arena, Race
from bench.rounds import Measured, measure
from bench.standings import standings
from bench.subjects import Subject, hooked
from bench.tables import Table, Tables
from bench.world import World

_LEGEND = "median [lower quartile, upper quartile] of {rounds} rounds"
_RACED = "{each} posts a seat, fewer where {most} are made in all; over {way}"

SUBJECTS = {"hooks": hooked, "claims": claims}
PARTS = (*SUBJECTS, "races")
_TRANSPORTS = {transport.name: transport for transport in TRANSPORTS}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: which parts, and in which sizes."""

    parts: tuple[str, ...]
    claims: tuple[int, ...]
    closed: int
    rounds: int
    seats: tuple[int, ...]
    each: int
    transport: Transport


@dataclass(frozen=True, slots=True)
class Result:
    """All that one run of the benchmark found."""

    facts: dict[str, str]
    measured: Measured
    races: tuple[Race, ...]
    tables: tuple[Table, ...]

    def text(self, *, bold: bool) -> str:
        """For a reader's terminal."""
        tables = (render.text(table, bold=bold) for table in self.tables)
        return "\n\n".join([render.facts(self.facts), *tables])

    def markdown(self) -> str:
        """For the docs."""
        known = (f"* {name}: {value}" for name, value in self.facts.items())
        tables = (render.markdown(table) for table in self.tables)
        return "\n\n".join(["\n".join(known), *tables])

    def json(self) -> str:
        """Every single value, for programs."""
        found = self.measured
        rows = [
            {**name._asdict(), "wall": wall, "cpu": found.cpu.get(name)}
            for name, wall in found.wall.items()
        ]
        calls = [{**name._asdict(), "calls": n} for name, n in found.calls.items()]
        known = {"facts": self.facts, "unit": "s", "series": rows, "calls": calls}
        races = [_race_json(race) for race in self.races]
        return json.dumps({**known, "races": races}, indent=1) + "\n"


def _race_json(race: Race) -> dict[str, object]:
    turns = [
        [{"wall": turn.sample.wall, "tries": turn.tries} for turn in seat]
        for seat in race.seats
    ]
    known = {"hooks": race.hooks.value, "way": race.way, "finished": race.finished}
    return {**known, "seats": turns}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line says."""
    given = _arguments(argv)
    plan = Plan(
        tuple(given.only),
        tuple(given.claims),
        given.closed,
        given.rounds,
        tuple(given.seats),
        given.each,
        _TRANSPORTS[given.transport],
    )
    with tempfile.TemporaryDirectory(
        prefix="fleetfeed-bench-", dir=given.folder
    ) as top:
        result = run(Path(top), plan)
    if given.json:
        given.json.write_text(result.json(), "utf-8")
    if given.docs:
        document = given.docs.read_text("utf-8")
        given.docs.write_text(render.within(document, result.markdown()), "utf-8")
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(result.text(bold=bold))


def run(folder: Path, plan: Plan) -> Result:
    """Build the worlds in `folder`, prove that the hooks work, and measure."""
    _settle(folder / "home")
    before = machine.load()
    every = list(_subjects(folder, plan))
    _prove(every)
    measured = measure(
        every, plan.rounds, lambda n: _tell(f"round {n} of {plan.rounds}")
    )
    races = _races(folder, plan)
    _tell("")
    load = {"load, before and after": f"{before}, {machine.load()}"}
    facts = {**machine.described(), **load, **_sizes(plan)}
    tables = (*Tables(measured, plan.claims).all(), *standings(races))
    return Result(facts, measured, races, tables)


def _subjects(folder: Path, plan: Plan) -> Iterator[Subject]:
    for count in plan.claims:
        _tell(f"building the feed with {count:,} claims")
        world = World.make(folder / str(count), Shape(count, plan.closed))
        for part, found in SUBJECTS.items():
            if part in plan.parts:
                yield from found(world)


def _prove(every: Sequence[Subject]) -> None:
    for subject in every:
        if subject.refuses:
            name = subject.name
            _tell(f"a bad post must be refused: {name.group}, {name.variant}")
            prove(subject)


def _races(folder: Path, plan: Plan) -> tuple[Race, ...]:
    if "races" not in plan.parts:
        return ()
    world = World.make(folder / "races", Shape(0, plan.closed))
    return tuple(Arena(world, plan.transport).races(plan.seats, plan.each, _tell))


def _sizes(plan: Plan) -> dict[str, str]:
    """How large the feeds and the races were, for the reader of the figures."""
    return {
        "feeds": f"{plan.closed:,} closed items, and the active claims of each column",
        "figures": _LEGEND.format(rounds=plan.rounds),
        "races": _RACED.format(each=plan.each, most=MOST, way=plan.transport),
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=PARTS, help="a part of it")
    add("--claims", type=int, nargs="+", default=[0, 100, 1000], help="one feed each")
    add("--closed", type=int, default=100, help="closed items in every feed")
    add("--rounds", type=int, default=15)
    add("--seats", type=int, nargs="+", default=[1, 4, 8, 16], help="one race each")
    add("--each", type=int, default=20, help="posts of each seat in a race")
    add("--transport", choices=_TRANSPORTS, default="path", help="of the races")
    add("--quick", action="store_true", help="one tiny feed, one round: does it work?")
    add("--folder", type=Path, help="where the repositories are made, such as /dev/shm")
    add("--json", type=Path, metavar="FILE", help="write every single value there")
    add("--docs", type=Path, metavar="FILE", help="write the figures into that page")
    given = parser.parse_args(argv)
    if given.docs and set(given.only) != set(PARTS):
        parser.error("--docs wants all parts, or the page would lose the others")
    if given.quick:
        given.claims, given.closed, given.rounds = [3], 2, 1
        given.seats, given.each = [1, 2], 1
    return given


def _settle(home: Path) -> None:
    """Take the developer's settings out of the environment.

    Python's too: where it may not keep what it compiled, every command compiles anew.
    """
    for name in [*os.environ]:
        if name not in clean() or name.startswith("PYTHON"):
            del os.environ[name]
    os.environ.update(make_home(home))


def _tell(text: str) -> None:
    """Progress: one line, overwritten, on a terminal; a line each elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
