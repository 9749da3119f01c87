"""Many seats claim one surface, or one item, at one moment: exactly one has it.

The 30 rounds of each race are dealt out over four transports and two kinds of server
(`race.arena`), each round on a fresh server. The rows of `CLAIMS` that are not of the
issue's own six are there because a fleet does that, too.
"""

import pytest
from race import plays
from race.arena import WAYS, spread
from race.oracle_answers import (
    ITEM_HELD,
    ITEM_HELD_BY_OWN,
    SURFACE_HELD,
    SURFACE_HELD_BY_OWN,
    check_held,
    check_won,
)

pytestmark = pytest.mark.stress


@pytest.fixture
def crowd(stress):
    return 20 if stress else 6


def judge(arena, told, words):
    """One has won and all others are told so, and the feed is as they were told."""
    feed = arena.feed()
    winners = [each for each in told if each.won]
    assert len(winners) == 1, told
    check_won(winners[0], feed)
    for each in told:
        assert each.won or check_held(each, feed, words) == plays.ITEM
    assert feed.holders(plays.SURFACE) == [(plays.ITEM, winners[0].seat)]
    # With the commit that has started the feed.
    assert (list(feed.posts), len(feed.commits)) == ([plays.ITEM], len(feed) + 1)
    arena.audit()
    return len(feed)


@spread(0, 5)
def test_one_surface(rounds, crowd):
    for arena in rounds:
        told = plays.one_surface(arena, crowd)
        assert judge(arena, told, SURFACE_HELD) == 1


@spread(2)
def test_one_item(rounds, crowd):
    for arena in rounds:
        told = plays.one_item(arena, crowd)
        assert judge(arena, told, ITEM_HELD) == 2


@spread(7)
def test_one_item_by_one_seat(rounds, crowd):
    """Which of a seat's own commands has it is said as clearly as between seats."""
    for arena in rounds:
        told = plays.one_seats_item(arena, crowd)
        assert judge(arena, told, ITEM_HELD_BY_OWN) == 2


@spread(4)
def test_one_item_by_one_seat_in_one_clone(rounds, crowd):
    for arena in rounds:
        told = plays.one_clones_item(arena, crowd)
        assert judge(arena, told, ITEM_HELD_BY_OWN) == 2


@pytest.mark.parametrize("way", [pytest.param(w, id=str(w)) for w in WAYS[-1:]])
def test_one_surface_by_one_seat_in_one_clone(rounds, crowd):
    for arena in rounds:
        told = plays.one_seats_surface(arena, crowd)
        assert judge(arena, told, SURFACE_HELD_BY_OWN) == 1
