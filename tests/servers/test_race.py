"""Many seats race on a real server, each by a login, or a key, of its own.

The races of `tests/race`, where the server proves who speaks for a seat: one surface,
one item, and a takeover from who is silent.
"""

import time

import pytest
from harness.starting import starter
from race import plays
from race.oracle_answers import ITEM_HELD, SURFACE_HELD, Told, check_won
from race.oracle_one import judge
from servers.race_there import HOLDER, SOURCES, ground, seats

pytestmark = [pytest.mark.stress, pytest.mark.large]
MODES = ("pusher", "signed")
SILENT = ("--reason", "it is silent")
LEASE, OVER = "2s", 4
"""The silent holder's lease, and after how many seconds it is over, with the grace."""


@pytest.fixture(scope="module")
def crowd(stress):
    return 20 if stress else 4


@pytest.fixture(scope="module", params=SOURCES, ids=lambda kind: kind.__name__)
def there(request, account, tmp_path_factory, crowd):
    folder = tmp_path_factory.mktemp("race")
    with (
        starter() as started,
        ground(request.param, account, folder, started, crowd) as made,
    ):
        yield made


@pytest.fixture(params=MODES)
def arena(request, there, tmp_path):
    (tmp_path / "arena").mkdir()
    with there.arena(request.param, tmp_path / "arena") as made:
        yield made


def test_one_surface(arena, crowd):
    assert judge(arena, plays.one_surface(arena, crowd), SURFACE_HELD) == 1


def test_one_item(arena, crowd):
    assert judge(arena, plays.one_item(arena, crowd), ITEM_HELD) == 2


def test_a_takeover(arena, crowd):
    """Of those who take over from the silent at one moment one does, and all know."""
    new = ("--new", "CMB", "--surface", plays.SURFACE, "--proof", "nobody else works")
    silent = ("claim", *new, "--subject", "work", "--lease", LEASE)
    (held,) = arena.run([arena.start(HOLDER, HOLDER, *silent)])
    assert held.code == 0, held
    time.sleep(OVER)
    take = ("claim", plays.ITEM, *SILENT, "--lease", "1h")
    ended = arena.run([arena.start(each, each, *take) for each in seats(crowd)])
    told = [Told(seat, each) for seat, each in zip(seats(crowd), ended, strict=True)]
    feed = arena.feed()
    (winner,) = [each for each in told if each.won]
    check_won(winner, feed)
    assert feed.holders(plays.SURFACE) == [(plays.ITEM, winner.seat)]
    assert [post["SEAT"] for post in feed.posts[plays.ITEM]] == [HOLDER, winner.seat]
    for each in told:
        lost = each.ended.code == 1 and winner.seat in each.words
        assert each.won or lost, each
    arena.audit()
