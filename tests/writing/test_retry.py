"""Full jitter: from nothing up to a limit that doubles, and never past the deadline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.ledger.testing.faults import Clock
from fleetfeed.writing.retry import LAST_LOOK, LONGEST, SHORTEST, RetryPolicy


def waited(lost, seconds=1000.0, dice=1.0):
    clock = Clock()
    clock.retry(seconds, lambda: dice).start().wait(lost, "why")
    return clock.sleeps[0]


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_anything_up_to_the_limit(lost, dice):
    limit = waited(lost)
    assert SHORTEST <= limit <= LONGEST
    assert waited(lost, dice=dice) == pytest.approx(limit * dice)


def test_the_limit_doubles_until_it_is_reached():
    limits = [waited(lost) for lost in range(1, 10)]
    assert limits[:6] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    assert set(limits[6:]) == {LONGEST}


def test_the_limit_begins_at_what_the_last_try_took():
    clock = Clock()
    retry = clock.retry(1000).start()
    for took in (0.25, 0.75):  # the wait in between counts for neither
        clock.time += took
        retry.wait(1, "why")
    clock.time += 10
    retry.wait(1, "why")
    assert clock.sleeps == [0.5, 1.5, LONGEST]


def test_no_wait_goes_past_the_deadline():
    assert waited(10, seconds=0.3) == pytest.approx(0.3)
    assert waited(10, seconds=-1) == 0


def test_a_deadline_runs():
    clock = Clock()
    retry = clock.retry(2).start()
    clock.sleep(1.5)
    assert (retry.left, retry.for_a_look) == (0.5, 0.5 + LAST_LOOK)
    clock.sleep(1.5)
    assert (retry.left, retry.for_a_look) == (-1, LAST_LOOK)


def test_who_waits_is_told_why():
    clock = Clock()
    clock.retry().start().wait(1, "another post landed first")
    assert clock.said == ["another post landed first"]


def test_who_does_not_ask_why_waits_all_the_same():
    sleeps = []
    RetryPolicy(sleep=sleeps.append).start().wait(1, "another post landed first")
    assert len(sleeps) == 1


def test_the_dice_are_dice():
    rolls = {RetryPolicy().random() for _ in range(20)}
    assert len(rolls) == 20
    assert all(0 <= roll < 1 for roll in rolls)
