"""Who may claim in a lane, whoever it is filed by; and who is on the roster."""

import pytest
from judge.gen_feeds import codes, judged, life, policy_of, snapshot

from fleetfeed.judge.advice import Asker, next_step

LANES = """\
lanes: {CAMBER: {seats: ["CAMBER-*", "CAMBER-*/*"]}, ORA: {seats: [ORA-02]}, FLEET: {}}
pools: {mixed: [CAMBER-06, FLEET-03], others: [FLEET-03]}
stewards: [FLEET-01]
"""
KEY = {"surface_key": "CAMBER:file:src/a", "no_overlap_proof": "nobody else"}
ORA = {"surface_key": "ora:file:src/a", "no_overlap_proof": "nobody else"}
FREE = {"surface_key": "FLEET:file:src/b", "no_overlap_proof": "nobody else"}
TAKES = {"state": "IN_PROGRESS"}
FILED = {"state": "AWAITING_CLAIM", "seat": "CAMBER-06", **KEY}
HELD = {**FILED, **TAKES}
WHY = {"reason": "asleep"}


def by(seat, **more):
    return {"seat": seat, **more}


@pytest.mark.parametrize(
    ("before", "post", "refused"),
    [
        ((), {**KEY, **TAKES, **by("CAMBER-06")}, False),
        ((), {**KEY, **TAKES, **by("camber-06")}, False),
        ((), {**KEY, **TAKES, **by("CAMBER-06/a1")}, False),
        ((), {**KEY, **TAKES, **by("CAMBER-06/a1/b")}, True),
        ((), {**KEY, **TAKES, **by("ORA-02")}, True),
        ((), {**FREE, **TAKES, **by("ORA-02")}, False),
        ((), {**ORA, **TAKES, **by("ORA-02")}, False),
        ((), {**ORA, **TAKES, **by("CAMBER-06")}, True),
        ((), {**KEY, **TAKES, **by("FLEET-01")}, True),
        ((), {**KEY, **TAKES, **WHY, **by("FLEET-01")}, False),
        ((), {**KEY, **TAKES, **WHY, **by("ORA-02")}, True),
        # Filed for somebody, or for a pool one of whose seats may.
        ((), {**FILED, **by("ORA-02")}, True),
        ((), {**FILED, **by("ORA-02", owner="CAMBER-06")}, False),
        ((), {**FILED, **by("ORA-02", owner="mixed")}, False),
        ((), {**FILED, **by("ORA-02", owner="others")}, True),
        ((), {**FILED, **by("CAMBER-06", owner="ORA-02")}, True),
        ((), {"state": "PARKED", **by("ORA-02"), **KEY}, False),
        # What is there already is taken up, handed over, offered, let go.
        ((FILED,), {**TAKES, **by("CAMBER-07")}, False),
        ((FILED,), {**TAKES, **by("ORA-02")}, True),
        ((FILED,), {"state": "AWAITING_CLAIM", **by("CAMBER-06", owner="ORA-02")}, True),
        ((FILED,), {"state": "AWAITING_CLAIM", **by("CAMBER-06", priority="3")}, False),
        ((HELD,), {**TAKES, **by("CAMBER-06", owner="CAMBER-07")}, False),
        ((HELD,), {**TAKES, **by("CAMBER-06", owner="ORA-02")}, True),
        ((HELD,), {**TAKES, **by("CAMBER-06", body="on with it")}, False),
        ((HELD,), {"state": "AWAITING_CLAIM", **by("CAMBER-06")}, False),
        ((HELD,), {"state": "AWAITING_CLAIM", **WHY, **by("ORA-02")}, False),
        ((HELD,), {**TAKES, **WHY, **by("ORA-02")}, True),
        ((HELD,), {**TAKES, **by("CAMBER-06"), **ORA}, True),
        ((HELD, {"state": "PARKED"}), {**TAKES, **by("CAMBER-06")}, False),
    ],
)  # fmt: skip
def test_who_may_claim_there(before, post, refused):
    old = life(*before) if before else {}
    new = dict(list(life(*before, post).items())[len(old) :])
    found = [
        f for f in judged(old, new, policy_of(LANES), "lapsed") if f.code == "FF611"
    ]
    assert bool(found) is refused, found
    assert all(f.rejects for f in found)


