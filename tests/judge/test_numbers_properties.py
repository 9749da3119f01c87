"""The next number for any numbers: free, beside the fleet's, deaf to strays."""

from hypothesis import assume, given
from hypothesis import strategies as st

from fleetfeed.judge import numbers as judged
from fleetfeed.model.names import LAST
from fleetfeed.util.intervals import IntervalSet

gaps = st.integers(1, 120)
# Mostly low numbers, so that runs arise; some far ones, up to the end.
numbers = st.one_of(st.integers(1, 60), st.integers(1, 5000), st.integers(1, LAST))


def following(taken, gap):
    return judged.following(IntervalSet.of(taken), gap)


@given(st.sets(numbers), gaps)
def test_it_is_free_and_continues_what_is_there(taken, gap):
    free = following(taken, gap)
    assert free not in taken
    assert 1 <= free <= LAST
    assert free == 1 or free - 1 in taken
    assert free == 1 or not taken & set(range(free, free + gap))


@given(st.sets(numbers), gaps)
def test_taking_it_gives_the_one_after_it(taken, gap):
    free = following(taken, gap)
    # A number just out of reach comes within it, and is then no stray any more.
    assume(1 < free < LAST and free + gap not in taken)
    assert following({*taken, free}, gap) == free + 1


@given(st.integers(1, LAST - 200), st.integers(2, 90), gaps, st.integers(1, LAST))
def test_a_stray_number_changes_nothing(first, count, gap, stray):
    fleet = set(range(first, first + count))
    assume(min(abs(stray - number) for number in fleet) > gap)
    assert following({*fleet, stray}, gap) == following(fleet, gap) == first + count
