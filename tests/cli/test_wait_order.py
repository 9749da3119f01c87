"""Many wait for one surface: it is theirs in the order of their turns, on any ledger."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from cli.lines import (
    KEY,
    KINDS,
    NEW,
    PATIENT,
    WAITS,
    GitLine,
    TableLine,
    began,
    direct,
    holds,
    places,
    queued,
    unguarded,
    waits_and_works,
    without_turns,
)

pytestmark = pytest.mark.timeout(7200)


@pytest.mark.parametrize(
    "kind",
    [KINDS[0], *(pytest.param(kind, marks=pytest.mark.large) for kind in KINDS[1:])],
    ids=lambda kind: kind.__name__,
)
def test_in_the_order_of_turns(fleet, kind, stress):
    all_in_order(GitLine(fleet, kind), stress)


def test_in_the_order_of_turns_in_a_database(postgres, tmp_path, stress):
    all_in_order(TableLine(postgres, tmp_path / "seats"), stress)


def all_in_order(line, stress):
    """Rounds of many who wait; under stress one more never does, and tries at once."""
    rounds, waiters = (30, 16) if stress else (1, 4)
    for number in range(rounds):
        turns, got, pushed_in = play(line, waiters, pushy=stress)
        assert sorted(got) == sorted(turns)
        order = began(line, {*got, *pushed_in})
        assert order[: len(got)] == sorted(turns, key=turns.get)
        print(f"round {number + 1}: {waiters} in order, {len(pushed_in)} behind them")


def play(line, waiters, *, pushy=False, run=None):
    """Have many wait for what one has, and then work for a moment, one by one.

    The turns of their items, the items that had their turn, and what was got by who
    does not wait.
    """
    first, *rest = map(line.seat, range(waiters + 1))
    over, pushed_in = threading.Event(), []
    with ThreadPoolExecutor(waiters + 1) as pool:
        held = holds(first)
        moments = (number % 3 / 10 for number in range(waiters))
        answers = [
            pool.submit(waits_and_works, seat, moment, run)
            for seat, moment in zip(rest, moments, strict=True)
        ]
        try:
            while len(places(first, held)) < waiters:
                for each in filter(Future.done, answers):
                    raise AssertionError(each.result())
            turns = places(first, held)
            if pushy:
                other = line.seat(waiters + 1)
                pool.submit(pushes_in, other, over, pushed_in)
            first.fleetfeed("done", held, *PATIENT)
            got = [each.result() for each in answers]
        finally:
            over.set()
    return turns, got, pushed_in


def pushes_in(seat, over, got):
    """Claim the map again and again, until it is `over`."""
    while not over.is_set():
        said = seat.fleetfeed("claim", *NEW, "--json", ok=None)
        if said.ok:
            got.append(json.loads(said.stdout)["items"][0]["item"])
            seat.fleetfeed("done", got[-1], *PATIENT)


@pytest.mark.parametrize(
    "kind",
    [KINDS[0], *(pytest.param(kind, marks=pytest.mark.large) for kind in KINDS[1:])],
    ids=lambda kind: kind.__name__,
)
def test_who_waits_for_more_and_is_dead_holds_nobody_up_for_ever(fleet, kind):
    # Who watches by itself looks as often as a lease asks, twice a second at the most.
    lease = "4s" if kind in {queued, direct} else "30s"
    dead_and_waits_for_more(GitLine(fleet, kind, grace="1s"), lease)


def test_who_waits_for_more_and_is_dead_holds_nobody_up_in_a_database(
    postgres, tmp_path
):
    dead_and_waits_for_more(TableLine(postgres, tmp_path / "seats", grace="1s"), "4s")


def dead_and_waits_for_more(line, lease):
    """Its turn does not come as long as the rest of what it waits for is held."""
    first, dead, second = map(line.seat, range(3))
    holds(first)
    other = "CAMBER:file:src/legend.ts"
    both = ("--surface", other, "--lease", lease)
    dead.fleetfeed(*WAITS, *both, "--at-most", "1s", ok=False)
    rest = (other if word == KEY else word for word in NEW)
    second.fleetfeed("claim", *rest, "--wait", "--at-most", "5m")
    assert places(second, "CMB-0001") == {"CMB-0002": 1}


def test_without_turns_who_is_quick_comes_first(fleet, stress):
    """So the check of turns is what keeps the order, as it is kept above."""
    line = GitLine(fleet, unguarded)
    first, second, third = map(line.seat, range(3))
    held = holds(first)
    second.fleetfeed("claim", *NEW, "--wait", "--at-most", "1s", ok=False)
    first.fleetfeed("done", held)
    assert "is kept for CAMBER-01" in third.fleetfeed("claim", *NEW, ok=False).said
    got = without_turns(third, "claim", *NEW).stdout.split()[0]
    assert places(third, got) == {"CMB-0002": 1}
    third.fleetfeed("done", got)
    second.fleetfeed("park", "CMB-0002")
    if not stress:
        return
    out_of_order = 0
    for _ in range(30):
        turns, got, _ = play(line, 16, run=without_turns)
        out_of_order += began(line, set(got)) != sorted(turns, key=turns.get)
    print(f"without turns {out_of_order} of 30 rounds are out of order")
    assert out_of_order
