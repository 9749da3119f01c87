"""Races and lost messages, in an order that the test forces: nothing here sleeps."""

import pytest
from store.posts import KEY, OTHER, first, then
from store.scripted import (
    after,
    answer_lost,
    delayed,
    followed_by,
    locked,
    request_lost,
    turned_down,
)

from fleetfeed.errors import CannotTell, Refused, Unknown
from fleetfeed.store import Append, Conflict

MINE, THEIRS = "CMB-0001", "CMB-0002"


def theirs(world, item=THEIRS, post=None, expected=0):
    """What somebody else does in between: `post`, which must land."""
    store = world.store()

    def act():
        ended = store.append_if_match(item, expected, post or first(OTHER, "ORA-01"))
        assert ended.post.number == expected + 1

    return act


def test_an_unrelated_move_is_retried_inside(forced):
    ended = forced.store(after(theirs(forced))).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (2, False)
    assert len(forced.item(MINE)) == len(forced.item(THEIRS)) == 1


def test_several_moves(forced):
    moves = [after(theirs(forced, f"CMB-000{n}", first(f"A:b:{n}"))) for n in (2, 3, 4)]
    ended = forced.store(*moves).append_if_match(MINE, 0, first())
    assert ended.tries == 4
    assert len(forced.clock.sleeps) == 3


def test_who_lost_the_race_is_judged_again(forced):
    taken = theirs(forced, post=first(KEY + "/part", "ORA-01"))
    with pytest.raises(Refused) as refused:
        forced.store(after(taken)).append_if_match(MINE, 0, first())
    assert [found.code for found in refused.value.findings] == ["FF401"]
    assert not forced.item(MINE)


def test_who_lost_the_item_is_told_who_has_it(forced):
    taken = theirs(forced, MINE, first(seat="ORA-01"))
    ended = forced.store(after(taken)).append_if_match(MINE, 0, first())
    assert ended == Conflict(MINE, 1, "ORA-01")
    assert len(forced.item(MINE)) == 1


def test_who_is_judged_again_may_be_free_now(forced):
    """A surface that is let go while the claim is under way: the claim goes on."""
    forced.store().append_if_match(THEIRS, 0, first(OTHER, "ORA-01"))
    moved = theirs(forced, THEIRS, then("DONE", "ORA-01"), 1)
    ended = forced.store(after(moved)).append_if_match(MINE, 0, first())
    assert ended.feed.item(THEIRS).newest == 2


def test_all_or_nothing_after_a_lost_race(forced):
    taken = theirs(forced, post=first(OTHER, "ORA-01"))
    both = [Append(MINE, 0, first()), Append("CMB-0003", 0, first(OTHER))]
    with pytest.raises(Refused):
        forced.store(after(taken)).append_all(both)
    assert not forced.item(MINE)


def test_a_lock_that_never_opens(forced):
    store = forced.store(*[locked] * 1000, seconds=30)
    with pytest.raises(CannotTell, match="nothing was written: somebody has") as raised:
        store.append_if_match(MINE, 0, first())
    assert not isinstance(raised.value, Unknown)
    assert raised.value.exit_code == 3
    assert forced.clock.time == 30
    assert set(forced.clock.said) == {"somebody has the lock"}
    assert not forced.item(MINE)


def test_a_lock_that_opens(forced):
    ended = forced.store(*[locked] * 5).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (6, False)


def test_unclear_and_landed(forced):
    ended = forced.store(answer_lost).append_if_match(MINE, 0, first())
    assert ended.again
    assert len(forced.item(MINE)) == 1


def test_unclear_and_landed_and_others_after_it(forced):
    moved_on = followed_by(answer_lost, theirs(forced, MINE, then("DONE"), 1))
    ended = forced.store(moved_on).append_if_match(MINE, 0, first())
    assert ended.again
    assert ended.post.number == 1
    assert len(forced.item(MINE)) == 2


def test_unclear_and_not_landed(forced):
    ended = forced.store(request_lost).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (2, False)
    assert len(forced.item(MINE)) == 1


def test_unclear_and_landing_after_we_looked(forced):
    ended = forced.store(delayed).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (3, True)
    assert len(forced.item(MINE)) == 1


def test_unclear_and_too_late_for_the_tip_it_was_built_on(forced):
    """Somebody else was first: what is still under way can never land."""
    store = forced.store(followed_by(delayed, theirs(forced)))
    ended = store.append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (2, False)
    assert len(forced.item(MINE)) == 1


def test_unclear_for_ever(forced):
    store = forced.store(*[request_lost] * 100)
    with pytest.raises(Unknown, match="with --op one finds its post") as raised:
        store.append_if_match(MINE, 0, first(OP="one"))
    assert raised.value.op == "one"
    assert store.ledger.swaps == 3
    ended = forced.store().append_if_match(MINE, 0, first(OP="one"))
    assert not ended.again
    assert len(forced.item(MINE)) == 1


def test_unclear_and_landed_after_we_gave_up(forced):
    store = forced.store(request_lost, request_lost, delayed)
    with pytest.raises(Unknown):
        store.append_if_match(MINE, 0, first(OP="one"))
    store.ledger.deliver()
    ended = forced.store().append_if_match(MINE, 0, first(OP="one"))
    assert ended.again
    assert len(forced.item(MINE)) == 1


def test_unclear_then_refused_on_the_new_tip(forced):
    taken = theirs(forced, post=first(KEY, "ORA-01"))
    with pytest.raises(Refused):
        forced.store(followed_by(delayed, taken)).append_if_match(MINE, 0, first())
    assert not forced.item(MINE)


def test_turned_down(forced):
    store = forced.store(turned_down)
    with pytest.raises(Refused, match="origin turned it down") as refused:
        store.append_if_match(MINE, 0, first())
    assert refused.value.words == ("not on a Sunday",)
    assert store.ledger.swaps == 1
    assert not forced.item(MINE)


def test_turned_down_at_an_old_tip(forced):
    ended = forced.store(followed_by(turned_down, theirs(forced))).append_if_match(
        MINE, 0, first()
    )
    assert ended.tries == 2
    assert len(forced.item(MINE)) == 1


def test_turned_down_at_every_tip(forced):
    moves = [theirs(forced, f"CMB-000{n}", first(f"A:b:{n}")) for n in range(2, 9)]
    store = forced.store(*(followed_by(turned_down, move) for move in moves))
    with pytest.raises(Refused, match="origin turned it down"):
        store.append_if_match(MINE, 0, first())
    assert store.ledger.swaps == 3
    assert not forced.item(MINE)


def test_turned_down_while_an_earlier_push_may_still_land(forced):
    """Nobody may be told `refused` and hold the surface a moment later."""
    store = forced.store(request_lost, turned_down, turned_down)
    with pytest.raises(Unknown):
        store.append_if_match(MINE, 0, first(OP="one"))
    assert not forced.item(MINE)


def test_the_same_op_from_two_runs_at_once(forced):
    other = forced.store()

    def first_of_the_two():
        assert not other.append_if_match(MINE, 0, first(OP="one")).again

    ended = forced.store(after(first_of_the_two)).append_if_match(
        MINE, 0, first(OP="one")
    )
    assert ended.again
    assert len(forced.item(MINE)) == 1
