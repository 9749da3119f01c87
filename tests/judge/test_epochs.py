"""The epoch table, row by row, written from the design's paragraph on epochs."""

import pytest
from judge.gen_feeds import codes, item, judged, life, next_post, policy_of

POLICY = policy_of("stewards: [FLEET-01]\n")
A, B, STEWARD = "CAMBER-06", "ORA-02", "FLEET-01"


def by(seat, state, **more):
    return {"seat": seat, "state": state, **more}


AWAITING = by(A, "AWAITING_CLAIM")
RUNNING = by(A, "IN_PROGRESS")
WHY = {"reason": "the seat is gone"}

# name: the posts before, the post, and the epoch before and after it.
ROWS = {
    "filed: 0": ((), AWAITING, 0, 0),
    "filed at rest: 0": ((), by(A, "BLOCKED"), 0, 0),
    "filed as over: 0": ((), by(A, "DONE"), 0, 0),
    "moved about before anyone claimed: 0": ((AWAITING,), by(A, "PARKED"), 0, 0),
    "reopened before anyone claimed: 0": (
        (by(A, "DONE"),),
        by(B, "AWAITING_CLAIM", **WHY),
        0,
        0,
    ),
    "the first IN_PROGRESS makes it 1": ((AWAITING,), RUNNING, 0, 1),
    "filed as IN_PROGRESS: 1": ((), RUNNING, 0, 1),
    "first IN_PROGRESS out of BLOCKED: 1": ((by(A, "BLOCKED"),), RUNNING, 0, 1),
    "first IN_PROGRESS out of DONE: 1": (
        (by(A, "DONE"),),
        by(B, "IN_PROGRESS", **WHY),
        0,
        1,
    ),
    "claimed again from AWAITING, by another": (
        (RUNNING, AWAITING),
        by(B, "IN_PROGRESS"),
        1,
        2,
    ),
    "claimed again from AWAITING, by the same": ((RUNNING, AWAITING), RUNNING, 1, 2),
    "claimed from AWAITING by way of PARKED": (
        (RUNNING, AWAITING, by(A, "PARKED")),
        RUNNING,
        1,
        2,
    ),
    "handed over by OWNER": ((RUNNING,), by(A, "IN_PROGRESS", owner=B), 1, 2),
    "taken over": ((RUNNING,), by(B, "IN_PROGRESS", **WHY), 1, 2),
    "a steward gives it to another": (
        (RUNNING,),
        by(STEWARD, "IN_PROGRESS", owner=B, **WHY),
        1,
        2,
    ),
    "a steward takes it": ((RUNNING,), by(STEWARD, "IN_PROGRESS", **WHY), 1, 2),
    "a steward amends it, the holder stays": (
        (RUNNING,),
        by(STEWARD, "IN_PROGRESS", owner=A, **WHY),
        1,
        1,
    ),
    **{
        f"a steward takes it out to {state}": (
            (RUNNING,),
            by(STEWARD, state, **WHY),
            1,
            2,
        )
        for state in ("AWAITING_CLAIM", "BLOCKED", "PARKED", "DONE", "CANCELLED")
    },
    **{
        f"the holder takes it out to {state}": ((RUNNING,), by(A, state), 1, 1)
        for state in ("AWAITING_CLAIM", "BLOCKED", "PARKED", "DONE", "CANCELLED")
    },
    "evicted after a lapse": ((RUNNING,), by(B, "PARKED", **WHY), 1, 2),
    "amended by the holder, EPOCH left out": ((RUNNING,), RUNNING, 1, 1),
    "back from BLOCKED, EPOCH left out": ((RUNNING, by(A, "BLOCKED")), RUNNING, 1, 1),
    "back from PARKED, EPOCH left out": ((RUNNING, by(A, "PARKED")), RUNNING, 1, 1),
    "the filer takes up what another blocked": (
        (AWAITING, by(B, "IN_PROGRESS"), by(B, "BLOCKED")),
        RUNNING,
        1,
        2,
    ),
    "the filer puts it back in its holder's hands": (
        (AWAITING, by(B, "IN_PROGRESS"), by(B, "BLOCKED")),
        by(A, "IN_PROGRESS", owner=B),
        1,
        1,
    ),
    "from BLOCKED to PARKED": ((RUNNING, by(A, "BLOCKED")), by(A, "PARKED"), 1, 1),
    "from PARKED to AWAITING": (
        (RUNNING, by(A, "PARKED")),
        by(A, "AWAITING_CLAIM"),
        1,
        1,
    ),
    "from PARKED to DONE by a steward": (
        (RUNNING, by(A, "PARKED")),
        by(STEWARD, "DONE", **WHY),
        1,
        1,
    ),
    "AWAITING amended": ((RUNNING, AWAITING), by(A, "AWAITING_CLAIM"), 1, 1),
    "DONE amended": ((RUNNING, by(A, "DONE")), by(A, "DONE"), 1, 1),
    "CANCELLED amended": ((RUNNING, by(A, "CANCELLED")), by(A, "CANCELLED"), 1, 1),
    **{
        f"reopened from DONE to {state}": (
            (RUNNING, by(A, "DONE")),
            by(A, state, **WHY),
            1,
            2,
        )
        for state in ("AWAITING_CLAIM", "IN_PROGRESS", "BLOCKED", "PARKED", "CANCELLED")
    },
    "reopened from CANCELLED by another": (
        (RUNNING, by(A, "CANCELLED")),
        by(B, "IN_PROGRESS", **WHY),
        1,
        2,
    ),
    "the parent acts: the sub-seat stays the holder": (
        (by("ORA-02/task", "IN_PROGRESS"),),
        by(B, "IN_PROGRESS"),
        1,
        1,
    ),
    "the parent takes it out": (
        (by("ORA-02/task", "IN_PROGRESS"),),
        by(B, "PARKED"),
        1,
        1,
    ),
    "the parent takes it by OWNER": (
        (by("ORA-02/task", "IN_PROGRESS"),),
        by(B, "IN_PROGRESS", owner=B),
        1,
        1,
    ),
    "the parent gives it to another sub-seat": (
        (by("ORA-02/task", "IN_PROGRESS"),),
        by(B, "IN_PROGRESS", owner="ORA-02/more"),
        1,
        2,
    ),
    "the parent hands its own work to a sub-seat": (
        (by(B, "IN_PROGRESS"),),
        by(B, "IN_PROGRESS", owner="ORA-02/task"),
        1,
        2,
    ),
    "a sub-seat is not its parent": (
        (by(B, "IN_PROGRESS"),),
        by("ORA-02/task", "IN_PROGRESS", **WHY),
        1,
        2,
    ),
    "the holder in another case is the holder": (
        (RUNNING,),
        by("camber-06", "PARKED"),
        1,
        1,
    ),
    "at 2 it goes on the same way": (
        (RUNNING, by(B, "IN_PROGRESS", epoch=2, **WHY)),
        by(A, "IN_PROGRESS", epoch=3, **WHY),
        2,
        3,
    ),
}
rows = pytest.mark.parametrize(("posts", "post", "old", "new"), ROWS.values(), ids=ROWS)


