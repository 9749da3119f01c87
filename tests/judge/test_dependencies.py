"""Cycles of dependencies, found however long; and what nothing begins upon."""

import pytest
from harness import path, post
from harness.rows import of_each_kind
from judge.gen_feeds import codes, judged, life, next_post, policy_of, snapshot

from fleetfeed.judge.dependencies import resumable
from fleetfeed.model.post import State

FILED = {"state": "AWAITING_CLAIM"}


def item(number, *depends_on, **more):
    """A filed item, and what it depends on."""
    wanted = [f"CMB-{n:04d}" for n in depends_on]
    given = {"depends_on": wanted} if wanted else {}
    return life({**FILED, **given, **more}, item=f"CMB-{number:04d}")


def later(number, *depends_on):
    """The same item's second post alone."""
    wanted = [f"CMB-{n:04d}" for n in depends_on]
    given = {"depends_on": wanted} if wanted else {}
    files = life(FILED, {**FILED, **given}, item=f"CMB-{number:04d}")
    return dict(list(files.items())[1:])


def test_a_cycle_of_three_is_named_whole():
    (found,) = judged(item(1, 2) | item(2, 3) | item(3), later(3, 1))
    assert found.code == "FF311"
    assert "CMB-0003 -> CMB-0001 -> CMB-0002 -> CMB-0003; " in found.message
    assert found.message.endswith(
        "take CMB-0001 out of DEPENDS_ON, or change what CMB-0002 depends on first"
    )


def test_the_shortest_of_several_ways_is_named():
    before = item(1, 2) | item(2, 3) | item(3, 4) | item(4)
    (found,) = judged(before, later(4, 1, 3))
    assert "CMB-0004 -> CMB-0003 -> CMB-0004; take CMB-0003 out" in found.message


def test_two_new_items_that_wait_for_each_other_are_both_refused():
    assert codes(judged({}, item(1, 2) | item(2, 1))) == ["FF311", "FF311"]


@pytest.mark.parametrize("closed", of_each_kind([True, False], bool))
def test_a_chain_longer_than_python_calls_deep(closed, stress):
    before, last = {}, 10_000 if stress else 3000
    for number in range(1, last):
        before |= item(number, number + 1)
    found = judged(before, item(last, *([1] if closed else [last + 1])))
    assert codes(found) == (["FF311"] if closed else [])
    if closed:
        (message,) = (f.message for f in found)
        left_out = f"CMB-0003 -> … ({last - 7} more) -> CMB-{last - 3} -> "
        assert f"CMB-0002 -> {left_out}" in message
        assert len(message) < 300


def test_an_old_cycle_elsewhere_is_not_blamed_on_this_post():
    before = item(1, 2) | item(2, 1) | item(3)
    assert judged(before, later(3, 1)) == ()


def test_an_old_cycle_is_asked_for_only_where_a_post_says_it_again():
    before = item(1, 2) | item(2, 1)
    assert judged(before, later(1)) == ()
    assert codes(judged(before, later(1, 2))) == ["FF311"]
    assert judged(before, later(1, 3)) == ()


def test_a_cycle_that_the_same_push_opens_again_passes():
    before = item(2, 1)
    twice = life(
        {**FILED, "depends_on": "CMB-0002"}, {**FILED, "depends_on": "ORA-0001"}
    )
    assert judged(before, twice) == ()
    assert judged(item(1, 2) | item(2), later(2, 1) | later(1, 3)) == ()


def test_a_cycle_that_a_later_post_of_the_push_closes_is_that_posts():
    before = item(2, 1)
    twice = life(
        {**FILED, "depends_on": "ORA-0001"}, {**FILED, "depends_on": "CMB-0002"}
    )
    (found,) = judged(before, twice)
    assert (found.code, found.place.path) == ("FF311", list(twice)[1])


def test_an_unreadable_item_and_a_missing_one_end_the_way():
    before = {
        "feed/CMB/000/CMB-0002/0001.yaml": "ITEM: CMB-0002\nDEPENDS_ON: CMB-0001\n"
    }
    assert judged(before, item(1, 2, 3)) == ()


# What the item is at before a post that takes it to IN_PROGRESS or DONE, and whether
# that begins or ends work: by the design's words, and not by the code's.
A, B = "CAMBER-06", "ORA-01"
OTHER = "CMB-0002"
UPON = {"depends_on": OTHER, "seat": A}
STATES = [state.value for state in State]
BEFORE = {
    "nothing": (),
    "AWAITING_CLAIM": ({**UPON, "state": "AWAITING_CLAIM"},),
    "IN_PROGRESS": ({**UPON, "state": "IN_PROGRESS"},),
    "BLOCKED": ({**UPON, "state": "BLOCKED"},),
    "PARKED": ({**UPON, "state": "PARKED"},),
    "DONE": ({**UPON, "state": "DONE"},),
    "CANCELLED": ({**UPON, "state": "CANCELLED"},),
}
JUDGED = {(start, "IN_PROGRESS") for start in BEFORE if start != "IN_PROGRESS"} | {
    (start, "DONE") for start in BEFORE if start != "DONE"
}

