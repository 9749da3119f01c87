"""Which posts are signs of life, and what follows from when they were seen."""

import math

import pytest
from harness import path
from judge.gen_feeds import ITEM, life, policy_of, snapshot

from fleetfeed.lease.heartbeat import VALUES, beats, item_of_ref
from fleetfeed.lease.lease import counted, lease_end, longest, signs_of_life, standing
from fleetfeed.lease.line import places_over
from fleetfeed.model.liveness import Alive, Lapse
from fleetfeed.model.policy import DEFAULT

POLICY = policy_of(
    "leases: {default: 1h, max: 7d, grace: 10s, indefinite: true}\nstewards: [CHIEF]\n"
)
CLAIM = {"state": "IN_PROGRESS", "seat": "CAMBER-06"}
FILED = {"state": "AWAITING_CLAIM", "seat": "CAMBER-06"}


def signs(*posts):
    feed = snapshot(life(*posts))
    found = signs_of_life(ITEM, feed.posts(ITEM), POLICY)
    return [(sign.number, sign.seconds) for sign in found]


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([CLAIM], [(1, 3600)]),
        ([{**CLAIM, "lease": "2h"}], [(1, 7200)]),
        ([{**CLAIM, "lease": "none"}], [(1, None)]),
        ([CLAIM, CLAIM], [(1, 3600), (2, 3600)]),
        ([{**CLAIM, "lease": "2h"}, {**CLAIM, "lease": "1m"}], [(1, 7200), (2, 60)]),
        ([CLAIM, {**CLAIM, "seat": "CHIEF", "owner": "CAMBER-06", "reason": "r"}], [(1, 3600)]),
        ([{**CLAIM, "seat": "CAMBER-06/task"}, {**CLAIM, "owner": "CAMBER-06/task"}], [(1, 3600), (2, 3600)]),
        ([CLAIM, {**CLAIM, "owner": "CAMBER-07", "epoch": 2}], [(2, 3600)]),
        ([CLAIM, {**CLAIM, "epoch": 2}], [(2, 3600)]),
        ([CLAIM, {"state": "PARKED", "seat": "CAMBER-06"}], []),
        ([CLAIM, {"state": "PARKED", "seat": "CAMBER-06"}, CLAIM], [(3, 3600)]),
        ([FILED], [(1, 3600)]),
        ([{**FILED, "owner": "CAMBER-07"}, {**FILED, "seat": "CAMBER-07"}], [(1, 3600), (2, 3600)]),
        ([{**FILED, "owner": "CAMBER-07"}, FILED], [(1, 3600), (2, 3600)]),
        ([FILED, {**FILED, "seat": "CHIEF", "reason": "r"}], [(1, 3600)]),
        ([FILED, FILED], [(1, 3600), (2, 3600)]),
        ([FILED, {**CLAIM, "seat": "CAMBER-07"}], [(2, 3600)]),
    ],
)  # fmt: skip
def test_signs_of_life(posts, expected):
    assert signs(*posts) == expected


@pytest.mark.parametrize(
    ("seen", "over"),
    [
        ([], -math.inf),
        ([(100.0, 60.0)], 160.0),
        ([(100.0, 60.0), (150.0, 5.0)], 160.0),
        ([(100.0, 60.0), (150.0, 60.0)], 210.0),
        ([(100.0, None), (150.0, 60.0)], math.inf),
    ],
)
def test_a_lease_is_over_at_the_latest_end(seen, over):
    assert lease_end(seen) == over


@pytest.mark.parametrize(
    ("now", "sign"),
    [
        (100.0, Alive(60.0, 70.0)),
        (159.0, Alive(1.0, 11.0)),
        (160.0, Alive(0.0, 10.0)),
        (169.0, Alive(-9.0, 1.0)),
        (170.0, Lapse.LAPSED),
        (10.0**9, Lapse.LAPSED),
    ],
)
def test_between_lease_and_grace_nobody_wins(now, sign):
    assert standing(160.0, now, 10.0) == sign


def test_without_a_sign_nothing_is_known():
    assert standing(-math.inf, 5.0, 10.0) is Lapse.UNKNOWN
    assert standing(math.inf, 5.0, 10.0) == Alive(math.inf, math.inf)


def test_a_beat_renews_by_the_longest_lease():
    assert longest([60.0, 7200.0]) == 7200.0
    assert longest([60.0, None]) is None


def test_beats_are_of_one_acquisition():
    def of(*posts):
        return beats(snapshot(life(*posts)).item(ITEM))

    known = of({**CLAIM, "op": "first"})
    assert len(set(known)) == VALUES
    assert of({**CLAIM, "op": "first"}, {**CLAIM, "op": "second"}) == known
    assert not {*of({**CLAIM, "op": "other"})} & {*known}
    resumed = of({**CLAIM, "op": "first"}, {**CLAIM, "op": "second", "epoch": 2})
    assert resumed[0] == f"ITEM: {ITEM}\nEPOCH: 2\nOP: second\nBEAT: 0\n".encode()


@pytest.mark.parametrize(
    ("ref", "item"),
    [
        ("refs/fleetfeed/beats/CMB-0001", "CMB-0001"),
        ("refs/fleetfeed/beats/CMB-1", None),
        ("refs/fleetfeed/beats/cmb-0001", None),
        ("refs/fleetfeed/beats/CMB-0001/x", None),
        ("refs/fleetfeed/Beats/CMB-0001", None),
        ("refs/fleetfeed/server", None),
        ("refs/heads/CMB-0001", None),
    ],
)
def test_refs_of_beats(ref, item):
    assert item_of_ref(ref) == item


@pytest.mark.parametrize(
    ("lease", "seconds"), [(60, 59), (5000, 4999), (50_000, 49_990), (5, 4)]
)
def test_a_holder_counts_on_less_than_its_lease(lease, seconds):
    assert counted(float(lease)) == pytest.approx(seconds)


def test_what_a_waiter_wrote_and_nobody_can_read_is_not_in_its_own_way():
    place = {"seat": "ORA-02", "state": "PARKED", "surface_key": "CAMBER:file:a"}
    torn = "ITEM: CMB-0001\nSTATE: RUNNING\nSURFACE_KEY: CAMBER:file:a\n"
    feed = snapshot({**life({**place, "turn": 1}), path(ITEM, 2): torn})
    item = feed.item(ITEM)
    assert (item.turn, bool(feed.holders.overlapping(item.keys[0]))) == (1, True)
    over = places_over(
        feed,
        DEFAULT,
        silent=lambda _: math.inf,
        free=lambda _: 100.0,
        passed=lambda _: math.inf,
    )
    assert over(item) == 100 + DEFAULT.leases.turn
