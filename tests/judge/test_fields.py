"""What a field that is left out means, row by row of design section 4."""

import pytest
from harness import path
from judge.gen_feeds import (
    ITEM,
    KEY,
    PROOF,
    codes,
    item,
    judged,
    life,
    next_post,
    policy_of,
    snapshot,
)

A, B = "CAMBER-06", "ORA-02"
FILED = {"seat": A, "state": "AWAITING_CLAIM"}
RUNNING = {"seat": A, "state": "IN_PROGRESS"}
CLAIM = {**RUNNING, "surface_key": KEY, "no_overlap_proof": PROOF}


def to(state, seat=A, **more):
    return {"seat": seat, "state": state, **more}


@pytest.mark.parametrize(
    ("posts", "owner"),
    [
        # On IN_PROGRESS the owner is SEAT, unless OWNER says so.
        ((RUNNING,), A),
        ((to("IN_PROGRESS", owner=B),), B),
        ((to("IN_PROGRESS", owner="none"),), A),
        ((to("AWAITING_CLAIM", owner=B), to("IN_PROGRESS", B)), B),
        ((RUNNING, to("IN_PROGRESS", owner=B)), B),
        ((to("IN_PROGRESS", owner=B), to("IN_PROGRESS", A)), A),
        # On AWAITING_CLAIM it is whom OWNER names, else the item's.
        ((FILED,), ""),
        ((to("AWAITING_CLAIM", owner=B),), B),
        ((to("AWAITING_CLAIM", owner=B), FILED), B),
        ((to("AWAITING_CLAIM", owner=B), to("AWAITING_CLAIM", owner="none")), ""),
        # Coming from IN_PROGRESS it is nobody.
        ((RUNNING, FILED), ""),
        ((to("IN_PROGRESS", owner=B), FILED), ""),
        ((RUNNING, to("AWAITING_CLAIM", owner=B)), B),
        # Other states keep it.
        ((to("AWAITING_CLAIM", owner=B), to("BLOCKED")), B),
        ((RUNNING, to("BLOCKED")), A),
        ((RUNNING, to("BLOCKED"), FILED), A),
        # A parent does not become the owner unless OWNER says so.
        ((to("IN_PROGRESS", "ORA-02/x"), to("IN_PROGRESS", B)), "ORA-02/x"),
        ((to("IN_PROGRESS", "ORA-02/x"), to("IN_PROGRESS", B, owner=B)), B),
        ((to("AWAITING_CLAIM", owner="ORA-02/x"), to("IN_PROGRESS", B)), "ORA-02/x"),
        ((to("IN_PROGRESS", "ORA-02/x"), to("PARKED"), to("IN_PROGRESS", B)), "ORA-02/x"),
    ],
)  # fmt: skip
def test_owner(posts, owner):
    assert item(*posts).owner == owner


@pytest.mark.parametrize(
    ("posts", "holder"),
    [
        ((FILED,), ""),
        ((RUNNING,), A),
        ((to("IN_PROGRESS", owner=B),), B),
        ((RUNNING, to("BLOCKED")), A),
        ((RUNNING, to("PARKED", B)), A),
        ((RUNNING, to("DONE")), A),
        ((RUNNING, to("CANCELLED", B)), A),
        ((RUNNING, FILED), ""),
        ((RUNNING, FILED, to("PARKED")), ""),
        ((RUNNING, to("BLOCKED"), FILED), ""),
        ((RUNNING, to("BLOCKED"), to("IN_PROGRESS", B)), B),
    ],
)
def test_the_holder_has_it_in_progress_or_had_it_last(posts, holder):
    assert item(*posts).holder == holder


@pytest.mark.parametrize(
    ("posts", "lease"),
    [
        ((RUNNING,), None),
        (({**RUNNING, "lease": "2h"},), "2h"),
        (({**RUNNING, "lease": "2h"}, RUNNING), "2h"),
        (({**RUNNING, "lease": "2h"}, {**RUNNING, "lease": "1d"}), "1d"),
        (({**RUNNING, "lease": "2h"}, to("BLOCKED"), RUNNING), "2h"),
        # The policy's default whenever the epoch grows.
        (({**FILED, "lease": "2h"}, RUNNING), None),
        (({**RUNNING, "lease": "2h"}, to("IN_PROGRESS", owner=B)), None),
        (({**RUNNING, "lease": "2h"}, to("IN_PROGRESS", owner=B, lease="3h")), "3h"),
        (({**RUNNING, "lease": "2h"}, {**RUNNING, "epoch": 2}), None),
        (({**RUNNING, "lease": "2h"}, to("DONE"), RUNNING), None),
    ],
)
def test_lease(posts, lease):
    assert item(*posts).lease == lease


