"""Lives are as if all posts were read, whatever comes and goes; and are read once."""

import random

import pytest
from feed.fake_stores import Counting, LocalCacheStore, Objects
from feed.gen_feeds import Feed, change
from harness import claim, path, post
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.feed import life_memory
from fleetfeed.feed.cache import Cache
from fleetfeed.feed.lives import life_of
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.post import State


def snapshot(objects, feed, folder):
    tree = objects.stored(feed.in_shards)
    return Snapshot(tree, Cache(LocalCacheStore(folder)), lasting=True)


def slowly(feed):
    """The life of every item, from a feed that nobody remembers."""
    fresh = Snapshot(from_files(feed.in_shards))
    lives = (life_of(item.id, fresh.posts(item.id)) for item in fresh.items)
    return {life.item: life for life in lives}


@settings(max_examples=settings.default.max_examples // 2)
@given(st.integers(0, 2**32))
def test_whatever_comes_and_goes(tmp_path_factory, monkeypatch, seed):
    monkeypatch.setattr(life_memory, "WORTH_KEEPING", 1)
    chance, feed = random.Random(seed), Feed()  # noqa: S311
    folder = tmp_path_factory.mktemp("lives")
    (folder / "objects").mkdir()
    objects = Objects()
    for _ in range(4):
        for _ in range(chance.choice((1, 2, 5))):
            feed = change(feed, chance)
        try:
            expected = slowly(feed)
        except CannotTell:
            continue
        view = snapshot(objects, feed, folder)
        found = view.lives(0)
        assert {life.item: life for life in found.lives} == dict(expected.items())
        assert view.summary.facts == Snapshot(from_files(feed.in_shards)).summary.facts
        assert found.undated == sum(life.filed is None for life in expected.values())


def posts(item, *rows):
    """An item's files: its states and times."""
    return {
        path(item, n, "").lstrip("/"): post(item=item, state=state, at=at).encode()
        for n, (state, at) in enumerate(rows, 1)
    }


EARLY, LATE = "2026-01-01T10:00:00Z", "2026-06-01T10:00:00Z"
DONE = (("IN_PROGRESS", EARLY), ("DONE", EARLY))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "objects").mkdir()
    return tmp_path


def test_a_second_command_reads_what_is_new(folder):
    files = {}
    for number in range(1, 200):
        files |= posts(f"CMB-{number:04d}", *DONE)
    objects = Counting()
    assert len(list(snapshot(objects, Feed(files), folder).lives(0).lives)) == 199
    first, objects.read = objects.read, 0
    assert first >= 398
    list(snapshot(objects, Feed(files), folder).lives(0).lives)
    assert objects.read == 0
    files |= posts("CMB-0007", *DONE, ("IN_PROGRESS", LATE))
    lives = snapshot(objects, Feed(files), folder).lives(0).lives
    assert objects.read == 3
    assert {life.item: life for life in lives}["CMB-0007"].now.state == "IN_PROGRESS"


def test_shards_in_which_nothing_happened_are_left_out(folder):
    files = posts("CMB-0001", *DONE) | posts("CMB-1001", ("IN_PROGRESS", EARLY))
    files |= posts("CMB-2001", ("IN_PROGRESS", EARLY), ("DONE", LATE))
    feed = snapshot(Objects(), Feed(files), folder)
    since = life_of("X", feed.posts("CMB-2001")).now.start - 1
    assert sorted(life.item for life in feed.lives(since).lives) == [
        "CMB-1001",
        "CMB-2001",
    ]


@pytest.mark.parametrize("text", ["", "1 2", "x y z\n"])
def test_a_row_that_is_none_is_read_anew(folder, text):
    feed = Feed(posts("CMB-0001", *DONE))
    list(snapshot(Objects(), feed, folder).lives(0).lives)
    made = snapshot(Objects(), feed, folder)
    (shard,) = made.tree.names("CMB")
    store = LocalCacheStore(folder)
    store.save_text(f"{life_memory._LIVES}/CMB/000", shard.id, text)  # noqa: SLF001
    assert [life.item for life in made.lives(0).lives] == ["CMB-0001"]


def test_a_life():
    rows = [
        claim("CMB-0001", "A:f:a", state="AWAITING_CLAIM", seat="S"),
        post(state="IN_PROGRESS", seat="S", at=LATE),
        "BROKEN",
        post(state="PARKED", seat="S", at=EARLY, turn="3"),
        post(state="PARKED", seat="S"),
    ]
    files = {
        path("CMB-0001", n, "").lstrip("/"): t.encode() for n, t in enumerate(rows, 1)
    }
    life = life_of("CMB-0001", Snapshot(from_files(files)).posts("CMB-0001"))
    assert [(p.state, p.who, p.turn) for p in life.phases] == [
        (State.AWAITING_CLAIM.value, "", 0),
        (State.IN_PROGRESS.value, "S", 0),
        (State.PARKED.value, "S", 3),
    ]
    assert len({phase.start for phase in life.phases}) == 1  # no later one is earlier
    assert life.since == life.filed
