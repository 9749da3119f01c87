"""`make bench`: build the feeds, measure, print."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import clean, make_home

from bench import machine, render
from bench.feeds import Shape
from bench.proof import prove
from bench.rounds import Measured, measure
from bench.subjects import Subject, subjects
from bench.tables import Table, Tables
from bench.world import World

_LEGEND = "median [lower quartile, upper quartile] of {rounds} rounds"


@dataclass(frozen=True, slots=True)
class Result:
    """All that one run of the benchmark found."""

    facts: dict[str, str]
    measured: Measured
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
        return json.dumps(known, indent=1) + "\n"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line says."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(
        prefix="fleetfeed-bench-", dir=given.folder
    ) as top:
        result = run(Path(top), tuple(given.claims), given.closed, given.rounds)
    if given.json:
        given.json.write_text(result.json(), "utf-8")
    if given.docs:
        document = given.docs.read_text("utf-8")
        given.docs.write_text(render.within(document, result.markdown()), "utf-8")
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(result.text(bold=bold))


def run(folder: Path, claims: tuple[int, ...], closed: int, rounds: int) -> Result:
    """Build the worlds in `folder`, prove that the hooks work, and measure."""
    _settle(folder / "home")
    before = machine.load()
    every: list[Subject] = []
    for count in claims:
        _tell(f"building the feed with {count:,} claims")
        every += subjects(World.make(folder / str(count), Shape(count, closed)))
    for subject in every:
        if subject.refuses:
            _tell(
                f"a bad post must be refused: {subject.name.group}, {subject.name.variant}"
            )
            prove(subject)
    measured = measure(every, rounds, lambda n: _tell(f"round {n} of {rounds}"))
    _tell("")
    facts = {
        **machine.described(),
        "load, before and after": f"{before}, {machine.load()}",
        "feeds": f"{closed:,} closed items, and the active claims of each column",
        "figures": _LEGEND.format(rounds=rounds),
    }
    return Result(facts, measured, tuple(Tables(measured, claims).all()))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--claims", type=int, nargs="+", default=[0, 100, 1000], help="one feed each")
    add("--closed", type=int, default=100, help="closed items in every feed")
    add("--rounds", type=int, default=15)
    add("--quick", action="store_true", help="one tiny feed, one round: does it work?")
    add("--folder", type=Path, help="where the repositories are made, such as /dev/shm")
    add("--json", type=Path, metavar="FILE", help="write every single value there")
    add("--docs", type=Path, metavar="FILE", help="write the figures into that page")
    given = parser.parse_args(argv)
    if given.quick:
        given.claims, given.closed, given.rounds = [3], 2, 1
    return given


def _settle(home: Path) -> None:
    """Take the developer's settings out of the environment."""
    for name in os.environ.keys() - clean().keys():
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