def told(posts, post):
    return codes(
        judged(life(*posts), next_post(posts, **post), POLICY, "lapsed"), "FF3"
    )


@rows
def test_the_epoch_after_a_post(posts, post, old, new):
    assert item(*posts).epoch == old
    assert item(*posts, post).epoch == new


@rows
def test_the_right_epoch_may_be_written_and_from_2_on_must(posts, post, old, new):
    assert told(posts, {**post, "epoch": new}) == []
    assert told(posts, {**post, "epoch": None}) == (["FF305"] if new >= 2 else [])


@rows
def test_any_other_epoch_is_refused(posts, post, old, new):
    resumes = any((posts, post) == ROWS[name][:2] for name in RESUMES)
    wrong = {0, old - 1, old, old + 1, old + 2} - {new, -1}
    for epoch in wrong - ({old + 1} if resumes else set()):
        assert told(posts, {**post, "epoch": epoch}) == ["FF304"], epoch


# The holder's own post into IN_PROGRESS from IN_PROGRESS, BLOCKED or PARKED.
RESUMES = (
    "amended by the holder, EPOCH left out",
    "back from BLOCKED, EPOCH left out",
    "back from PARKED, EPOCH left out",
    "the parent acts: the sub-seat stays the holder",
    "the parent takes it by OWNER",
)


@pytest.mark.parametrize("name", RESUMES)
def test_the_holder_may_keep_its_epoch_or_raise_it_by_one(name):
    posts, post, old, _ = ROWS[name]
    for epoch, expected in (
        (old, []),
        (old + 1, []),
        (old + 2, ["FF304"]),
        (0, ["FF304"]),
    ):
        assert told(posts, {**post, "epoch": epoch}) == expected
    assert item(*posts, {**post, "epoch": old + 1}).epoch == old + 1
    assert item(*posts, {**post, "epoch": old + 2}).epoch == old


def test_only_the_holder_may_choose():
    posts = (AWAITING, by(B, "IN_PROGRESS"), by(B, "BLOCKED"))
    back = by(A, "IN_PROGRESS", owner=B)
    assert told(posts, {**back, "epoch": 2}) == ["FF304"]


def test_the_seat_that_slept_is_refused_by_its_epoch():
    posts = (RUNNING, by(B, "IN_PROGRESS", epoch=2, **WHY))
    late = by(A, "DONE", epoch=1)
    assert told(posts, late) == ["FF301", "FF304"]


def test_a_wrong_epoch_is_told_the_right_one():
    posts = (RUNNING, by(B, "IN_PROGRESS", epoch=2, **WHY))
    after = next_post(posts, **by(B, "DONE", epoch=1))
    (found,) = judged(life(*posts), after, POLICY)
    assert (found.code, found.mended) == ("FF304", "EPOCH: 2")
    assert "epoch 2" in found.message
    assert B in found.message


def test_of_what_nobody_holds_a_wrong_epoch_says_so():
    after = next_post((AWAITING,), **by(B, "IN_PROGRESS", epoch=3))
    found = next(f for f in judged(life(AWAITING), after, POLICY) if f.code == "FF304")
    assert found.message == (
        "EPOCH 3 is wrong: CMB-0001 is at epoch 0, held by nobody; if it is yours,"
        " write `EPOCH: 1`"
    )
