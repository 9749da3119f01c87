"""Who waits for itself, through whatever others; and who only seems to."""

import pytest

from fleetfeed.feed.circle import circle
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.faults import Clock
from fleetfeed.model.errors import Refused
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.writing.idempotency import WriteRequest
from fleetfeed.writing.line import claim_or_wait
from fleetfeed.writing.request import Request
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import first_post

A, B, C = "A:f:a", "A:f:b", "A:f:c"
AT = "2026-05-03T18:55:12Z"


class Feed:
    """A feed where seats claim what is free, and wait in line for what is not."""

    def __init__(self, at=AT):
        self.clock, self.at, self.number = Clock(), at, 0
        self.ledger = MemoryLedger(b"leases: {default: 1h}\n")

    def claim(self, seat, *keys, **more):
        """The item that has them, or is in line for them."""
        self.number += 1
        item = f"CMB-{self.number:04d}"
        said = {"SUBJECT": "s", "NO_OVERLAP_PROOF": "nobody else is at it", **more}
        who = {"SEAT": seat, "AT": self.at, "OP": item}
        request = Request({**who, "SURFACE_KEY": keys, **said})
        plan = claim_or_wait(
            lambda feed: first_post(feed, "CMB", State.IN_PROGRESS, request),
            lambda *_: Item(item),
            request,
        )
        asked = WriteRequest(request.op, plan)
        return write(self.ledger, asked, self.clock.retry()).post

    def place(self, seat, *keys):
        assert self.claim(seat, *keys).state is State.PARKED

    def hold(self, seat, *keys, **more):
        assert self.claim(seat, *keys, **more).state is State.IN_PROGRESS

    def refused(self, seat, *keys):
        """What is said to who would close a circle."""
        with pytest.raises(Refused, match="nobody would ever go on: ") as caught:
            self.claim(seat, *keys)
        return str(caught.value)


@pytest.fixture
def feed():
    return Feed()


def test_two_seats(feed):
    feed.hold("X", A)
    feed.hold("Y", B)
    feed.place("X", B)
    assert feed.refused("Y", A) == (
        "nobody would ever go on: CMB-0004 of Y waits for CMB-0001 of X, CMB-0003 of X"
        " waits for CMB-0002 of Y; `fleetfeed park CMB-0002` lets that go first, or"
        " claim it without --wait"
    )


def test_three_seats_and_wider_keys(feed):
    for seat, key in (("X", A), ("Y", f"{B}:deep"), ("Z", C)):
        feed.hold(seat, key)
    feed.place("X", B)
    feed.place("Y", C)
    feed.place("W", A)
    assert "CMB-0007 of Z waits for" in feed.refused("Z", f"{A}/part")


def test_one_ahead_waits_for_both(feed):
    """P waits for A and B together, before X: who holds A, and waits for B."""
    feed.hold("X", A)
    feed.hold("Q", B)
    feed.place("P", A, B)
    said = feed.refused("X", B)
    assert "CMB-0004 of X waits for CMB-0003 of P, CMB-0003 of P waits for" in said


def test_who_is_behind_is_nobody_to_wait_for(feed):
    feed.hold("X", A)
    feed.hold("Q", B)
    feed.place("X", B)
    feed.place("P", A, B)  # X comes before it, and goes on when Q does


@pytest.mark.parametrize("other", ["X/task", "Z"])
def test_another_worker_may_wait_for_what_a_seat_holds(feed, other):
    feed.hold("X", A)
    feed.hold("Y", B)
    feed.place(other, B)
    feed.place("Y", A)


def test_who_holds_both_waits_for_neither(feed):
    feed.hold("X", A)
    feed.hold("X", B)
    feed.place("Y", A)
    feed.place("Z", B)
    feed.place("Y", B)


def test_a_line_is_no_circle(feed):
    feed.hold("X", A)
    feed.hold("Y", B)
    for seat in ("P", "Q", "R"):
        feed.place(seat, A)
        feed.place(seat, B)
    feed.place("Y", A)


@pytest.mark.parametrize("dead", ["holder", "place"])
def test_whose_lease_is_over_closes_no_circle(feed, dead):
    feed.hold("X", A)
    feed.at = "2026-05-03T10:00:00Z" if dead == "holder" else AT
    feed.hold("Y", B)
    feed.at = "2026-05-03T10:00:00Z" if dead == "place" else AT
    feed.claim("Y", A)
    feed.at = AT
    feed.place("X", B)


def test_each_place_is_looked_at_once(feed):
    """Many places on few surfaces: the search is over soon, and finds it."""
    feed.hold("X", A)
    feed.hold("Y", B)
    for number in range(60):
        feed.place(f"W-{number}", *((A, B) if number % 2 else (B,)))
    assert "of X waits for CMB-0002 of Y" not in feed.refused("X", B)
    now = feed.ledger.read(9).feed
    looked = []
    place = now.item("CMB-0062")
    assert circle(now, place, place.waiter, lambda i: looked.append(i.id)) == ()
    assert len(looked) == len({*looked})
