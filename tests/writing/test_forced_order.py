"""Races and lost messages, in an order that the test forces: nothing here sleeps."""

import pytest

from fleetfeed.ledger.base import Unconfirmed
from fleetfeed.ledger.contract import Append, Conflict
from fleetfeed.ledger.testing.faults import (
    after,
    answer_lost,
    delayed,
    followed_by,
    locked,
    request_lost,
    turned_down,
)
from fleetfeed.ledger.testing.posts import KEY, OTHER, first, then
from fleetfeed.model.errors import CannotTell, Refused, Unknown

MINE, THEIRS = "CMB-0001", "CMB-0002"


def theirs(world, item=THEIRS, post=None, expected=0):
    """What somebody else does in between: `post`, which must land."""
    store = world.store()

    def act():
        ended = store.append_if_match(item, expected, post or first(OTHER, "ORA-01"))
        assert ended.post.number == expected + 1

    return act


def test_an_unrelated_move_is_retried_inside(two):
    ended = two.store(after(theirs(two))).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (2, False)
    assert len(two.item(MINE)) == len(two.item(THEIRS)) == 1


def test_several_moves(one):
    moves = [after(theirs(one, f"CMB-000{n}", first(f"A:b:{n}"))) for n in (2, 3, 4)]
    ended = one.store(*moves).append_if_match(MINE, 0, first())
    assert ended.tries == 4
    assert len(one.clock.sleeps) == 3


def test_who_lost_the_race_is_judged_again(two):
    taken = theirs(two, post=first(KEY + "/part", "ORA-01"))
    with pytest.raises(Refused) as refused:
        two.store(after(taken)).append_if_match(MINE, 0, first())
    assert [found.code for found in refused.value.findings] == ["FF401"]
    assert not two.item(MINE)


def test_who_lost_the_item_is_told_who_has_it(one):
    taken = theirs(one, MINE, first(seat="ORA-01"))
    ended = one.store(after(taken)).append_if_match(MINE, 0, first())
    assert ended == Conflict(MINE, 1, "ORA-01")
    assert len(one.item(MINE)) == 1


def test_who_is_judged_again_may_be_free_now(one):
    """A surface that is let go while the claim is under way: the claim goes on."""
    one.store().append_if_match(THEIRS, 0, first(OTHER, "ORA-01"))
    moved = theirs(one, THEIRS, then("DONE", "ORA-01"), 1)
    ended = one.store(after(moved)).append_if_match(MINE, 0, first())
    assert ended.feed.item(THEIRS).newest == 2


def test_all_or_nothing_after_a_lost_race(one):
    taken = theirs(one, post=first(OTHER, "ORA-01"))
    both = [Append(MINE, 0, first()), Append("CMB-0003", 0, first(OTHER))]
    with pytest.raises(Refused):
        one.store(after(taken)).append_all(both)
    assert not one.item(MINE)


def test_a_lock_that_never_opens(one):
    store = one.store(*[locked] * 1000, seconds=30)
    with pytest.raises(CannotTell, match="nothing was written: somebody has") as raised:
        store.append_if_match(MINE, 0, first())
    assert not isinstance(raised.value, Unknown)
    assert raised.value.exit_code == 3
    assert one.clock.time == 30
    assert set(one.clock.said) == {"somebody has the lock"}
    assert not one.item(MINE)


def test_a_lock_that_opens(one):
    ended = one.store(*[locked] * 5).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (6, False)


def test_unclear_and_landed(two):
    ended = two.store(answer_lost).append_if_match(MINE, 0, first())
    assert ended.again
    assert len(two.item(MINE)) == 1


def test_unclear_and_landed_and_others_after_it(one):
    moved_on = followed_by(answer_lost, theirs(one, MINE, then("DONE"), 1))
    ended = one.store(moved_on).append_if_match(MINE, 0, first())
    assert ended.again
    assert ended.post.number == 1
    assert len(one.item(MINE)) == 2


def test_unclear_and_not_landed(one):
    ended = one.store(request_lost).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (2, False)
    assert len(one.item(MINE)) == 1


def test_unclear_and_landing_after_we_looked(two):
    ended = two.store(delayed).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (3, True)
    assert len(two.item(MINE)) == 1


def test_unclear_and_too_late_for_the_tip_it_was_built_on(two):
    """Somebody else was first: what is still under way can never land."""
    store = two.store(followed_by(delayed, theirs(two)))
    ended = store.append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (2, False)
    assert len(two.item(MINE)) == 1


