"""The benchmark of many writers runs, and counts what happened. No time is judged."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import clean

from bench import render
from bench.__main__ import main
from bench.contention import found as figures
from bench.contention.arms import BEFORE, INBOX, QUEUE, UNGUARDED, Fleetfeed, Guard
from bench.contention.crowds import ITEM, RESERVE, SURFACE, Crowd
from bench.contention.found import Found, of_crowd, of_large, of_race
from bench.contention.large import Beside
from bench.contention.orphans import adopted
from bench.contention.plan import LARGE, PARTS, RACES, SERVER, Plan
from bench.contention.races import Race, each_of
from bench.contention.start import Turn, turn, won
from bench.contention.tables import tables
from bench.timing import Command, Sample
from fleetfeed.model.policy_reader import read_policy


@pytest.mark.timeout(600)  # many short races; a busy machine takes minutes
def test_a_quick_run_gives_every_figure(tmp_path, capsys):
    page, values = tmp_path / "contention.md", tmp_path / "values.json"
    page.write_text(f"before\n{render.BEGIN}\nold\n{render.END}\nafter\n")
    options = ("--quick", "--docs", tmp_path, "--json", values, "--arms", BEFORE, QUEUE)
    beside = ("--beside", Fleetfeed.here().bin, "--only", *PARTS)
    main([str(option) for option in (*options, *beside)])
    rows = json.loads(values.read_text())["contention"]["contention"]
    known = {(row["what"], row["arm"], row["seats"]) for row in rows}
    many = {(RESERVE, 3), (SURFACE, 2), (ITEM, 2), (SERVER, 1), (SERVER, 2), (LARGE, 2)}
    raced = {(RACES, 1), (RACES, 2)}
    compared = {(what, arm, n) for what, n in many | raced for arm in (BEFORE, QUEUE)}
    compared |= {(SERVER, UNGUARDED, 1), (SERVER, UNGUARDED, 2)}
    compared |= {("inbox", arm, n) for arm in (UNGUARDED, INBOX) for n in (1, 2)}
    assert known == compared
    assert {len(row["values"]) for row in rows} == {1}
    assert min(row["values"][0] for row in rows if row["figure"] == figures.MEAN) >= 1
    text = capsys.readouterr().out
    assert re.search(
        r"^1 seat: posts a second, to the other +at least 1\.8 ", text, re.MULTILINE
    )
    assert re.search(r"^\| queue: in one try \(%\) \| ", page.read_text(), re.MULTILINE)
    assert "\nold\n" not in page.read_text()


def _turn(start, wall, tries=1, code=0):
    return Turn(Sample(start, wall, 0.0), code, tries, {})


def test_a_race_is_as_long_as_its_slowest_seat():
    quick, slow = (_turn(10, 1), _turn(11, 1)), (_turn(10, 2, 2), _turn(12, 6, 5))
    race = Race(QUEUE, 0.5, (quick, quick, slow))
    assert race.finished == (2, 2, 8)
    found = of_race(race)
    assert found[figures.RATE] == 6 / 8
    assert found[figures.FAIRNESS] == 4
    assert found[figures.MOST] == 5
    assert found[figures.FIRST_TRY] == pytest.approx(100 * 4 / 6)
    assert found[figures.ALONE] == 0.5


def test_of_a_crowd_the_tries_of_winners_count():
    crowd = Crowd(QUEUE, ITEM, ((_turn(1, 1, 2),), (_turn(1, 3, 7, code=1),)))
    assert of_crowd(crowd)[figures.WALL] == 3
    assert of_crowd(crowd)[figures.MOST] == 2


def test_what_the_queue_was_built_for_is_compared_in_each_run():
    found = Found()
    for ours, other in ((4, 2), (9, 3), (8, 1)):
        found.add(RACES, QUEUE, 1, {figures.RATE: ours})
        found.add(RACES, BEFORE, 1, {figures.RATE: other})
    beside = Beside(
        QUEUE, ((_turn(0, 1),),), ((_turn(0, 3),),), ([1], [2]), 5, 4, 6, 3, 0
    )
    found.add(LARGE, QUEUE, 16, of_large(beside))
    plan = Plan((RACES, LARGE), 3, 0, (1,), 1, 2, 16, 500, (BEFORE, QUEUE), None, None)
    goals = next(tables(found, plan))
    met = {label: (cells[1].median, cells[2]) for label, cells in goals.rows}
    assert met == {
        "1 seat: posts a second, to the other": (3, "yes"),
        "500 posts beside: the claims' p95 grows, to the judging of these": (
            0.5,
            "yes",
        ),
        "the same of their pushes at the server": (0.25, ""),
        "of one claim alone, that meets these posts": (0.75, ""),
        "of git's fetch and checkout of these, in all clones": (0, ""),
    }


@pytest.mark.parametrize(("seats", "each"), [(1, 20), (8, 20), (16, 10), (500, 1)])
def test_a_race_of_many_is_cut_short(seats, each):
    assert each_of(seats, 20) == each


def test_what_refuses_or_fails_wins_nothing(tmp_path):
    def ended(code):
        return turn(Command((sys.executable, "-c", f"exit({code})"), tmp_path, clean()))

    assert won(((ended(0),),))
    with pytest.raises(RuntimeError, match="refuse"):
        won(((ended(1),),))
    with pytest.raises(RuntimeError, match="ended with 3"):
        ended(3)


_DETACHED = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        end = time.process_time() + 0.05
        while time.process_time() < end: pass
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")
def test_what_is_detached_is_ended_and_counted():
    with adopted() as orphans:
        asked = (sys.executable, "-c", _DETACHED)
        with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as child:
            pid = int(child.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists()
    assert orphans.cpu >= 0.05


def test_the_inbox_is_chosen_by_the_policy():
    policy, findings = read_policy(Guard.INBOX.rules.encode(), "policy.yaml")
    assert policy.queue == "inbox"
    assert not findings
    assert Guard.QUEUE.rules is None
