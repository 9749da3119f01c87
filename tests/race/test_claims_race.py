"""Many seats claim one surface, or one item, at one moment: exactly one has it.

The 30 rounds of each race are dealt out over four transports and two kinds of server
(`race.arena`), each round on a fresh server. The rows of `CLAIMS` that are not of the
issue's own six are there because a fleet does that, too.
"""

import pytest
from race import plays
from race.arena import DIRECT, WAYS, spread
from race.oracle_answers import (
    ITEM_HELD,
    ITEM_HELD_BY_OWN,
    SURFACE_HELD,
    SURFACE_HELD_BY_OWN,
)
from race.oracle_one import judge

pytestmark = pytest.mark.stress


@pytest.fixture
def crowd(stress):
    return 20 if stress else 6


@spread(0, 5)
def test_one_surface(rounds, crowd, way):
    for arena in rounds:
        told = plays.one_surface(arena, crowd)
        assert judge(arena, told, SURFACE_HELD) == 1
        assert arena.queued == way.guarded


@pytest.mark.large
@pytest.mark.parametrize("way", [pytest.param(DIRECT, id=str(DIRECT))])
def test_one_surface_where_there_is_no_queue(rounds, crowd):
    for arena in rounds:
        told = plays.one_surface(arena, crowd)
        assert judge(arena, told, SURFACE_HELD) == 1
        assert not arena.queued


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
