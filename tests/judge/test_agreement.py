"""How many stewards stand behind an act, and which acts want several."""

import pytest
from judge.gen_feeds import SIGNS, life, policy_of, snapshot

from fleetfeed.judge.agreement import stewards_among, uncounted
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import Severity
from fleetfeed.model.identity import Approval, Flaw, Speaker
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.policy import Policy
from fleetfeed.util.records import replace

ACT = "evict CMB-0001 at epoch 1, post 2, by FLEET-01"
POLICY = Policy(stewards=("FLEET-01", "FLEET-02", "FLEET-03/x"), stewards_sign=2)


def key(name, *seats, flaw=None):
    return Speaker(f"key {name}", name, seats, flaw)


def certified(name, *seats):
    return Speaker(f"certificate {name}", name, seats, authority="the authority")


ONE, TWO = key("one", "FLEET-01"), key("two", "FLEET-02")
BOTH, ANY = key("both", "FLEET-01", "FLEET-02"), key("any", "FLEET-*")
NOBODY = key("nobody", "CAMBER-06")
REVOKED = key("two", "FLEET-02", flaw=Flaw("FF605", "has been revoked"))


def agreed(speaker, *others):
    given = tuple(Approval(act, by) for act, by in others)
    return replace(speaker, approvals=given)


@pytest.mark.parametrize(
    ("speaker", "others", "count", "why"),
    [
        (ONE, [], 1, []),
        (NOBODY, [], 0, []),
        (ONE, [(ACT, TWO)], 2, []),
        (ONE, [(ACT.upper(), TWO)], 2, []),
        (NOBODY, [(ACT, ONE), (ACT, TWO)], 2, []),
        (ONE, [(ACT, ONE)], 1, ["is by a key that is counted"]),
        (ONE, [(ACT, key("other", "FLEET-01"))], 1, ["is by a steward who is counted"]),
        (certified("c1", "FLEET-01"), [(ACT, TWO)], 2, []),
        (certified("c1", "FLEET-01"), [(ACT, certified("c2", "FLEET-02"))], 1, ["is by the word of an authority"]),
        (ONE, [(ACT, certified("c2", "FLEET-02")), (ACT, certified("c3", "FLEET-03"))], 2, ["is by the word of an authority"]),
        (ONE, [(ACT, certified("one", "FLEET-02"))], 1, ["is by a key that is counted"]),
        (BOTH, [], 1, []),
        (BOTH, [(ACT, BOTH)], 1, ["is by a key that is counted"]),
        (BOTH, [(ACT, ONE)], 2, []),
        (BOTH, [(ACT, ONE), (ACT, TWO)], 2, ["is by a steward who is counted"]),
        (ANY, [(ACT, BOTH), (ACT, ONE)], 3, []),
        (ANY, [(ACT, BOTH), (ACT, key("three", "FLEET-03"))], 3, []),
        (ONE, [(ACT, key("three", "FLEET-03/y"))], 1, ["is by no steward"]),
        (ONE, [(ACT, NOBODY)], 1, ["is by no steward"]),
        (ONE, [(ACT, REVOKED)], 1, ["has been revoked"]),
        (ONE, [("reopen CMB-0001", TWO)], 1, ["is for another act (reopen CMB-0001)"]),
        (ONE, [("reopen CMB-0001", TWO), (ACT, TWO)], 2, ["is for another act"]),
        (key("one", "FLEET-01", flaw=Flaw("FF602", "is not signed")), [(ACT, TWO)], 1, []),
    ],
)  # fmt: skip
def test_stewards_are_counted(speaker, others, count, why):
    speaker = agreed(speaker, *others)
    assert stewards_among(speaker, ACT, POLICY) == count
    told = list(uncounted(speaker, ACT, POLICY))
    assert len(told) == len(why)
    assert all(part in words for part, words in zip(why, told, strict=True))


def test_the_most_that_can_be_are_counted_in_whatever_order():
    wide = key("wide", "FLEET-01", "FLEET-02", "FLEET-03/*")
    for first, *rest in ([wide, ANY, ONE], [ONE, wide, ANY], [ANY, ONE, wide]):
        assert (
            stewards_among(agreed(first, *((ACT, by) for by in rest)), ACT, POLICY) == 3
        )


AGREED = policy_of(
    "stewards: [FLEET-01, FLEET-02]\nstewards_sign: 2\nidentity: {mode: signed}\n"
    "agreed: [evict, reopen, lane]\n"
)
KEY = {"surface_key": "CAMBER:file:a", "no_overlap_proof": "nobody else"}
HELD = {"state": "IN_PROGRESS", "seat": "CAMBER-06", **KEY}
ENDED = {"state": "DONE", "seat": "CAMBER-06"}
STEWARD = {"seat": "FLEET-01", "reason": "its host is gone"}
FREED, CANCELLED, RUNNING = (
    {"state": s} for s in ("AWAITING_CLAIM", "CANCELLED", "IN_PROGRESS")
)
MOVED = {"surface_key": "ORA:file:a", "no_overlap_proof": "nobody else"}
EVICT = "evict CMB-0001 at epoch 1, post 1, by FLEET-01"
REOPEN = "reopen CMB-0001 at epoch 1, post 2, by {}"
LANE = "lane ora for CMB-0001 at epoch 1, post 1, by CAMBER-06"


