"""`make simulate`: worlds, one seed after the other, and what became of them."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from time import monotonic

from harness.progress import tell

from simulator.planted import PLANTED
from simulator.world import Report, Setup, played


def main(argv: Sequence[str] | None = None) -> int:
    """Play worlds as the command line says; 1 where one was found wrong.

    With a planted fault it is the other way round: 1 where none was.
    """
    given = _read(argv)
    for name in [*os.environ]:
        if name.startswith(("FLEETFEED_", "GIT_")):
            del os.environ[name]  # whose they are, they are no seat's
    if given.faults:
        names = list(PLANTED) if given.faults == "all" else given.faults.split(",")
        return max([_looks_for(name, given) for name in names])
    return _plays(given)


def _read(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first world")
    parser.add_argument("--days", type=float, default=10.0, help="days in sum")
    parser.add_argument("--world", type=float, default=1.0, help="days of each world")
    parser.add_argument("--seats", type=int, default=30, help="seats of each world")
    parser.add_argument("--pause", type=float, default=7200.0, help="seconds, see docs")
    parser.add_argument("--jobs", type=int, default=1, help="worlds side by side")
    parser.add_argument("--faults", default="", help="plant one, or `all`")
    parser.add_argument("--most", type=int, default=20, help="seeds for a fault")
    given = parser.parse_args(argv)
    unknown = {*filter(None, given.faults.split(","))} - {*PLANTED, "all"}
    if unknown:
        parser.error(f"--faults: there is {', '.join(['all', *PLANTED])}")
    return given


def _setups(given: argparse.Namespace, fault: str = "") -> Iterator[Setup]:
    worlds = given.most if fault else max(1, round(given.days / given.world))
    for number in range(worlds):
        yield Setup(
            given.seed + number,
            min(given.world, given.days) if not fault else 0.25,
            given.seats,
            pause=given.pause,
            fault=fault,
        )


def _reports(setups: Iterator[Setup], jobs: int) -> Iterator[Report]:
    """How worlds end, in their order; side by side where there are several jobs."""
    if jobs == 1:
        yield from map(played, setups)
        return
    with ProcessPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(played, setups)
        finally:
            pool.shutdown(cancel_futures=True)


def _plays(given: argparse.Namespace) -> int:
    began, worlds = monotonic(), Report(Setup(given.seed))
    number = 0
    for report in _reports(_setups(given), given.jobs):
        number += 1
        worlds.days += report.days
        worlds.posts += report.posts
        worlds.commands += report.commands
        worlds.events += report.events
        worlds.seconds += report.seconds
        for name in ("faults", "answers", "counts"):
            getattr(worlds, name).update(getattr(report, name))
        tell(f"{worlds.days:.1f} days, {worlds.posts} posts")
        if report.wrong:
            tell("")
            print(_failure(report, given))
            return 1
    tell("")
    print(_totals(worlds, number, given.seats, monotonic() - began))
    return 0


def _looks_for(name: str, given: argparse.Namespace) -> int:
    """Plant a fault, and say by how many seeds it was found."""
    seconds = 0.0
    for number, report in enumerate(_reports(_setups(given, name), 1), 1):
        seconds += report.seconds
        if report.wrong:
            tell("")
            what = report.wrong.partition(": ")[0]
            print(f"{name:20} found by seed {report.setup.seed}, of {number}: {what}")
            return 0
        tell(f"{name}: {number} worlds, {seconds:.0f} s")
    tell("")
    print(f"{name:20} NOT found by {given.most} seeds ({seconds:.0f} s)")
    return 1


def _totals(worlds: Report, number: int, seats: int, took: float) -> str:
    parts = (
        f"{worlds.days:g} days of {seats} seats in {number} worlds",
        f"{worlds.commands} commands, {worlds.posts} posts, {worlds.events} events",
        f"faults: {_listed(worlds.faults)}",
        f"answers: {_listed(worlds.answers)}",
        f"seen: {_listed(worlds.counts)}",
        f"{worlds.seconds:.0f} s of CPU, {took:.0f} s",
    )
    return "all holds; " + "; ".join(parts)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _failure(report: Report, given: argparse.Namespace) -> str:
    setup = report.setup
    again = f"make simulate SEED={setup.seed} DAYS={setup.days:g} SEATS={setup.seats}"
    if given.pause != 7200.0:
        again += f" SIMULATE='--pause {given.pause:g}'"
    lines = "\n".join(f"  {line}" for line in report.last)
    when = f"on day {report.days:.3f} of seed {setup.seed}"
    return f"{report.wrong}\n{when}, after:\n{lines}\nonce more: {again}"


if __name__ == "__main__":
    sys.exit(main())