UNREADABLE = "ITEM: CMB-0002\nSTATE: DONE\nSEAT: [\n"
DEPENDENCY = {
    "absent": ({}, "CMB-0002 is not there: change DEPENDS_ON"),
    "awaiting": (["AWAITING_CLAIM"], "`fleetfeed claim CMB-0002` takes that up"),
    "in progress": (["IN_PROGRESS"], "`fleetfeed note CMB-0002 --body …` asks ORA-01"),
    "blocked": (["BLOCKED"], "`fleetfeed note CMB-0002 --body …` asks ORA-01"),
    "parked": (["PARKED"], "`fleetfeed note CMB-0002 --body …` asks ORA-01"),
    "done": (["DONE"], ""),
    "cancelled": (["CANCELLED"], "CMB-0002 was cancelled: change DEPENDS_ON"),
    "reopened": (["DONE", "BLOCKED"], "asks ORA-01"),
    "unreadable": (["DONE", UNREADABLE], "`fleetfeed show CMB-0002` says what"),
    "never readable": ([UNREADABLE], "`fleetfeed show CMB-0002` says what"),
}


def other(*states):
    """The files of the item that is waited for."""
    files = {}
    for number, state in enumerate(states, 1):
        text = state if "\n" in state else post(
            item=OTHER, state=state, seat=B, reason="why", epoch=1,
            subject="another piece of work" if number == 1 else None,
        )  # fmt: skip
        files[path(OTHER, number)] = text
    return files


def depends(found):
    return [f for f in found if f.code == "FF312"]


@pytest.mark.parametrize("dependency", DEPENDENCY)
@pytest.mark.parametrize("start", BEFORE)
def test_nothing_begins_or_ends_upon_what_is_not_done(start, dependency):
    states, todo = DEPENDENCY[dependency]
    posts, there = BEFORE[start], other(*states)
    for to in STATES:
        move = {**UPON, "depends_on": None if posts else OTHER, "state": to}
        new = next_post(posts, **{**move, "reason": "why", "epoch": None})
        for word in ("reject", "warn"):
            policy = policy_of(f"depends: {word}\n")
            found = depends(judged(life(*posts) | there, new, policy))
            expected = bool(todo) and (start, to) in JUDGED
            assert len(found) == expected, (to, word)
            assert all(f.rejects is (word == "reject") for f in found)
            assert all(todo in f.message for f in found), found
    # A policy that says nothing of it is one of the first wave: it warns.
    begun = next_post(posts, **{**UPON, "state": "IN_PROGRESS"})
    assert not any(f.rejects for f in depends(judged(life(*posts) | there, begun)))


REJECT = policy_of("depends: reject\nstewards: [FLEET-01]\n")


@pytest.mark.parametrize(
    "move",
    [
        {"seat": A},
        {"seat": A, "lease": "2h"},
        {"seat": A, "body": "nearly there"},
        {"seat": A, "owner": B, "epoch": 2},
        {"seat": B, "epoch": 2, "reason": "CAMBER-06 is silent"},
        {"seat": "FLEET-01", "owner": A, "reason": "amended"},
        {"seat": A, "epoch": 2},
    ],
    ids=["renew", "lease", "amend", "handoff", "takeover", "steward", "resume"],
)
def test_going_on_is_not_beginning(move):
    posts = BEFORE["IN_PROGRESS"]
    after = next_post(posts, **{**move, "state": "IN_PROGRESS"})
    found = judged(life(*posts) | other("BLOCKED"), after, REJECT, "lapsed")
    assert [f for f in found if f.rejects] == []


def test_what_is_done_by_the_same_push_is_done():
    """As in a whole history that moves to another server, where it was done once."""
    posts = BEFORE["AWAITING_CLAIM"]
    begun = next_post(posts, **UPON, state="IN_PROGRESS")
    for states in (["IN_PROGRESS", "DONE"], ["DONE", "AWAITING_CLAIM"]):
        there = other(*states)
        (*_, last) = there
        before = {n: t for n, t in there.items() if n != last}
        now = life(*posts) | begun | there
        assert depends(judged({}, now, REJECT)) == []
        assert depends(judged(life(*posts) | before, now, REJECT)) == []
        found = depends(judged(life(*posts) | there, begun, REJECT))
        assert len(found) == (states[-1] != "DONE")


@pytest.mark.parametrize(
    ("given", "told"), [("none", 0), ("CMB-0003", 0), (OTHER, 1), (None, 1)]
)
def test_what_the_post_itself_depends_on_is_what_counts(given, told):
    posts = BEFORE["AWAITING_CLAIM"]
    before = life(*posts) | other("BLOCKED") | item(3, state="DONE")
    new = {"seat": A, "state": "IN_PROGRESS", "depends_on": given}
    found = depends(judged(before, next_post(posts, **new), REJECT))
    assert len(found) == told


