"""How much is read: each post once, and each folder no oftener for many changes."""

from collections import Counter

import pytest
from judge.gen_feeds import codes, life, snapshot

import fleetfeed.feed.tree_reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.policy import DEFAULT

FILED = {"seat": "CAMBER-06", "state": "AWAITING_CLAIM", "body": "what was tried"}


@pytest.fixture
def parsed(monkeypatch):
    """How often each post is parsed, by path. What other tests read may be known."""
    count: Counter[str] = Counter()
    real = fleetfeed.feed.tree_reader.read_post

    def read(data, path, of, number):
        count[path] += 1
        return real(data, path, of, number)

    monkeypatch.setattr(fleetfeed.feed.tree_reader, "read_post", read)
    return count


def test_each_post_of_a_long_item_is_parsed_once(parsed):
    posts = [
        {**FILED, "body": f"a try that no other test makes: {n}"} for n in range(50)
    ]
    claim = {
        "seat": "ORA-02",
        "state": "IN_PROGRESS",
        "surface_key": "CAMBER:file:a",
        "no_overlap_proof": "nothing else touches this file",
    }
    before = snapshot(life(*posts))
    after = Snapshot(snapshot(life(*posts, claim)).tree, before.cache)
    assert validate(before, after, DEFAULT, no_signs) == ()
    assert set(parsed.values()) == {1}
    assert len(parsed) == 51


class Counting:
    """A store that counts what is asked of it."""

    def __init__(self, below):
        self.below, self.asked = below, 0

    def tree(self, id_):
        self.asked += 1
        return self.below.tree(id_)

    def blob(self, id_):
        self.asked += 1
        return self.below.blob(id_)

    def expect(self, ids):
        self.below.expect(ids)


def removal(items):
    """How much is asked of the store when a feed of `items` items is removed."""
    files = {}
    for number in range(1, items + 1):
        files |= life(FILED, item=f"CMB-{number:04d}")
    tree = snapshot(files).tree
    store = Counting(tree.store)
    before = Snapshot(type(tree)(store, tree.root, tree.folder))
    found = validate(before, snapshot({}), DEFAULT, no_signs)
    assert codes(found) == ["FF402"] * items
    return store.asked


def test_removing_a_feed_twice_as_large_costs_twice_as_much():
    assert removal(80) < 2.2 * removal(40)
