"""The transition table, cell by cell: who may take an item from where to where.

The grid is written from the design's table, not from the code's. Each row is a pair of
states, each column a role, each letter a verdict:

    .  passes
    R  refused for want of a REASON
    X  refused: this seat may not
    L  lawful after a lapse only: passes when the lease has lapsed, is refused when the
       holder is alive, and where nobody can tell, refused at the server alone
"""

import math

import pytest
from harness import path
from hypothesis import given
from hypothesis import strategies as st
from judge.gen_feeds import (
    ITEM,
    codes,
    judged,
    life,
    next_post,
    policy_of,
    snapshot,
)

from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import Severity
from fleetfeed.model.liveness import Alive, Lapse, advised_wait
from fleetfeed.model.post import State
from fleetfeed.report.text import finding_lines

POLICY = policy_of('stewards: [FLEET-01]\npools: {any-idle: ["CAMBER-*"]}\n')

HOLDER, FILER = "ORA-07/deploy", "HWD-02"
SEATS = {
    "holder": (HOLDER, None),
    "filer": (FILER, None),
    "owner": ("ORA-05", None),
    "pool": ("CAMBER-09", None),
    "parent": ("ORA-07", None),
    "subseat": ("ORA-07/deploy/part", None),
    "steward": ("FLEET-01", None),
    "steward+": ("FLEET-01", "the seat is gone"),
    "stranger": ("OTHER-01", None),
    "stranger+": ("OTHER-01", "the seat is gone"),
}

# The same item in each state. Filed by FILER; what has a holder is held by HOLDER.
FILED = {"seat": FILER, "state": "AWAITING_CLAIM"}
CLAIMED = {"seat": HOLDER, "state": "IN_PROGRESS"}
HISTORIES = {
    "AWAITING for nobody": (FILED,),
    "AWAITING for ORA-05": ({**FILED, "owner": "ORA-05"},),
    "AWAITING for any-idle": ({**FILED, "owner": "any-idle"},),
    "AWAITING for holder": ({**FILED, "owner": HOLDER},),
    "AWAITING after holder": (
        FILED,
        CLAIMED,
        {"seat": HOLDER, "state": "AWAITING_CLAIM", "owner": "ORA-05"},
    ),
    "IN_PROGRESS": (FILED, CLAIMED),
    **{
        state: (FILED, CLAIMED, {"seat": HOLDER, "state": state})
        for state in ("BLOCKED", "PARKED", "DONE", "CANCELLED")
    },
}

