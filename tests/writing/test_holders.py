"""Whose an item is, as a writer asks before it says so."""

import pytest
from judge.gen_feeds import ITEM, item, life, snapshot

from fleetfeed.model.errors import NoLongerYours
from fleetfeed.writing.request import require_holder, require_not_taken

A, B = "CAMBER-06", "ORA-02"
WHY = {"reason": "it is silent"}


def by(seat, state="IN_PROGRESS", **more):
    return {"seat": seat, "state": state, **more}


PARENT = by(B, owner=B)
SUB_SEAT = by("ORA-02/task")


@pytest.mark.parametrize(
    ("posts", "epoch", "holder"),
    [
        ((SUB_SEAT,), 1, "ORA-02/task"),
        ((SUB_SEAT,), 1, "ora-02/TASK"),
        ((SUB_SEAT,), 1, ""),
        ((SUB_SEAT, PARENT), 1, B),
    ],
)
def test_who_holds_it(posts, epoch, holder):
    require_holder(item(*posts), epoch, holder)


@pytest.mark.parametrize(
    ("posts", "epoch", "holder", "now"),
    [
        # Between a seat and its sub-seats the epoch stays.
        ((SUB_SEAT, PARENT), 1, "ORA-02/task", B),
        ((SUB_SEAT,), 1, B, "ORA-02/task"),
        ((by(A), by(B, **WHY)), 1, A, B),
        ((by(A), by(B, **WHY)), 1, "", B),
        ((by(A), by(A, "PARKED")), 1, A, ""),
        ((by(A), by(A, "PARKED")), 1, "", ""),
    ],
)
def test_who_holds_it_no_longer(posts, epoch, holder, now):
    with pytest.raises(NoLongerYours) as raised:
        require_holder(item(*posts), epoch, holder)
    assert raised.value.holder == now


TAKEN = (by(A), by(B, epoch=2, **WHY))


@pytest.mark.parametrize(
    ("posts", "taken"),
    [
        ((by(A),), False),
        ((by(A), by(A, "PARKED")), False),
        ((by(A), by(B, "PARKED", **WHY)), True),
        (TAKEN, True),
        ((*TAKEN, by(B, "DONE", epoch=2)), True),
        # What it has written since, it wrote knowing that.
        ((*TAKEN, by(B, "DONE", epoch=2), by(A, "PARKED", epoch=3, **WHY)), False),
        # And it may have been given back.
        ((*TAKEN, by(B, owner=A, epoch=3)), False),
    ],
)
def test_what_was_taken_since_the_seats_last_post(posts, taken):
    feed = snapshot(life(*posts))
    if not taken:
        require_not_taken(feed, ITEM, A)
        return
    with pytest.raises(NoLongerYours):
        require_not_taken(feed, ITEM, A)
