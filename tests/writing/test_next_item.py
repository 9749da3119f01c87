"""`next` offers what lies in lanes that let the seat claim."""

import pytest
from judge.gen_feeds import life, snapshot

from fleetfeed.model.errors import NothingReady
from fleetfeed.writing.next_item import next_ready, takes_some
from fleetfeed.writing.request import Request

POLICY = """\
lanes: {CAMBER: {seats: ["CAMBER-*"]}, ORA: {}}
stewards: [FLEET-01]
"""


def filed(number, key):
    post = {"state": "AWAITING_CLAIM", "surface_key": key, "no_overlap_proof": "alone"}
    return life(post, item=f"CMB-{number:04d}")


def feed(*keys):
    posts = [filed(number, key) for number, key in enumerate(keys, 1)]
    files = {name: text for each in posts for name, text in each.items()}
    return snapshot({"feed/policy.yaml": POLICY, **files})


CAMBER, ORA = "CAMBER:file:a", "ORA:file:b"


@pytest.mark.parametrize(
    ("seat", "more", "item"),
    [
        ("CAMBER-06", {}, "CMB-0001"),
        ("ORA-02", {}, "CMB-0002"),
        ("FLEET-01", {}, "CMB-0002"),
        ("FLEET-01", {"REASON": "it helps out"}, "CMB-0001"),
    ],
)
def test_what_is_next(seat, more, item):
    request = Request({"SEAT": seat, "OP": "0", **more})
    (draft,) = next_ready(feed(CAMBER, ORA), None, request)
    assert f"/{item}/" in draft.path
    assert takes_some(feed(CAMBER, ORA), request)


def test_where_all_is_in_others_lanes_that_is_said():
    request = Request({"SEAT": "ORA-02", "OP": "0"})
    with pytest.raises(
        NothingReady, match="is in a lane of other seats, or is offered"
    ):
        next_ready(feed(CAMBER), None, request)
    assert not takes_some(feed(CAMBER), request)