OTHER = {"surface_key": "CAMBER:file:b", "no_overlap_proof": PROOF}


@pytest.mark.parametrize(
    ("posts", "held"),
    [
        ((RUNNING,), []),
        ((CLAIM,), [KEY]),
        ((CLAIM, RUNNING), [KEY]),
        ((CLAIM, {**RUNNING, **OTHER}), ["CAMBER:file:b"]),
        ((CLAIM, {**RUNNING, "surface_key": "none"}), []),
        ((CLAIM, {**RUNNING, "surface_key": "NONE"}), []),
        ((CLAIM, {**RUNNING, "surface_key": ["none"]}), []),
        ((CLAIM, {**RUNNING, "surface_key": "none"}, RUNNING), []),
        ((CLAIM, {**RUNNING, "surface_key": [KEY, "ORA:b:c"]}), [KEY, "ORA:b:c"]),
        (({**CLAIM, "surface_key": [KEY, "ORA:b:c"]}, RUNNING), [KEY, "ORA:b:c"]),
        # At rest it is recorded; coming back takes it up.
        ((CLAIM, to("PARKED")), []),
        ((CLAIM, to("PARKED"), RUNNING), [KEY]),
        ((CLAIM, to("PARKED", **OTHER), RUNNING), ["CAMBER:file:b"]),
        ((CLAIM, to("DONE"), RUNNING), [KEY]),
        ((CLAIM, FILED), [KEY]),
    ],
)
def test_surface_key(posts, held):
    assert [key.text for key in item(*posts).held] == held


def test_subject_and_the_fleets_own_fields_are_kept():
    posts = (
        {**RUNNING, "priority": 3, "work_proof": "a", "depends_on": ["CMB-0002"]},
        {**RUNNING, "work_proof": "b"},
        to("DONE"),
    )
    now = item(*posts)
    assert now.subject == "a piece of work"
    assert now.value("PRIORITY") == "3"
    assert now.value("WORK_PROOF") == "b"
    assert now.value("DEPENDS_ON") == ("CMB-0002",)
    assert now.value("PARENT") == ""


OF_THE_POST = {
    "no_overlap_proof": PROOF,
    "reason": "why",
    "op": "a1",
    "repairs": 1,
    "epoch": 1,
    "at": "2026-05-03T18:55:12Z",
    "body": "text",
}


def test_what_belongs_to_its_post_alone_is_not_kept():
    now = item({**RUNNING, **OF_THE_POST}, RUNNING)
    assert [name for name in OF_THE_POST if now.value(name.upper())] == []


def test_no_reason_is_inherited():
    posts = (RUNNING, to("DONE", reason="it was over"))
    after = next_post(posts, **to("IN_PROGRESS", epoch=2))
    assert codes(judged(life(*posts), after), "FF3") == ["FF302"]


def test_a_filer_is_the_seat_of_the_first_post():
    assert item(FILED, to("IN_PROGRESS", B), to("DONE", B)).filer == A


TAKEN = to("IN_PROGRESS", B)


# A claim may not change the subject: another subject is other work.
@pytest.mark.parametrize(
    ("posts", "post", "expected"),
    [
        ((FILED,), to("IN_PROGRESS", B, subject="something else"), ["FF303"]),
        ((FILED,), to("IN_PROGRESS", B, subject="a piece of work"), []),
        ((FILED,), to("IN_PROGRESS", B, subject="a  piece of  work"), []),
        ((FILED,), to("IN_PROGRESS", B), []),
        ((FILED,), to("AWAITING_CLAIM", subject="better words"), []),
        ((RUNNING,), to("IN_PROGRESS", subject="better words"), []),
        # Taken up again it is claimed, by whomever.
        *(
            ((FILED, to(over)), to(state, reason="why", subject="more"), ["FF303"])
            for over in ("BLOCKED", "PARKED", "DONE", "CANCELLED")
            for state in ("AWAITING_CLAIM", "IN_PROGRESS")
        ),
        # Who holds it is not who filed it, whatever the reason.
        *(
            ((FILED, TAKEN), to(state, B, subject="more", **why), ["FF303"])
            for state in ("IN_PROGRESS", "PARKED", "DONE")
            for why in ({}, {"reason": "it grew"})
        ),
        ((FILED, to("PARKED")), to("PARKED", subject="better words"), []),
        ((FILED, to("PARKED")), to("AWAITING_CLAIM", subject="a piece of work"), []),
        ((RUNNING,), to("IN_PROGRESS", owner=B, epoch=2), []),
    ],
)
def test_subject(posts, post, expected):
    assert codes(judged(life(*posts), next_post(posts, **post)), "FF3") == expected


