"""The numbers that are taken, against a plain set of them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.util.intervals import IntervalSet

numbers = st.frozensets(st.integers(1, 40) | st.sampled_from([999, 1000, 999_999_999]))


@given(numbers)
def test_it_is_the_set(given_):
    taken = IntervalSet.of(given_)
    assert list(taken) == sorted(given_)
    assert list(reversed(taken)) == sorted(given_, reverse=True)
    assert len(taken) == len(given_)
    assert all((number in taken) == (number in given_) for number in range(50))
    assert "1" not in taken


@given(numbers, numbers, numbers)
def test_changes(before, gone, new):
    taken = IntervalSet.of(before).changed(gone, new)
    assert taken == IntervalSet.of((before - gone) | new)
    assert hash(taken) == hash(IntervalSet.of((before - gone) | new))


@given(numbers, numbers)
def test_either(one, other):
    taken, was = IntervalSet.of(one), IntervalSet.of(one).spans
    assert taken | IntervalSet.of(other) == IntervalSet.of(one | other)
    assert taken.changed(other, ()) == IntervalSet.of(one - other)
    assert taken.spans == was


@given(numbers, numbers)
def test_equal_sets_are_equal(one, other):
    assert (IntervalSet.of(one) == IntervalSet.of(other)) == (one == other)


@given(numbers)
def test_spans_are_as_few_as_can_be(given_):
    spans = IntervalSet.of(given_).spans
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(spans))
    assert IntervalSet(spans) == IntervalSet.of(given_)
    whole = IntervalSet.of(given_)
    assert eval(repr(whole), {"IntervalSet": IntervalSet}) == whole  # noqa: S307
