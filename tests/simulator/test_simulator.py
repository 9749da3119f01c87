"""Worlds end well; the same seed makes the same world; what is planted is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.planted import PLANTED
from simulator.scheduler import TIME_IS_UP, Machine, Process, Scheduler
from simulator.surfaces import Held
from simulator.truth import Truth, Violation, Working
from simulator.world import Setup, played

_TESTS = Path(__file__).parents[1]
_SMALL = 0.015
"""Days: twenty minutes, in which six seats write some ten posts."""


def _played(seed: int, days: float = _SMALL, **more):
    return played(Setup(seed, days, seats=6, pause=600.0, **more))


def test_a_small_world_ends_well():
    report = _played(2)
    assert not report.wrong, "\n".join((report.wrong, *report.last))
    assert report.posts > 5
    assert report.hash == _played(2).hash


@pytest.mark.parametrize("seed", range(3, 9))
def test_more_worlds_end_well(seed, stress):
    report = _played(seed, 1.0 if stress else 0.05)
    assert not report.wrong, "\n".join((report.wrong, *report.last))


@pytest.mark.parametrize("seed", [1, 2])
def test_another_process_plays_the_same_world(seed):
    program = (
        "from simulator.world import Setup, played\n"
        f"print(played(Setup({seed}, {_SMALL}, seats=6, pause=600.0)).hash)"
    )
    told = set()
    for hashes in ("0", "1", "77"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": hashes,
            "PYTHONPATH": str(_TESTS),
        }
        done = subprocess.run(
            (sys.executable, "-c", program),
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        told.add(done.stdout)
    assert told == {f"{_played(seed).hash}\n"}


_QUICK = ("answer-before-move", "same-epoch", "op-forgotten")


@pytest.mark.parametrize("name", _QUICK)
def test_a_planted_fault_is_found_soon(name):
    assert _found(name)


def test_the_page_has_each_planted_fault():
    page = (_TESTS.parent / "docs/simulator.md").read_text("utf-8")
    table = page.partition("<!-- planted -->")[2]
    rows = [row.split("|")[1:5] for row in table.splitlines() if row.startswith("| `")]
    told = [tuple(cell.strip() for cell in row) for row in rows]
    known = [(f"`{n}`", f.text, f.found, f"{f.within}") for n, f in PLANTED.items()]
    assert told == known


@pytest.mark.large
@pytest.mark.parametrize("name", sorted({*PLANTED} - {*_QUICK}))
def test_each_planted_fault_is_found(name):
    assert _found(name)


def _found(name: str) -> str:
    """What was found by one of as many seeds as are stated; empty where nothing was."""
    seeds = range(1, PLANTED[name].within + 1)
    reports = (played(Setup(seed, 0.25, fault=name)) for seed in seeds)
    return next((report.wrong for report in reports if report.wrong), "")


def test_time_passes_where_somebody_waits():
    world = Scheduler("1")
    quick, told = Machine(world, "quick", drift=0.25), []

    def run() -> None:
        world.sleep(10.0)
        told.append((world.now, quick.boot_clock))

    Process(world, quick, run, "sleeper")
    world.run(100.0)
    assert told == [(8.0, 10.0)]


@pytest.mark.parametrize(("suspended", "until"), [(True, 25.0), (False, 20.0)])
def test_a_machine_that_is_suspended_stops_its_timers(suspended, until):
    world = Scheduler("1")
    machine, told = Machine(world, "m"), []

    def run() -> None:
        world.sleep(10.0)
        told.append(world.now)

    Process(world, machine, run, "sleeper")
    world.at(5.0, lambda: machine.pause(15.0, suspended=suspended))
    world.run(100.0)
    assert told == [until]


def test_who_is_killed_goes_no_further():
    world, told = Scheduler("1"), []
    machine = Machine(world, "m")

    def run() -> None:
        try:
            told.append(world.running().wait(10.0) is TIME_IS_UP)
        finally:
            told.append("cleaned up")

    process = Process(world, machine, run, "p")
    world.at(5.0, process.kill)
    world.run(100.0)
    assert told == ["cleaned up"]


def test_surfaces_that_overlap_are_told():
    held = Held()
    held.set("A", (("c", "file", "x", "y"),))
    assert held.others("B", [("c", "file", "x")]) == {"A"}
    assert held.others("B", [("c", "file", "x", "y", "z")]) == {"A"}
    assert held.others("B", [("c", "file", "x", "z")]) == set()
    held.set("A", ())
    assert held.others("B", [("c", "file", "x")]) == set()


def _woken(item: str, epoch: int) -> tuple[Truth, Working]:
    """Who fell asleep at work on A at epoch 1; `item` was begun on at `epoch` since."""
    world = Scheduler("1")
    truth, machine = Truth(world, None, 0.0), Machine(world, "m")
    key = (("c", "file", "x"),)
    sleeper = Working("S-1", "A", 1, key, machine, world.now)
    truth.begins(sleeper)
    machine.paused_since = world.now
    truth.begins(Working("S-2", item, epoch, key, Machine(world, "n"), world.now))
    return truth, sleeper


def test_a_sleeper_writes_once_more_and_its_epoch_tells():
    truth, sleeper = _woken("A", 2)
    truth.acts(sleeper)
    assert truth.counts["writes outside turned down"] == 1
    with pytest.raises(Violation, match="2 times"):
        truth.acts(sleeper)
    truth, sleeper = _woken("A", 1)
    with pytest.raises(Violation, match="1 times"):
        truth.acts(sleeper)


def test_the_epochs_of_two_items_do_not_compare():
    truth, sleeper = _woken("B", 1)
    truth.acts(sleeper)
    assert truth.counts["writes outside that no epoch tells"] == 1
    with pytest.raises(Violation, match="2 times"):
        truth.acts(sleeper)