GRID = """
from                   to              holder filer owner pool parent subseat steward steward+ stranger stranger+
AWAITING for nobody    AWAITING_CLAIM  X      .     X     X    X      X       R       .        X        X
AWAITING for nobody    IN_PROGRESS     .      .     .     .    .      .       .       .        .        .
AWAITING for nobody    BLOCKED         X      .     X     X    X      X       R       .        X        X
AWAITING for nobody    PARKED          .      .     .     .    .      .       .       .        .        .
AWAITING for nobody    DONE            X      .     X     X    X      X       R       .        X        X
AWAITING for nobody    CANCELLED       X      .     X     X    X      X       R       .        X        X

AWAITING for ORA-05    AWAITING_CLAIM  X      .     .     X    X      X       R       .        X        X
AWAITING for ORA-05    IN_PROGRESS     X      X     .     X    X      X       X       L        X        L
AWAITING for ORA-05    BLOCKED         X      .     .     X    X      X       R       .        X        X
AWAITING for ORA-05    PARKED          X      .     .     X    X      X       R       .        X        L
AWAITING for ORA-05    DONE            X      .     .     X    X      X       R       .        X        X
AWAITING for ORA-05    CANCELLED       X      .     .     X    X      X       R       .        X        X

AWAITING for any-idle  AWAITING_CLAIM  X      .     X     .    X      X       R       .        X        X
AWAITING for any-idle  IN_PROGRESS     X      X     X     .    X      X       X       L        X        L
AWAITING for any-idle  BLOCKED         X      .     X     .    X      X       R       .        X        X
AWAITING for any-idle  PARKED          X      .     X     .    X      X       R       .        X        L
AWAITING for any-idle  DONE            X      .     X     .    X      X       R       .        X        X
AWAITING for any-idle  CANCELLED       X      .     X     .    X      X       R       .        X        X

AWAITING for holder    AWAITING_CLAIM  .      .     X     X    .      X       R       .        X        X
AWAITING for holder    IN_PROGRESS     .      X     X     X    .      X       X       L        X        L
AWAITING for holder    PARKED          .      .     X     X    .      X       R       .        X        L
AWAITING for holder    DONE            .      .     X     X    .      X       R       .        X        X

AWAITING after holder  AWAITING_CLAIM  X      .     .     X    X      X       R       .        X        X
AWAITING after holder  IN_PROGRESS     X      X     .     X    X      X       X       L        X        L
AWAITING after holder  PARKED          X      .     .     X    X      X       R       .        X        L
AWAITING after holder  CANCELLED       X      .     .     X    X      X       R       .        X        X

IN_PROGRESS            AWAITING_CLAIM  .      X     X     X    .      X       R       .        X        L
IN_PROGRESS            IN_PROGRESS     .      X     X     X    .      X       R       .        X        L
IN_PROGRESS            BLOCKED         .      X     X     X    .      X       R       .        X        X
IN_PROGRESS            PARKED          .      X     X     X    .      X       R       .        X        L
IN_PROGRESS            DONE            .      X     X     X    .      X       R       .        X        X
IN_PROGRESS            CANCELLED       .      X     X     X    .      X       R       .        X        X

BLOCKED                AWAITING_CLAIM  .      .     X     X    .      X       R       .        X        X
BLOCKED                IN_PROGRESS     .      .     X     X    .      X       R       .        X        X
BLOCKED                BLOCKED         .      .     X     X    .      X       R       .        X        X
BLOCKED                PARKED          .      .     X     X    .      X       R       .        X        X
BLOCKED                DONE            .      .     X     X    .      X       R       .        X        X
BLOCKED                CANCELLED       .      .     X     X    .      X       R       .        X        X

PARKED                 AWAITING_CLAIM  .      .     X     X    .      X       R       .        X        X
PARKED                 IN_PROGRESS     .      .     X     X    .      X       R       .        X        X
PARKED                 BLOCKED         .      .     X     X    .      X       R       .        X        X
PARKED                 PARKED          .      .     X     X    .      X       R       .        X        X
PARKED                 DONE            .      .     X     X    .      X       R       .        X        X
PARKED                 CANCELLED       .      .     X     X    .      X       R       .        X        X

DONE                   AWAITING_CLAIM  R      R     R     R    R      R       R       .        R        .
DONE                   IN_PROGRESS     R      R     R     R    R      R       R       .        R        .
DONE                   BLOCKED         R      R     R     R    R      R       R       .        R        .
DONE                   PARKED          R      R     R     R    R      R       R       .        R        .
DONE                   DONE            .      .     X     X    .      X       R       .        X        X
DONE                   CANCELLED       R      R     R     R    R      R       R       .        R        .

CANCELLED              AWAITING_CLAIM  R      R     R     R    R      R       R       .        R        .
CANCELLED              IN_PROGRESS     R      R     R     R    R      R       R       .        R        .
CANCELLED              BLOCKED         R      R     R     R    R      R       R       .        R        .
CANCELLED              PARKED          R      R     R     R    R      R       R       .        R        .
CANCELLED              DONE            R      R     R     R    R      R       R       .        R        .
CANCELLED              CANCELLED       .      .     X     X    .      X       R       .        X        X
"""

VERDICTS = {
    ".": {"alive": [], "lapsed": [], "unknown": []},
    "R": {"alive": ["FF302"], "lapsed": ["FF302"], "unknown": ["FF302"]},
    "X": {"alive": ["FF301"], "lapsed": ["FF301"], "unknown": ["FF301"]},
    "L": {"alive": ["FF502"], "lapsed": [], "unknown": ["FF501"]},
}
AUTHORITY = ("FF301", "FF302", "FF5")


def _rows():
    head, *lines = [line for line in GRID.splitlines() if line]
    for line in lines:
        *start, to = line[:39].split()
        letters = dict(zip(head.split()[2:], line[39:].split(), strict=True))
        before = " ".join(start)
        yield pytest.param(before, to, letters, id=f"{before} to {to}")


def _move(before, role, to):
    seat, reason = SEATS[role]
    posts = HISTORIES[before]
    return life(*posts), next_post(posts, seat=seat, state=to, reason=reason)


@pytest.mark.parametrize(("before", "to", "letters"), list(_rows()))
@pytest.mark.parametrize("sign", ["alive", "lapsed", "unknown"])
def test_who_may(before, to, letters, sign):
    told = {
        role: codes(judged(*_move(before, role, to), POLICY, sign), *AUTHORITY)
        for role in SEATS
    }
    expected = {role: VERDICTS[letter][sign] for role, letter in letters.items()}
    assert told == expected


