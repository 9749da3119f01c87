"""How many stewards stand behind an act: one for a key, and one for a seat."""

import pytest

from fleetfeed.judge.agreement import stewards_among, uncounted
from fleetfeed.model.identity import Approval, Flaw, Speaker
from fleetfeed.model.policy import Policy

ACT = "evict CMB-0001 at epoch 1, post 2, by FLEET-01"
POLICY = Policy(stewards=("FLEET-01", "FLEET-02", "FLEET-03/x"), stewards_sign=2)


def key(name, *seats, flaw=None):
    return Speaker(f"key {name}", name, seats, flaw)


ONE, TWO = key("one", "FLEET-01"), key("two", "FLEET-02")
BOTH, ANY = key("both", "FLEET-01", "FLEET-02"), key("any", "FLEET-*")
NOBODY = key("nobody", "CAMBER-06")
REVOKED = key("two", "FLEET-02", flaw=Flaw("FF605", "has been revoked"))


def agreed(speaker, *others):
    given = tuple(Approval(act, by) for act, by in others)
    return Speaker(speaker.who, speaker.id, speaker.seats, speaker.flaw, given)


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
