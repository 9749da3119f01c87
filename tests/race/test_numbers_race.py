"""Fifty reserve a number, twenty ask for the next item: nothing is given out twice.

The rounds are spread as in `test_claims_race`. All of fifty must win, one after the
other, and every loser tries again: with the hook a round is half a minute of two cores.
"""

import pytest
from race import plays
from race.arena import spread
from race.oracle_answers import check_won

pytestmark = pytest.mark.stress


@spread(3)
def test_numbers(rounds, stress):
    for arena in rounds:
        crowd = 50 if stress else 6
        told = plays.numbers(arena, crowd)
        feed = arena.feed()
        for each in told:
            check_won(each, feed)
        every = [f"CMB-{number:04d}" for number in range(1, crowd + 1)]
        assert sorted(each.item for each in told) == every
        assert sorted(feed.posts) == every
        # One commit each, and one that has started the feed; the numbers in their order.
        assert len(feed.commits) == crowd + 1
        assert feed.items_added()[1:] == [[item] for item in every]
        for item in every:
            key = feed.now(item)["SURFACE_KEY"]
            assert feed.holders(key) == [(item, feed.now(item)["SEAT"])]
        arena.audit()


@spread(6)
def test_the_next_item(rounds, stress):
    """Of 20 seats 8 get an item each, in the queue's own order, and 12 none."""
    crowd, ready = (20, 8) if stress else (6, 3)
    for arena in rounds:
        told = plays.queue(arena, crowd)
        feed = arena.feed()
        winners = [each for each in told if each.won]
        for each in winners:
            check_won(each, feed)
        handed = [item for item, _, _ in plays.QUEUE[:ready]]
        assert sorted(each.item for each in winners) == sorted(handed), told
        # Each has taken the best of what was left when its turn came.
        assert feed.items_added()[2:] == [[item] for item in handed]
        for each in told:
            assert each.won or is_told_that_nothing_waits(each), each
        assert (len(feed), len(feed.commits)) == (2 * ready, 2 + ready)
        arena.audit()


def is_told_that_nothing_waits(told):
    said = "nothing awaits its claim; `fleetfeed active` lists what is open"
    assert told.ended.code == 1
    if not told.document:
        assert told.ended.stderr == f"fleetfeed: {said}\n"
        return not told.ended.stdout
    document = told.document
    facts = (document["answer"], document["message"], document["code"])
    return facts == ("nothing ready", said, 1)