@pytest.mark.parametrize(
    "posts",
    [
        [("OTHER-01", 2), ("OTHER-02", 3)],
        [(HOLDER, 1), ("OTHER-01", 2)],
    ],
    ids=["taken over twice", "the holder's own post, and a takeover"],
)
def test_a_lapse_is_leaned_upon_once_in_a_push(posts):
    before = HISTORIES["IN_PROGRESS"]
    made = [
        {"seat": seat, "state": "IN_PROGRESS", "reason": "silent", "epoch": epoch}
        for seat, epoch in posts
    ]
    found = judged(life(*before), life(*before, *made), POLICY, "lapsed")
    refused = [f for f in found if f.code.startswith(AUTHORITY)]
    assert [f.code for f in refused] == ["FF502"]
    assert refused[0].place.path == path(ITEM, len(before) + 2)
    assert f"{posts[0][0]} has {ITEM} by an earlier post" in refused[0].message


@pytest.mark.parametrize(
    ("role", "expected"), [("stranger", ["FF301"]), ("stranger+", ["FF305", "FF502"])]
)
def test_who_may_not_take_over_is_not_told_which_epoch_to_write(role, expected):
    before, after = _move("IN_PROGRESS", role, "IN_PROGRESS")
    assert sorted(codes(judged(before, after, POLICY, "alive"))) == expected


def test_the_grid_has_every_pair_of_states():
    pairs = {
        ("AWAITING_CLAIM" if start.startswith("AWAITING") else start, to)
        for start, to, _ in (row.values for row in _rows())
    }
    names = [state.value for state in State]
    assert pairs == {(one, two) for one in names for two in names}


@pytest.mark.parametrize("state", [state.value for state in State])
def test_a_first_post_may_have_any_state_by_anyone(state):
    for seat, _ in SEATS.values():
        first = life({"seat": seat, "state": state})
        assert codes(judged({}, first, POLICY), *AUTHORITY) == []


@pytest.mark.parametrize("state", ["BLOCKED", "PARKED", "DONE"])
def test_an_item_that_nobody_ever_held_is_its_filers_alone(state):
    posts = ({"seat": FILER, "state": state},)
    for seat, expected in ((FILER, []), ("OTHER-01", ["FF301"])):
        after = next_post(posts, seat=seat, state=state)
        assert codes(judged(life(*posts), after, POLICY), *AUTHORITY) == expected


def test_a_claim_ends_what_owner_said_before_the_release():
    posts = (
        {**FILED, "owner": "ORA-05"},
        {"seat": "ORA-05", "state": "IN_PROGRESS"},
        {"seat": "ORA-05", "state": "AWAITING_CLAIM"},
    )
    after = next_post(posts, seat="OTHER-01", state="IN_PROGRESS")
    assert codes(judged(life(*posts), after, POLICY), *AUTHORITY) == []


@pytest.mark.parametrize("seat", ["ora-07/DEPLOY", "Ora-07", "hwd-02"])
def test_seats_are_compared_case_folded(seat):
    posts = HISTORIES["PARKED"]
    after = next_post(posts, seat=seat, state="CANCELLED")
    assert codes(judged(life(*posts), after, POLICY), *AUTHORITY) == []


def test_the_filers_parent_is_the_filer():
    posts = ({"seat": "HWD-02/scout", "state": "AWAITING_CLAIM", "owner": "ORA-05"},)
    after = next_post(posts, seat="HWD-02", state="CANCELLED")
    assert codes(judged(life(*posts), after, POLICY), *AUTHORITY) == []


def test_a_pools_star_does_not_cross_a_slash():
    posts = HISTORIES["AWAITING for any-idle"]
    after = next_post(posts, seat="CAMBER-09/task", state="IN_PROGRESS")
    assert codes(judged(life(*posts), after, POLICY), *AUTHORITY) == ["FF301"]


def test_at_other_entrances_what_nobody_can_tell_is_a_warning():
    move = _move("IN_PROGRESS", "stranger+", "PARKED")
    for unknown in Severity:
        found = judged(*move, POLICY, "unknown", unknown)
        assert [f.severity for f in found if f.code == "FF501"] == [unknown]


