"""Two seats swap surfaces: no move alone can do it, one commit can."""

import pytest
from race import plays
from race.arena import spread
from race.oracle_answers import SURFACE_HELD, check_held, check_won

pytestmark = pytest.mark.stress

BEFORE = {
    plays.LEFT: [("CMB-0001", "CAMBER-01")],
    plays.RIGHT: [("CMB-0002", "CAMBER-02")],
}
AFTER = {plays.RIGHT: BEFORE[plays.LEFT], plays.LEFT: BEFORE[plays.RIGHT]}


def held(feed):
    return {surface: feed.holders(surface) for surface in (plays.LEFT, plays.RIGHT)}


@spread(1)
def test_two_moves_are_refused_and_one_commit_passes(rounds):
    for arena in rounds:
        told = plays.two_moves(arena)
        feed = arena.feed()
        named = [check_held(each, feed, SURFACE_HELD) for each in told]
        assert named == ["CMB-0002", "CMB-0001"]
        assert held(feed) == BEFORE
        assert (len(feed), len(feed.commits)) == (2, 2)
        (swapped,) = plays.one_swap(arena)
        feed = arena.feed()
        check_won(swapped, feed)
        assert swapped.rows == [("CMB-0001", 2), ("CMB-0002", 2)]
        assert held(feed) == AFTER
        # Whoever comes now is told of the new holders, and since when they are it.
        late = [
            check_held(told, feed, SURFACE_HELD) for told in plays.two_claims(arena)
        ]
        assert late == ["CMB-0002", "CMB-0001"]
        assert (len(feed), len(feed.commits)) == (4, 3)
        arena.audit()


@spread(6)
def test_moves_swaps_and_claims_at_one_moment(rounds):
    """Either surface is held all along, and whoever is told of a holder is told true.

    A move that comes after the first swap finds its own item there, and passes.
    """
    for arena in rounds:
        *swaps, left, right, new_left, new_right = plays.moves_and_swaps(arena)
        feed = arena.feed()
        for each in swaps:
            check_won(each, feed)
            assert [item for item, _ in each.rows] == ["CMB-0001", "CMB-0002"]
        first = min(number for each in swaps for _, number in each.rows)
        assert first == 2
        for each, other in ((left, "CMB-0002"), (right, "CMB-0001")):
            if each.won:
                check_won(each, feed)
                assert each.rows[0][1] > first
            else:
                assert check_held(each, feed, SURFACE_HELD) == other
        for each in (new_left, new_right):
            assert check_held(each, feed, SURFACE_HELD) in {"CMB-0001", "CMB-0002"}
        moved = left.won + right.won
        assert held(feed) == AFTER
        assert (len(feed), len(feed.commits)) == (6 + moved, 4 + moved)
        arena.audit()
