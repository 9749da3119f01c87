"""The races bite: a store that reads, checks and writes gives one thing to several.

The same plays as with the real store, ten at once, on servers without a hook (a hook
would refuse what such a store does when it has lost: it overwrites). With git 2.39.5 on
two cores: 178 of 180 rounds, that is 30 of 30 of each play but the one in which all
share a clone, and hence its locks (28 of 30). The real store: 0 of 243 rounds, by the
other tests here.
"""

from collections import Counter

import pytest
from harness.rows import of_each_kind
from race import plays
from race.arena import ROUNDS, WAYS, new_arena
from race.fake_no_lock import take_out_lock
from race.fake_no_swap_cli import TWIN
from race.oracle_answers import SURFACE_HELD
from race.oracle_one import judge

pytestmark = pytest.mark.stress

PLAYS = (
    plays.one_surface,
    plays.one_item,
    plays.one_seats_item,
    plays.one_clones_item,
    plays.numbers,
    plays.queue,
)
HOOK_LESS = [way for way in WAYS if not way.guarded]


@pytest.mark.parametrize(
    "play",
    of_each_kind(PLAYS, {plays.one_surface, plays.numbers}.__contains__),
    ids=lambda play: play.__name__,
)
def test_without_compare_and_set_one_thing_goes_to_several(
    fleet_template, starter, tmp_path, stress, play
):
    double = played = 0
    while played < ROUNDS and (stress or not double):
        number, played = played, played + 1
        way = HOOK_LESS[number % len(HOOK_LESS)]
        with new_arena(fleet_template, way, starter, tmp_path / f"{number}") as arena:
            told = play(arena, 10 if stress else 6, TWIN)
        given = Counter(each.item for each in told if each.won)
        assert given, told
        double += max(given.values()) > 1
    print(f"{double} of {played} rounds gave one thing to several")
    assert double


GUARDED = [way for way in WAYS if way.guarded]


def test_without_the_leaders_lock_one_thing_goes_to_several(
    fleet_template, starter, tmp_path, stress
):
    """Several lead at once, and none compares when it swaps."""
    double = played = 0
    while played < ROUNDS and (stress or not double):
        number, played = played, played + 1
        way = GUARDED[number % len(GUARDED)]
        with new_arena(fleet_template, way, starter, tmp_path / f"{number}") as arena:
            take_out_lock(arena.server, swap=False)
            told = plays.one_surface(arena, 10 if stress else 6)
        double += sum(each.won for each in told) > 1
    print(f"{double} of {played} rounds gave one thing to several")
    assert double


@pytest.mark.parametrize("way", [pytest.param(w, id=str(w)) for w in GUARDED[-1:]])
def test_where_several_lead_git_lets_one_swap(rounds, stress):
    """The lock saves work: what keeps the promise is git's own compare-and-set."""
    for arena in rounds:
        take_out_lock(arena.server, swap=True)
        told = plays.one_surface(arena, 20 if stress else 6)
        assert judge(arena, told, SURFACE_HELD) == 1