@pytest.mark.parametrize(
    ("seat", "why", "expected"),
    [
        ("FLEET-01", {"reason": "two tickets were one"}, []),
        ("FLEET-01", {}, ["FF302", "FF303"]),
        (B, {"reason": "two tickets were one"}, ["FF301", "FF303"]),
    ],
    ids=["a steward with a reason", "a steward without", "a stranger with a reason"],
)
def test_who_else_rewords_the_subject(seat, why, expected):
    posts, stewards = (FILED,), policy_of("stewards: [FLEET-01]\n")
    post = next_post(posts, **to("AWAITING_CLAIM", seat, subject="more", **why))
    assert codes(judged(life(*posts), post, stewards)) == expected


@pytest.mark.parametrize(
    "posts", [(FILED, TAKEN), (RUNNING,)], ids=["a takeover", "a resumption"]
)
def test_who_takes_up_what_is_in_progress_does_not_reword_it(posts):
    """Though he has filed it: the work goes on, and is what it was."""
    taken = to("IN_PROGRESS", epoch=2, reason="it is silent")
    for subject, expected in ((None, []), ("something else", ["FF303"])):
        post = next_post(posts, **taken, subject=subject)
        assert codes(judged(life(*posts), post, signs="lapsed")) == expected


@pytest.mark.parametrize(("posts", "expected"), [((), ["FF308"]), ((FILED,), [])])
def test_a_prefix_that_the_fleet_has_given_up_is_no_new_items(posts, expected):
    post = next_post(posts, **{**FILED, "subject": "a piece of work"})
    found = judged(life(*posts), post, policy_of("prefixes: {ORA: ORA}\n"))
    assert codes(found) == expected


def test_a_first_post_needs_a_subject():
    assert codes(judged({}, life({**FILED, "subject": None}))) == ["FF101"]


@pytest.mark.parametrize("name", ["item", "state", "seat"])
def test_what_every_post_needs(name):
    ((path, text),) = next_post((FILED,), **FILED).items()
    rows = [row for row in text.splitlines() if not row.startswith(name.upper())]
    assert codes(judged(life(FILED), {path: "\n".join(rows)})) == ["FF101"]


NOTE = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"


def note(**fields):
    fields = {"SEAT": A, "BODY": "a word", **fields}
    return {NOTE: "".join(f"{name}: {value}\n" for name, value in fields.items())}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ITEM", ITEM, []),
        ("AT", "2026-05-03T18:55:12Z", []),
        ("SUBJECT", "a word", []),
        ("REASON", "why", []),
        ("OP", "a1", []),
        ("NO_OVERLAP_PROOF", "text", []),
        ("DEPENDS_ON", "CMB-0002", []),
        ("PARENT", "CMB-0002", []),
        ("PRIORITY", "1", []),
        ("BRANCH", "topic/pages", []),
        ("BRANCH", "no branch", ["FF103"]),
        ("STATE", "DONE", ["FF106"]),
        ("OWNER", A, ["FF106"]),
        ("EPOCH", "1", ["FF106"]),
        ("LEASE", "2h", ["FF106"]),
        ("SURFACE_KEY", KEY, ["FF106"]),
        ("SURFACEKEY", KEY, ["FF102"]),
        ("SEAT", B, ["FF105"]),
    ],
)
def test_what_a_note_may_carry(name, value, expected):
    assert codes(judged({}, note(**{name: value}))) == expected


def test_a_note_that_quotes_a_claim_claims_nothing():
    found = judged(life(CLAIM), note(BODY=f"|\n  SURFACE_KEY: {KEY}\n  STATE: DONE"))
    assert found == ()


def test_posts_come_in_the_order_of_their_numbers():
    ((_, text),) = life(FILED).items()
    files = {path(ITEM, number): text for number in (10000, 9999, 2)}
    assert [post.number for post in snapshot(files).posts(ITEM)] == [2, 9999, 10000]
