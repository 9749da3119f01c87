"""Whatever a feed becomes, the cache answers as reading all of it does."""

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from feed.cache_trial import ASKED, InGit, InMemory, Trial
from feed.fake_stores import Objects
from feed.gen_feeds import Feed, change
from feed.oracle_summary import Plain, compare
from harness import Repo
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.feed import cache as cache_module
from fleetfeed.feed.cache import Cache
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.repo import cache_store

seeds = st.integers(0, 2**32)


@pytest.fixture
def folder(tmp_path):
    """Makes a folder for each example."""
    numbers = count()

    def make():
        place = tmp_path / str(next(numbers))
        place.mkdir()
        return place

    return make


@pytest.fixture(params=[2, pytest.param(50, marks=pytest.mark.large)])
def few(request, monkeypatch):
    """Small limits, so that a small feed meets all of them; and those that there are."""
    if request.param < cache_module.FEW:
        monkeypatch.setattr(cache_module, "FEW", request.param)
        monkeypatch.setattr(cache_module, "WORTH_KEEPING", 1)
        monkeypatch.setattr(cache_module, "_LONG", 0)
        monkeypatch.setattr(cache_module, "_FEEDS", 2)
        monkeypatch.setattr(cache_module, "_ITEMS", 5)
        monkeypatch.setattr(cache_store, "_MANY", 2)


def test_feeds_in_memory(folder, few, stress):
    @settings(max_examples=1000 if stress else 34)
    @given(seed=seeds)
    def trial(seed):
        Trial(InMemory(folder()), seed).run(12)

    trial()


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_feeds_in_git(folder, few, form, stress):
    @settings(max_examples=40 if stress else 2)
    @given(seed=seeds)
    def trial(seed):
        repo = Repo.init(folder(), "--bare", f"--object-format={form}")
        world = InGit(repo)
        Trial(world, seed).run(10)

    trial()


def test_threads_share_one(few, stress):
    """In memory; there a cache without a store serves every thread."""
    shared, objects = Cache(), Objects()
    feeds, chance = [Feed()], random.Random(7)  # noqa: S311
    for _ in range(30):
        feeds.append(change(feeds[-1], chance))
    trees = [objects.stored(feed.in_shards) for feed in feeds]
    plain = [Plain.of(from_files(feed.files)) for feed in feeds]

    def look(seed):
        mine = random.Random(seed)  # noqa: S311
        for _ in range(200 if stress else 20):
            at = mine.randrange(len(feeds))
            compare(Snapshot(trees[at], shared), plain[at], ASKED)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
