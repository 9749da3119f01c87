"""Many seats claim one surface, or one item, at one moment: exactly one has it.

The 30 rounds of each race are dealt out over four transports and two kinds of server
(`race.arena`), each round on a fresh server.
"""

import pytest
from harness import claim, post
from race.arena import spread
from race.told import (
    ITEM_HELD,
    ITEM_HELD_BY_OWN,
    SURFACE_HELD,
    SURFACE_HELD_BY_OWN,
    Told,
    check_held,
    check_won,
)

pytestmark = [pytest.mark.stress, pytest.mark.timeout(1800)]

# One surface, however a seat spells it.
SPELLINGS = ("CAMBER:page:home_a/b", "camber:Page:home-a:b", "CAMBER:page:home-a/b")
NEW = ("claim", "--new", "CMB", "--proof", "nobody else works on it", "--surface")


@pytest.fixture
def crowd(stress):
    return 20 if stress else 6


def as_told(number):
    """Every other command is asked to answer a program."""
    return ("--json",) if number % 2 else ()


def judge(arena, seats, ended, words):
    """One has won and all others are told so; the feed that it is true of."""
    feed = arena.feed()
    told = [Told(seat, each) for seat, each in zip(seats, ended, strict=True)]
    winners = [each for each in told if each.won]
    assert len(winners) == 1, told
    check_won(winners[0], feed)
    for each in told:
        assert each.won or check_held(each, feed, words) == winners[0].item
    return feed, winners[0]


@spread(0, 5)
def test_one_surface(rounds, crowd):
    seats = [f"CAMBER-{number:02d}" for number in range(1, crowd + 1)]
    for arena in rounds:
        ended = arena.run(
            [
                arena.start(
                    seat, seat, *NEW, SPELLINGS[n % 3], "--subject", seat, *as_told(n)
                )
                for n, seat in enumerate(seats)
            ]
        )
        feed, winner = judge(arena, seats, ended, SURFACE_HELD)
        assert feed.holders(SPELLINGS[0]) == [("CMB-0001", winner.seat)]
        assert (list(feed.posts), len(feed.commits)) == (["CMB-0001"], 2)
        assert len(feed) == 1
        arena.audit()


@spread(2)
def test_one_item(rounds, crowd):
    seats = [f"CAMBER-{number:02d}" for number in range(1, crowd + 1)]
    for arena in rounds:
        arena.file({"CMB-0001": post(surface_key=SPELLINGS[0], no_overlap_proof="p")})
        starts = [
            arena.start(seat, seat, "claim", "CMB-0001", *as_told(n))
            for n, seat in enumerate(seats)
        ]
        feed, winner = judge(arena, seats, arena.run(starts), ITEM_HELD)
        assert feed.holders(SPELLINGS[0]) == [("CMB-0001", winner.seat)]
        assert (len(feed), len(feed.commits)) == (2, 3)
        arena.audit()


@pytest.mark.parametrize("shared", [False, True], ids=["clones", "one-clone"])
@spread(7)
def test_one_item_by_one_seat(rounds, crowd, shared):
    """Which of a seat's own processes has it is said as clearly as between seats."""
    for arena in rounds:
        arena.file({"CMB-0001": post(surface_key=SPELLINGS[0], no_overlap_proof="p")})
        starts = [
            arena.start(
                "one" if shared else f"{n}",
                "ORA-02",
                *("claim", "CMB-0001"),
                *as_told(n),
            )
            for n in range(crowd)
        ]
        ended = arena.run(starts)
        feed, _ = judge(arena, ["ORA-02"] * crowd, ended, ITEM_HELD_BY_OWN)
        assert feed.holders(SPELLINGS[0]) == [("CMB-0001", "ORA-02")]
        assert (len(feed), len(feed.commits)) == (2, 3)
        arena.audit()
