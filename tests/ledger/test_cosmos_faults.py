"""What a ledger in Cosmos DB makes of a service that fails when the head is written."""

import pytest
from harness.cosmos import fail_next
from ledger.cosmos_feed import CosmosFeed, OpenCosmos, new_container

from fleetfeed.ledger.base import Accepted, RaceLost, Rejected, Unconfirmed
from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.testing.posts import OTHER, first
from fleetfeed.model.errors import CannotTell, Usage

OFTEN = 50
"""Times: more than the client library tries by itself."""


@pytest.fixture
def feed(cosmos):
    """A feed that has an item, and so a head to be replaced."""
    made = CosmosFeed(cosmos)
    made.url = cosmos
    assert isinstance(made.store().append_if_match("CMB-0001", 0, first()), Ok)
    yield made
    fail_next(cosmos, "none", 0)
    made.close()


@pytest.mark.parametrize(
    ("fault", "times", "ended", "landed"),
    [
        ("cut", OFTEN, Unconfirmed, False),
        ("cut-after", 1, Unconfirmed, True),
        ("408", OFTEN, Unconfirmed, False),
        ("500-after", 1, Unconfirmed, True),
        ("503", OFTEN, Unconfirmed, False),
        ("429", OFTEN, RaceLost, False),
        ("449", OFTEN, RaceLost, False),
        ("403", OFTEN, Rejected, False),
        ("413", OFTEN, Rejected, False),
        # The library sends it again: by then our own write has changed the head.
        ("429-after", 1, Accepted, True),
    ],
)
def test_by_whether_it_may_have_been_written(feed, fault, times, ended, landed):
    ledger = feed.ledger()
    tip = ledger.read(30)
    fail_next(feed.url, fault, times)
    outcome = ledger.swap(tip, {"CMB/000/CMB-0002/0001.yaml": b"any\n"}, "one\n", 30)
    assert type(outcome) is ended, outcome
    assert (feed.posts() == 2) is landed


@pytest.mark.parametrize("fault", ["cut", "cut-after", "500-after", "429-after", "503"])
def test_the_write_is_found_or_made(feed, fault):
    fail_next(feed.url, fault)
    ended = feed.store().append_if_match("CMB-0002", 0, first(OTHER))
    assert ended.feed.item("CMB-0002").newest == 1
    assert feed.posts() == 2


def test_another_partition_key_is_told(cosmos):
    name = new_container(cosmos, key="/id")
    with pytest.raises(Usage, match="make one whose key is /feed"):
        OpenCosmos(cosmos, name)


def test_what_was_changed_by_hand_is_told(feed):
    tree = feed.ledger().read(30).feed.tree
    feed.damage(tree.root)
    with pytest.raises(CannotTell, match=f"the document {tree.root} of the feed"):
        feed.ledger().read(30).feed.item("CMB-0001")