def test_unclear_for_ever(one):
    store = one.store(*[request_lost] * 100)
    with pytest.raises(Unknown, match="with --op one finds its post") as raised:
        store.append_if_match(MINE, 0, first(OP="one"))
    assert raised.value.op == "one"
    assert store.ledger.swaps == 3
    ended = one.store().append_if_match(MINE, 0, first(OP="one"))
    assert not ended.again
    assert len(one.item(MINE)) == 1


def test_at_another_tip_the_unclear_tries_are_counted_anew(one):
    """What was under way at the old one can never land."""
    moved = followed_by(request_lost, theirs(one))
    again = followed_by(request_lost, theirs(one, "CMB-0003", first("A:b:c")))
    steps = (request_lost, moved, request_lost, again, request_lost, request_lost)
    ended = one.store(*steps).append_if_match(MINE, 0, first())
    assert (ended.tries, ended.again) == (7, False)
    assert len(one.item(MINE)) == 1


def test_unclear_and_landed_after_we_gave_up(one):
    store = one.store(request_lost, request_lost, delayed)
    with pytest.raises(Unknown):
        store.append_if_match(MINE, 0, first(OP="one"))
    store.ledger.deliver()
    ended = one.store().append_if_match(MINE, 0, first(OP="one"))
    assert ended.again
    assert len(one.item(MINE)) == 1


def test_unclear_then_refused_on_the_new_tip(one):
    taken = theirs(one, post=first(KEY, "ORA-01"))
    with pytest.raises(Refused):
        one.store(followed_by(delayed, taken)).append_if_match(MINE, 0, first())
    assert not one.item(MINE)


def test_turned_down(one):
    store = one.store(turned_down)
    with pytest.raises(Refused, match="origin turned it down") as refused:
        store.append_if_match(MINE, 0, first())
    assert refused.value.words == ("not on a Sunday",)
    assert store.ledger.swaps == 1
    assert not one.item(MINE)


def test_turned_down_at_an_old_tip(two):
    ended = two.store(followed_by(turned_down, theirs(two))).append_if_match(
        MINE, 0, first()
    )
    assert ended.tries == 2
    assert len(two.item(MINE)) == 1


def test_turned_down_at_every_tip(one):
    moves = [theirs(one, f"CMB-000{n}", first(f"A:b:{n}")) for n in range(2, 9)]
    store = one.store(*(followed_by(turned_down, move) for move in moves))
    with pytest.raises(Refused, match="origin turned it down"):
        store.append_if_match(MINE, 0, first())
    assert store.ledger.swaps == 3
    assert not one.item(MINE)


def test_turned_down_while_an_earlier_push_may_still_land(one):
    """Nobody may be told `refused` and hold the surface a moment later."""
    store = one.store(request_lost, turned_down, turned_down)
    with pytest.raises(Unknown):
        store.append_if_match(MINE, 0, first(OP="one"))
    assert not one.item(MINE)


def test_turned_down_after_an_earlier_push_can_no_longer_land(one):
    """Then it is a refusal, and no doubt is left."""
    store = one.store(followed_by(request_lost, theirs(one)), turned_down)
    with pytest.raises(Refused, match="origin turned it down"):
        store.append_if_match(MINE, 0, first())
    assert store.ledger.swaps == 2
    assert not one.item(MINE)


def test_the_same_op_from_two_runs_at_once(one):
    other = one.store()

    def first_of_the_two():
        assert not other.append_if_match(MINE, 0, first(OP="one")).again

    ended = one.store(after(first_of_the_two)).append_if_match(MINE, 0, first(OP="one"))
    assert ended.again
    assert len(one.item(MINE)) == 1


def queue_lost(go, _):
    """The push is in a queue, and nobody tells us."""
    del go
    return Unconfirmed("the line was cut", queue=True)


def test_what_a_queue_has_may_land_under_another_number(one):
    """Who took the number that it was to have has not shown that it never will."""

    def taken():
        assert one.store().reserve("CMB", {"SEAT": "ORA-01", "SUBJECT": "x"})

    store = one.store(followed_by(queue_lost, taken), *[locked] * 1000)
    with pytest.raises(Unknown, match="the line was cut"):
        store.reserve("CMB", {"SEAT": "CAMBER-06", "SUBJECT": "y"})


def test_what_a_queue_has_cannot_land_where_another_post_is(one):
    taken = theirs(one, MINE, first(OTHER, "ORA-01"))
    store = one.store(followed_by(queue_lost, taken), *[locked] * 1000)
    assert store.append_if_match(MINE, 0, first()) == Conflict(MINE, 1, "ORA-01")