def test_what_is_refused_by_a_sign_of_life_is_refused_at_every_entrance():
    move = _move("IN_PROGRESS", "stranger+", "PARKED")
    found = judged(*move, POLICY, "alive", Severity.WARN)
    assert [f.severity for f in found if f.code == "FF502"] == [Severity.REJECT]


def _said(before, role, to, sign="alive"):
    found = judged(*_move(before, role, to), POLICY, sign)
    return next(f.message for f in found if f.code.startswith(AUTHORITY))


@pytest.mark.parametrize(
    ("before", "to", "who"),
    [
        ("AWAITING for ORA-05", "IN_PROGRESS", ["ORA-05"]),
        ("AWAITING for any-idle", "IN_PROGRESS", ["any-idle"]),
        ("AWAITING for ORA-05", "DONE", [FILER, "ORA-05", "steward"]),
        ("IN_PROGRESS", "DONE", [HOLDER, "steward"]),
        ("IN_PROGRESS", "PARKED", [HOLDER, "steward", "lapsed"]),
        ("BLOCKED", "IN_PROGRESS", [HOLDER, FILER, "steward"]),
        ("DONE", "DONE", [HOLDER, FILER, "steward"]),
    ],
)
def test_every_refusal_says_who_may(before, to, who):
    said = _said(before, "stranger", to)
    assert [name for name in who if name not in said] == []


def test_a_refusal_before_the_lapse_names_the_holder_and_the_time_left():
    said = _said("IN_PROGRESS", "stranger+", "PARKED")
    assert HOLDER in said
    assert "90 s" in said


LEFT = st.floats(-1e6, 1e6) | st.just(math.inf)


@given(left=LEFT, opens=st.floats(0, 1e6))
def test_a_taker_reads_from_the_refusal_how_long_it_has_to_wait(left, opens):
    lines = _refusal_lines(Alive(left, opens))
    wait = None if math.isinf(left) else math.ceil(opens)
    assert [advised_wait(line) for line in lines if "FF502" in line] == [wait]


@pytest.mark.parametrize("sign", list(Lapse))
def test_without_a_sign_of_life_there_is_nothing_to_wait_for(sign):
    assert {advised_wait(line) for line in _refusal_lines(sign)} <= {None}


def _refusal_lines(sign):
    """What a server's hook prints of a takeover, with the sign of the holder's life."""
    before, after = _move("IN_PROGRESS", "stranger+", "PARKED")
    old, new = snapshot(before), snapshot({**before, **after})
    found = validate(old, new, POLICY, lambda _: sign)
    return [line for each in found for line in finding_lines(each)]


@pytest.mark.parametrize("seat", ["ORA-0", "ORA-07/deploy-2", "ORA-07/dep", "ORA"])
def test_a_name_that_merely_begins_alike_is_a_stranger(seat):
    posts = HISTORIES["IN_PROGRESS"]
    after = next_post(posts, seat=seat, state="DONE")
    assert codes(judged(life(*posts), after, POLICY), *AUTHORITY) == ["FF301"]


def test_a_refusal_names_the_item_and_who_has_it():
    (found,) = judged(
        life(CLAIMED), next_post((CLAIMED,), seat="OTHER-01", state="DONE")
    )
    assert (found.code, found.item, found.holder) == ("FF301", ITEM, HOLDER)
    may = f"the holder {HOLDER}, or a steward with a REASON may"
    assert found.message.endswith(f"from IN_PROGRESS to DONE; {may}")


def test_over_an_unreadable_post_a_reason_is_asked_for_in_these_words():
    after = next_post((FILED,), **FILED, subject="a piece of work", repairs=1)
    found = judged({path(ITEM): "ITEM: *what\n"}, after)
    message = f"{FILER} goes over an unreadable post on {ITEM} without REASON"
    assert [f.message.partition(";")[0] for f in found if f.code == "FF302"] == [
        message
    ]


def test_what_an_earlier_post_of_the_push_says_is_shown_at_the_state():
    taken = {**CLAIMED, "seat": "OTHER-01", "reason": "it is silent", "epoch": 2}
    again = {**taken, "seat": "OTHER-02", "epoch": 3}
    files = {
        **next_post((CLAIMED,), **taken),
        **dict([*life(CLAIMED, taken, again).items()][2:]),
    }
    found = judged(life(CLAIMED), files, POLICY, "lapsed")
    (second,) = (f for f in found if f.code == "FF502")
    text = files[second.place.path].splitlines()
    assert text[second.place.line - 1] == "STATE: IN_PROGRESS"
