"""Leases in memory, by a clock that is given."""

import pytest

from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.faults import Clock
from fleetfeed.ledger.testing.posts import first, then
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.liveness import Alive, Lapse
from fleetfeed.writing.api import FeedStore

POLICY = b"""\
ref: refs/heads/main
stewards: [FLEET-01]
leases: {default: 10m, grace: 1m}
"""
MINUTE = 60.0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    made = FeedStore(MemoryLedger(POLICY, clock=clock.now))
    made.append_if_match("CMB-0001", 0, first())
    return made


def taken(store, expected):
    """What becomes of a takeover: the codes that refuse it."""
    post = then("IN_PROGRESS", "ORA-01", REASON="CAMBER-06 does not answer")
    try:
        store.append_if_match("CMB-0001", expected, post)
    except Refused as refused:
        return {found.code for found in refused.findings if found.rejects}
    return set()


@pytest.mark.parametrize(
    ("minutes", "codes"), [(0, {"FF502"}), (10.5, {"FF502"}), (11.1, set())]
)
def test_a_takeover_is_lawful_after_lease_and_grace(store, clock, minutes, codes):
    clock.sleep(minutes * MINUTE)
    assert taken(store, 1) == codes


def test_how_long_it_runs_is_told(store, clock):
    clock.sleep(4 * MINUTE)
    assert store.lease("CMB-0001") == Alive(6 * MINUTE, 7 * MINUTE)
    clock.sleep(7 * MINUTE)
    assert store.lease("CMB-0001") is Lapse.LAPSED
    assert store.lease("CMB-0404") is Lapse.UNKNOWN


def test_a_post_of_the_holder_renews(store, clock):
    clock.sleep(9 * MINUTE)
    store.append_if_match("CMB-0001", 1, then("IN_PROGRESS"))
    clock.sleep(9 * MINUTE)
    assert taken(store, 2) == {"FF502"}


def test_a_beat_renews_while_the_lease_runs(store, clock):
    held = store.read().item("CMB-0001")
    for _ in range(3):
        clock.sleep(9 * MINUTE)
        assert store.beat(held)
    assert taken(store, 1) == {"FF502"}
    clock.sleep(10 * MINUTE)
    assert not store.beat(held)
    clock.sleep(MINUTE)
    assert taken(store, 1) == set()


def test_a_beat_of_who_has_lost_it_does_not_count(store, clock):
    held = store.read().item("CMB-0001")
    clock.sleep(12 * MINUTE)
    assert taken(store, 1) == set()
    assert not store.beat(held)
    now = store.read().item("CMB-0001")
    assert (now.holder, store.beat(now)) == ("ORA-01", True)


def test_without_a_clock_no_lease_ends():
    store = FeedStore(MemoryLedger(POLICY))
    store.append_if_match("CMB-0001", 0, first())
    assert store.lease("CMB-0001") is Lapse.UNKNOWN
    assert taken(store, 1) == {"FF501"}
    with pytest.raises(Usage, match="give MemoryLedger a `clock`"):
        store.beat(store.read().item("CMB-0001"))


def test_who_takes_another_place_in_line_was_not_passed_there(store, clock):
    """What is known of a place is not known of the next that its item has."""
    for number in (2, 3):
        place = first(seat=f"ORA-0{number}", state="PARKED", TURN=str(number - 1))
        store.append_if_match(f"CMB-000{number}", 0, place)
    assert isinstance(store.lease("CMB-0002"), Alive)
    store.append_if_match("CMB-0001", 1, then("DONE"))
    clock.sleep(5 * MINUTE)
    proof = {"NO_OVERLAP_PROOF": "in turn"}
    store.append_if_match("CMB-0003", 1, then("IN_PROGRESS", "ORA-03", **proof))
    assert store.lease("CMB-0002") is Lapse.LAPSED
    store.append_if_match("CMB-0003", 2, then("DONE", "ORA-03"))
    store.append_if_match("CMB-0002", 1, then("IN_PROGRESS", "ORA-02", **proof))
    store.append_if_match("CMB-0002", 2, then("PARKED", "ORA-02", TURN="1"))
    assert isinstance(store.lease("CMB-0002"), Alive)