def test_each_of_several_is_told_with_who_has_it():
    others = item(3, seat=B, state="IN_PROGRESS") | item(4, seat=B) | item(5, seat=A)
    upon = [OTHER, "CMB-0003", "CMB-0004", "CMB-0005"]
    posts = ({"seat": A, "state": "AWAITING_CLAIM", "depends_on": upon},)
    new = next_post(posts, seat=A, state="IN_PROGRESS")
    before = life(*posts) | other("DONE") | others
    (found,) = depends(judged(before, new, REJECT))
    assert found.message == (
        "CMB-0001 cannot be begun yet: it depends on CMB-0003 (IN_PROGRESS, ORA-01),"
        " CMB-0004 (AWAITING_CLAIM, ORA-01), CMB-0005 (AWAITING_CLAIM, CAMBER-06);"
        " `fleetfeed note CMB-0003 --body …` asks ORA-01 how far it is"
    )


def test_who_holds_it_himself_is_told_to_end_it_and_asks_nobody():
    before = item(1, 2, 2, seat=A) | item(2, seat=A, state="IN_PROGRESS")
    new = {**life({**FILED, "seat": A}, {"seat": A, "state": "IN_PROGRESS"})}
    (found,) = depends(judged(before, dict(list(new.items())[1:]), REJECT))
    assert found.message == (
        "CMB-0001 cannot be begun yet: it depends on CMB-0002 (IN_PROGRESS, CAMBER-06);"
        " `fleetfeed done CMB-0002` comes first, once that is done"
    )


def test_what_waits_for_itself_is_not_to_be_asked():
    posts = ({"seat": A, "state": "IN_PROGRESS", "depends_on": "CMB-0001"},)
    (found,) = depends(judged({}, life(*posts), REJECT))
    assert "; CMB-0001 waits for itself: change DEPENDS_ON" in found.message


def test_of_many_the_first_few_are_told():
    upon = [f"CMB-{number:04d}" for number in range(2, 40)]
    posts = ({"seat": A, "state": "AWAITING_CLAIM", "depends_on": upon},)
    new = next_post(posts, seat=A, state="IN_PROGRESS")
    (found,) = depends(judged(life(*posts), new, REJECT))
    assert "CMB-0009 (not there), and 30 more; CMB-0002 is not there" in found.message


def test_as_many_as_are_told_are_all():
    upon = [f"CMB-{number:04d}" for number in range(2, 10)]
    posts = ({"seat": A, "state": "AWAITING_CLAIM", "depends_on": upon},)
    new = next_post(posts, seat=A, state="IN_PROGRESS")
    (found,) = depends(judged(life(*posts), new, REJECT))
    assert "CMB-0009 (not there); CMB-0002 is not there" in found.message


CLEARED = ["none", "NONE", ["none"], " none "]


@pytest.mark.parametrize("given", CLEARED)
def test_none_takes_all_dependencies_away(given):
    posts = (*BEFORE["AWAITING_CLAIM"], {**UPON, **FILED, "depends_on": given})
    now = snapshot(life(*posts)).item("CMB-0001")
    assert now.texts("DEPENDS_ON") == ()
    assert judged(life(*posts[:1]), life(*posts)) == ()
    later = (*posts, {**UPON, **FILED, "depends_on": OTHER})
    assert snapshot(life(*later)).item("CMB-0001").texts("DEPENDS_ON") == (OTHER,)


@pytest.mark.parametrize("given", [["none", OTHER], [OTHER, "none"], ["none", "none"]])
def test_among_others_none_is_no_item(given):
    posts = ({**UPON, **FILED, "depends_on": given},)
    assert "FF104" in codes(judged({}, life(*posts)))


@pytest.mark.parametrize(
    ("posts", "seat", "ready"),
    [
        ([{**UPON, "state": "BLOCKED"}], A, True),
        ([{**UPON, "state": "PARKED"}], A, True),
        ([{**UPON, "state": "PARKED"}], B, False),
        ([{**UPON, "state": "BLOCKED", "seat": "CAMBER-06/part"}], A, True),
        ([{**UPON, "state": "AWAITING_CLAIM"}], A, False),
        ([{**UPON, "state": "CANCELLED"}], A, False),
        ([{**UPON, "state": "BLOCKED", "depends_on": [OTHER, "CMB-0009"]}], A, False),
        ([{**UPON, "state": "BLOCKED", "depends_on": None}], A, False),
        # Its holder's, where it has one, and not its filer's.
        (
            [
                {**UPON, "state": "AWAITING_CLAIM"},
                {"seat": B, "state": "IN_PROGRESS"},
                {"seat": B, "state": "BLOCKED"},
            ],
            A,
            False,
        ),
    ],
)
def test_what_rests_is_ready_for_its_holder_once_all_is_done(posts, seat, ready):
    feed = snapshot(life(*posts) | other("DONE"))
    assert [i.id for i in resumable(feed, seat)] == ["CMB-0001"] * ready
    for state in ("IN_PROGRESS", "CANCELLED"):
        feed = snapshot(life(*posts) | other(state))
        assert list(resumable(feed, seat)) == []
