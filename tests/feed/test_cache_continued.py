"""An item with many posts goes on from what is remembered of it, where it really does."""

import pytest
from feed.fake_stores import Counting, LocalCacheStore, Objects
from feed.oracle_summary import Plain
from harness import claim, post

from fleetfeed.feed.cache import FEW, Cache
from fleetfeed.feed.objects import object_id
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.seal_format import seal
from fleetfeed.feed.snapshot import Snapshot

ITEM = "CMB-0001"


def files(*texts):
    """A feed with one item of these posts; None leaves a number out."""
    there = {number: text for number, text in enumerate(texts, 1) if text is not None}
    return {f"CMB/000/{ITEM}/{n:04d}.yaml": t.encode() for n, t in there.items()}


MANY = [claim(ITEM, f"CAMBER:file:{number}") for number in range(1, 11)]
MORE = post(item=ITEM, state="IN_PROGRESS", surface_key="CAMBER:file:b")
AFTER = {
    "all": MANY,
    "one more": [*MANY, MORE],
    "two more": [*MANY, MORE, claim(ITEM, "CAMBER:file:c")],
    "one more, unreadable": [*MANY, "SURFACE_KEY: CAMBER:file:d\nSTATE: NONE\n"],
    "one less": MANY[:-1],
    "another last": [*MANY[:-1], MORE],
    "another first": [MORE, *MANY[1:]],
    "the first gone, one more": [None, *MANY[1:], MORE],
    "one gone and one more": [*MANY[:4], None, *MANY[5:], MORE],
    "one changed and one more": [*MANY[:4], MORE, *MANY[5:], MORE],
    "over": [*MANY, post(item=ITEM, state="DONE")],
}
BEFORE = {"all": MANY, "a gap": [*MANY[:4], None, *MANY[5:]]}


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("after", AFTER)
def test_an_item_is_what_its_posts_say(tmp_path, before, after, sealed):
    objects, cache = Objects(), Cache(LocalCacheStore(tmp_path))
    was, new = files(*BEFORE[before]), files(*AFTER[after])
    kept = [path for path in was if new.get(path) == was[path]]
    first = objects.stored(was)
    assert Snapshot(first, cache).summary.open
    stored = new
    if sealed:  # what was there is sealed, and the rest lies beside it
        posts = {path.removeprefix("CMB/000/"): new[path] for path in kept}
        stored = {path: data for path, data in new.items() if path not in kept}
        stored["CMB/000.sealed"] = seal(posts)
    feed, plain = Snapshot(objects.stored(stored), cache), Plain.of(from_files(new))
    assert feed.item(ITEM) == plain.items[ITEM][1]
    assert {i: row.item for i, row in feed.summary.open.items()} == {
        i: item for i, (_, item) in plain.open.items()
    }


def test_only_what_is_new_is_read(tmp_path, monkeypatch):
    objects, cache = Objects(), Cache(LocalCacheStore(tmp_path))
    assert Snapshot(objects.stored(files(*MANY)), cache).summary.open
    feed = objects.stored(files(*MANY, MORE))
    for data in files(*MANY).values():
        monkeypatch.delitem(objects.blobs, object_id("blob", data))
    assert Snapshot(feed, cache).item(ITEM).newest == 11


def items(numbers):
    """A feed with an item of each number, all in one shard."""
    each = [f"CMB-{number:04d}" for number in numbers]
    return {
        f"CMB/000/{item}/0001.yaml": claim(item, f"CAMBER:file:{item}").encode()
        for item in each
    }


@pytest.fixture
def growing(tmp_path, monkeypatch):
    """A feed of 400 items that is known gets more: how that was read."""
    objects, store = Counting(), LocalCacheStore(tmp_path)
    cache, asked, rows = Cache(store), [], store.newest
    assert Snapshot(objects.stored(items(range(1, 401))), cache, lasting=True).summary
    monkeypatch.setattr(objects, "expect", lambda ids: asked.append(len([*ids])))
    monkeypatch.setattr(store, "newest", lambda: asked.append("others") or rows())

    def grown(more):
        objects.read = 0
        feed = Snapshot(objects.stored(items(range(1, 401 + more))), cache)
        assert len(feed.summary.open) == 400 + more
        return objects.read, asked

    return grown


def test_some_new_items_are_read_together_and_nothing_else_is(growing):
    assert growing(FEW) == (FEW, [FEW, FEW])  # folders, then posts


def test_of_a_shard_with_many_new_items_the_others_are_not_read(growing):
    read, asked = growing(FEW + 10)
    assert (read, asked[0]) == (FEW + 10, "others")  # another might be nearer


def test_a_shard_that_is_mostly_new_is_read_whole(growing):
    assert growing(300)[0] == 700
