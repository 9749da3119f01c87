"""Rules that change what a key is compared by: every row follows, or none does."""

import pytest
from ledger.postgres_feed import PostgresFeed

from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.model.errors import Held, Refused

OLD = "ref: refs/heads/main\nfamilies: {file: {}, files: {}}\n"
NEW = "ref: refs/heads/main\nfamilies: {file: {}}\naliases: {files: file}\n"


def claim(key, seat="CAMBER-06"):
    return {
        "STATE": "IN_PROGRESS", "SEAT": seat, "SUBJECT": "it", "SURFACE_KEY": key,
        "NO_OVERLAP_PROOF": "apart from CMB-0001, CMB-0002 and CMB-0003 by what it reads",
    }  # fmt: skip


@pytest.fixture
def feed(postgres):
    made = PostgresFeed(postgres, OLD)
    yield made
    made.close()


def ruled(feed, tip=None):
    """How putting the new rules into force ends."""
    ledger = feed.ledger()
    tip = tip or ledger.read(30)
    return ledger.swap(tip, {"policy.yaml": NEW.encode()}, "rules\n", 30)


def test_two_that_would_be_one_are_named(feed):
    store = feed.store()
    store.append_if_match("CMB-0001", 0, claim("CAMBER:file:a"))
    store.append_if_match("CMB-0002", 0, claim("CAMBER:files:a", "CAMBER-07"))
    with pytest.raises(Refused) as refused:
        ruled(feed)
    assert "CMB-0001 (CAMBER:file:a) and CMB-0002 (CAMBER:files:a)" in str(
        refused.value
    )
    assert "`fleetfeed park CMB-0002`" in str(refused.value)
    store.append_if_match("CMB-0002", 1, {"STATE": "PARKED", "SEAT": "CAMBER-07"})
    assert isinstance(ruled(feed), Accepted)


def test_what_is_held_is_compared_anew(feed):
    store = feed.store()
    store.append_if_match("CMB-0001", 0, claim("CAMBER:files:a"))
    assert isinstance(ruled(feed), Accepted)
    with pytest.raises(Held) as held:
        feed.store().append_if_match(
            "CMB-0002", 0, claim("CAMBER:file:a:b", "CAMBER-07")
        )
    assert held.value.item == "CMB-0001"


def test_who_claims_meanwhile_is_not_overlooked(feed):
    """Its row was made by the rules before, which nobody would compare by any more."""
    ledger = feed.ledger()
    tip = ledger.read(30)
    assert tip.feed.rules.families.listed
    feed.store().append_if_match("CMB-0001", 0, claim("CAMBER:files:a"))
    ended = ledger.swap(tip, {"policy.yaml": NEW.encode()}, "rules\n", 30)
    assert ended == RaceLost("another post landed first")