def lacking(
    old, new, speaker=None, signs="alive", level=Severity.REJECT, policy=AGREED
):
    """The findings that too few agree to what leads from `old` to `new`."""
    told = (lambda _: SIGNS[signs]) if signs else no_signs
    by = (lambda _: (speaker,)) if speaker else None
    found = validate(
        snapshot(life(*old)),
        snapshot(life(*old, *new)),
        policy,
        told,
        level,
        speakers=by,
    )
    return [f for f in found if f.code == "FF613"]


@pytest.mark.parametrize(
    ("before", "post", "signs", "act"),
    [
        # What a steward does to another's claim; not after a lapse what anybody may.
        ((HELD,), {**FREED, **STEWARD}, "alive", EVICT),
        ((HELD,), {**FREED, **STEWARD}, "lapsed", ""),
        ((HELD,), {**CANCELLED, **STEWARD}, "lapsed", EVICT),
        ((HELD,), {**RUNNING, **STEWARD}, "alive", EVICT),
        ((HELD,), {**RUNNING, **STEWARD, "owner": "CAMBER-06", "lease": "1m"}, "alive", EVICT),
        ((HELD,), {**FREED, "seat": "CAMBER-06"}, "alive", ""),
        ((HELD,), {**FREED, "seat": "CAMBER-07", "reason": "asleep"}, "lapsed", ""),
        (({**HELD, "seat": "FLEET-01"},), {**FREED, "seat": "FLEET-01"}, "alive", ""),
        (({**HELD, "seat": "FLEET-01/a"},), {**FREED, **STEWARD}, "alive", ""),
        (({**HELD, "state": "AWAITING_CLAIM"},), {**CANCELLED, **STEWARD}, "alive", ""),
        (({**HELD, "state": "PARKED"},), {**CANCELLED, **STEWARD}, "alive", ""),
        # What is over, taken up by one who neither held nor filed it.
        ((HELD, ENDED), {**RUNNING, "seat": "CAMBER-06", "reason": "x"}, "alive", ""),
        ((HELD, ENDED), {**RUNNING, "seat": "CAMBER-07", "reason": "x"}, "alive", REOPEN.format("CAMBER-07")),
        ((HELD, ENDED), {**FREED, **STEWARD}, "alive", REOPEN.format("FLEET-01")),
        ((HELD, ENDED), {**ENDED, **STEWARD}, "alive", ""),
        # A surface that comes to another lane, by whomever.
        ((HELD,), {**RUNNING, "seat": "CAMBER-06", **MOVED}, "alive", LANE),
        ((HELD,), {"state": "PARKED", "seat": "CAMBER-06", **MOVED}, "alive", LANE),
        ((HELD,), {**RUNNING, "seat": "CAMBER-06", **MOVED, "surface_key": "camber:file:b"}, "alive", ""),
        ((HELD,), {**RUNNING, "seat": "CAMBER-06", "surface_key": "none"}, "alive", ""),
        ((HELD, {**RUNNING, "surface_key": "none"}), {**RUNNING, "seat": "CAMBER-06", **MOVED}, "alive", LANE.replace("post 1", "post 2")),
    ],
)  # fmt: skip
def test_what_several_must_agree_to(before, post, signs, act):
    seat = post["seat"]
    seats = ("FLEET-01", "FLEET-01/*") if seat == "FLEET-01" else (seat,)
    alone = Speaker("key k", "k", seats)

    def said(speaker, policy=AGREED):
        return [
            f.rejects for f in lacking(before, [post], speaker, signs, policy=policy)
        ]

    assert said(alone) == ([True] if act else [])
    assert said(agreed(alone, *((act, by) for by in (ONE, TWO)))) == []
    other = agreed(alone, *((act.replace("0001", "0002"), by) for by in (ONE, TWO)))
    assert said(other) == ([True] if act else [])
    assert said(alone, replace(AGREED, agreed=frozenset())) == []


def test_the_refusal_says_what_is_wanted_and_what_is_there():
    (found,) = lacking([HELD], [{**CANCELLED, **STEWARD}], agreed(ONE, (REOPEN, TWO)))
    assert found.message == (
        "FLEET-01 acts on CMB-0001 of CAMBER-06, which wants that 2 stewards sign:"
        " `fleetfeed approve CMB-0001 evict --by FLEET-01` prints the approval of one of"
        " FLEET-01, FLEET-02, and `--approval` (by hand: `git commit --trailer`) hands it"
        f" in; 1 of 2 stewards stand behind it; the approval of key two is for another act ({REOPEN})"
    )


def test_who_moves_to_another_lane_is_told_to_have_that_lane_approved():
    (found,) = lacking([HELD], [{**RUNNING, "seat": "CAMBER-06", **MOVED}], NOBODY)
    assert "moves CMB-0001 to lane ora, which" in found.message
    assert "`fleetfeed approve CMB-0001 lane --to ora --by CAMBER-06`" in found.message


def test_before_it_is_known_who_signs_it_is_a_warning():
    (found,) = lacking([HELD], [{**CANCELLED, **STEWARD}])
    assert not found.rejects


@pytest.mark.parametrize("level", [Severity.WARN, Severity.REJECT])
def test_a_lapse_that_cannot_be_told_weighs_as_it_does_elsewhere(level):
    (found,) = lacking([HELD], [{**FREED, **STEWARD}], ONE, "", level)
    assert found.severity == level


def test_by_an_earlier_post_of_the_push_it_is_alive():
    posts = [{**RUNNING, "seat": "CAMBER-06"}, {**FREED, **STEWARD}]
    (found,) = lacking([HELD], posts, Speaker("key all", "all", ("*",)), "lapsed")
    assert found.rejects