@pytest.mark.parametrize(("owner", "field"), [(None, "SEAT"), ("ORA-02", "OWNER")])
def test_it_is_said_where_who_may_not_is_named(owner, field):
    files = life({**KEY, **TAKES, **by("ORA-02", owner=owner)})
    ((_, text),) = files.items()
    (found,) = judged({}, files, policy_of(LANES))
    line = [row.partition(":")[0] for row in text.splitlines()].index(field) + 1
    assert (found.code, found.place.line) == ("FF611", line)


def test_a_rule_that_came_later_lets_go_on_who_holds():
    old = life({**HELD, "seat": "ORA-02"})
    on = dict(
        list(life({**HELD, "seat": "ORA-02"}, {**TAKES, **by("ORA-02")}).items())[1:]
    )
    assert "FF611" not in codes(judged(old, on, policy_of(LANES)))


def test_it_is_said_who_may_and_who_helps():
    (found,) = judged({}, life({**HELD, "seat": "ORA-02"}), policy_of(LANES))
    assert found.message == (
        "ORA-02 may not claim in lane CAMBER (CAMBER:file:src/a); CAMBER-*, CAMBER-*/*"
        " may: name one of them (`OWNER: …`), or ask a steward (FLEET-01), who may with a REASON"
    )


def test_an_advice_tells_nobody_to_claim_where_he_may_not():
    feed, policy = snapshot(life(FILED)), policy_of(LANES)
    item = feed.item("CMB-0001")
    assert "`fleetfeed claim CMB-0001` takes it up" in next_step(
        feed, item, Asker("CAMBER-07", policy)
    )
    said = next_step(feed, item, Asker("ORA-02", policy))
    assert said.startswith("it is in lane CAMBER (CAMBER:file:src/a); CAMBER-*")
    assert "claim CMB-0001" not in said


def test_who_waits_for_what_lies_in_anothers_lane_is_told_to_ask():
    first = life(FILED)
    waits = {"depends_on": ["CMB-0001"], **TAKES}
    for seat, words in (
        ("CAMBER-07", "`fleetfeed claim CMB-0001` takes that up"),
        ("ORA-02", "`fleetfeed note CMB-0001 --body …` asks"),
    ):
        new = life({**waits, "seat": seat}, item="CMB-0002")
        found = [f for f in judged(first, new, policy_of(LANES)) if f.code == "FF312"]
        assert [words in f.message for f in found] == [True]


ROSTER = 'roster: [CAMBER-06, "ORA-*"]\npools: {idle: ["*"]}\n'


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (by("CAMBER-06"), []),
        (by("ora-02"), []),
        (by("CAMBER-06/a1"), ["have a steward add it to `roster`"]),
        (by("CAMBRE-06"), ["write CAMBER-06, or have a steward"]),
        (by("ORA-02", owner="CAMBER-07"), ["OWNER CAMBER-07 is not on the roster"]),
        (by("FLEET-01", owner="FLEET-02"), ["SEAT FLEET-01", "OWNER FLEET-02"]),
        (by("ORA-02", owner="idle"), []),
        (by("ORA-02", owner="none"), []),
    ],
)
@pytest.mark.parametrize("level", ["warn", "reject"])
def test_who_is_not_on_the_roster(given, said, level):
    policy = policy_of(f"{ROSTER}unknown_seat: {level}\n")
    filed = {"state": "AWAITING_CLAIM", **given}
    found = [f for f in judged({}, life(filed), policy) if f.code == "FF612"]
    assert len(found) == len(said)
    assert all(words in f.message for words, f in zip(said, found, strict=True))
    assert all(f.rejects is (level == "reject") for f in found)
