"""The next number: where the fleet is, whatever stray number stands beside it."""

import pytest
from harness import claim, path, post
from judge.gen_feeds import snapshot

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import following, next_number
from fleetfeed.judge.validate import validate
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.names import LAST
from fleetfeed.model.policy import DEFAULT
from fleetfeed.util.intervals import IntervalSet

FLEET = frozenset(range(1, 1901))
STRAY = 394196


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ((), 1),
        ((1,), 2),
        ((1438,), 1439),
        ((1, 2, 5), 6),
        ((1, 101), 102),
        ((1, 102), 2),
        ((*FLEET, STRAY), 1901),
        ((*FLEET, STRAY, STRAY + 1, LAST), 1901),
        ((1, STRAY), 2),
        ((3, *range(1400, 1500)), 1500),
        ((3, 190, 1400, 1401, STRAY), 1402),
        # A fleet with gaps is one run, as long as it has numbers.
        ((1, 3, 5, STRAY), 6),
        ((1, 3, 5, STRAY, STRAY + 1), 6),
        ((LAST,), 1),
        ((7, LAST - 1, LAST), 8),
    ],
    ids=str,
)
def test_the_number_after_the_longest_run(taken, free):
    assert following(IntervalSet.of(taken), 100) == free


def feed_of(*numbers, prefix="CMB"):
    """A feed with an item of each number."""
    items = [f"{prefix}-{number:04d}" for number in numbers]
    return {path(item): post(item=item) for item in items}


def test_a_number_that_another_feed_has_is_not_free():
    one, two = snapshot(feed_of(1, 2)), snapshot(feed_of(1, 2, 3, STRAY))
    assert str(next_number(one, "CMB", 100, two)) == "CMB-0004"
    assert str(next_number(one, "CMB", 100)) == "CMB-0003"


def test_each_prefix_counts_for_itself():
    feed = snapshot(feed_of(1, 2) | feed_of(7, prefix="CMBX"))
    assert str(next_number(feed, "CMBX", 100)) == "CMBX-0008"
    assert str(next_number(feed, "ORA", 100)) == "ORA-0001"


def test_no_post_is_read_for_it_where_the_feed_is_known():
    known = snapshot(feed_of(1, 2, 5))
    tree = known.tree
    assert len(known.summary.open) == 3
    read = []

    class Told:
        def tree(self, id_):
            return tree.store.tree(id_)

        def blob(self, id_):
            read.append(id_)
            return tree.store.blob(id_)

        def expect(self, ids):
            tree.store.expect(ids)

    feed = Snapshot(type(tree)(Told(), tree.root), known.cache)
    assert next_number(feed, "CMB", 100).number == 6
    assert read == []


def test_what_stands_in_an_items_place_takes_its_number():
    feed = Snapshot(from_files({"CMB/000/CMB-0001": b"no folder"}))
    assert str(next_number(feed, "CMB", 100)) == "CMB-0002"
    assert not [*feed.items]


def told(before, after):
    return validate(snapshot(before), snapshot({**before, **after}), DEFAULT, no_signs)


def test_a_refusal_names_the_number_where_the_fleet_is():
    before = feed_of(1, 2, STRAY)
    found = told(before, feed_of(STRAY + 101, STRAY + 102))
    assert [f.code for f in found] == ["FF307", "FF307"]
    assert f"beyond CMB-{STRAY}, the highest so far" in found[0].message
    assert [f.mended for f in found] == [path("CMB-0003"), path("CMB-0004")]


@pytest.mark.parametrize(
    ("before", "new", "far"),
    [
        ((), (1438,), []),
        ((), (1, STRAY), [STRAY]),
        ((), (STRAY, STRAY + 101, 1), [STRAY, STRAY + 101]),
        ((1,), (101, 201, 301), []),
        ((1,), (101, 202, 203), [202, 203]),
        ((1,), (STRAY, STRAY + 1), [STRAY, STRAY + 1]),
    ],
    ids=str,
)
def test_each_new_number_follows_the_highest_that_passed(before, new, far):
    found = told(feed_of(*before), feed_of(*new))
    assert [(f.code, f.item) for f in found] == [("FF307", f"CMB-{n:04d}") for n in far]


def test_a_changed_post_is_told_a_ticket_where_the_fleet_is():
    before = feed_of(1, STRAY)
    (found,) = told(before, {path("CMB-0001"): post(subject="another")})
    assert "a new ticket's number CMB-0002" in found.message


def test_the_judge_goes_by_the_highest_number():
    """The design's letter: a number beside the stray one passes."""
    assert told(feed_of(1, STRAY), feed_of(STRAY + 100)) == ()


def test_a_draft_goes_on_where_the_fleet_is(scene):
    me = scene.me
    me.stage(path(f"CMB-{STRAY}"), claim(f"CMB-{STRAY}", "CAMBER:page:stray"))
    me.git("commit", "-q", "--no-verify", "-m", "slipped in")
    said = me.fleetfeed("draft", "CMB", "--subject", "a piece of work")
    assert said.stdout.splitlines()[0] == path("CMB-0003")
