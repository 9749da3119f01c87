"""Who is killed in the middle of a line is passed by the next, and holds nobody up again.

How long they are held up is told by simulated time in `writing/test_turn.py`; here it
is measured, by the times of the posts.
"""

import signal
from contextlib import ExitStack

import pytest
from cli.lines import (
    PATIENT,
    GitLine,
    TableLine,
    began,
    direct,
    holds,
    places,
    queued,
    waiting,
)

pytestmark = pytest.mark.timeout(7200)
TURN = 5


@pytest.mark.large
@pytest.mark.parametrize("kind", [queued, direct], ids=lambda kind: kind.__name__)
def test_killed_in_the_middle(fleet, kind, stress):
    killed_in_the_middle(GitLine(fleet, kind, f"{TURN}s"), stress)


def test_killed_in_the_middle_of_a_line_in_a_database(postgres, tmp_path, stress):
    killed_in_the_middle(TableLine(postgres, tmp_path / "seats", f"{TURN}s"), stress)


def killed_in_the_middle(line, stress):
    rounds, waiters = (5, 16) if stress else (1, 4)
    for number in range(rounds):
        found = play(line, waiters)
        print(f"round {number + 1}, free for: {', '.join(f'{s:.1f}' for s in found)} s")


def play(line, waiters):
    """The seconds for which the surface was free before each who had its turn."""
    first, *rest = map(line.seat, range(waiters + 1))
    held, middle = holds(first), waiters // 2 - 1
    with ExitStack() as stack:
        there = []
        for seat in rest:
            there.append(stack.enter_context(waiting(seat)))
            while len(turns := places(first, held)) < len(there):
                assert there[-1].poll() is None
        order = sorted(turns, key=turns.get)
        dead = order.pop(middle)
        there.pop(middle).send_signal(signal.SIGKILL)
        working = [seat for seat in rest if seat is not rest[middle]]
        first.fleetfeed("done", held, *PATIENT)
        for seat, child, item in zip(working, there, order, strict=True):
            said, _ = child.communicate()
            assert (child.returncode, f'"{item}"' in said) == (0, True), said
            seat.fleetfeed("done", item, *PATIENT)
    assert began(line, turns) == order
    assert line.passed(dead)
    rest[middle].fleetfeed("park", dead, *PATIENT)
    return list(free_for(line, {held, *order}))


def free_for(line, items):
    done = None
    for item, state, at in line.posts():
        if item in items and state == "DONE":
            done = at
        elif item in items and state == "IN_PROGRESS" and done is not None:
            yield at - done
