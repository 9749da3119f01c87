"""Whatever a feed becomes, the memo answers as reading all of it does."""

from itertools import count

import pytest
from harness import Repo
from hypothesis import given, settings
from hypothesis import strategies as st
from memo.trial import InGit, InMemory, Trial

from fleetfeed import memo as memo_module
from fleetfeed.index import shelf

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


@pytest.fixture(params=[2, 50])
def few(request, monkeypatch):
    """Small limits, so that a small feed meets all of them; and those that there are."""
    if request.param < memo_module.FEW:
        monkeypatch.setattr(memo_module, "FEW", request.param)
        monkeypatch.setattr(memo_module, "WORTH_KEEPING", 1)
        monkeypatch.setattr(memo_module, "_LONG", 0)
        monkeypatch.setattr(memo_module, "_FEEDS", 2)
        monkeypatch.setattr(memo_module, "_ITEMS", 5)
        monkeypatch.setattr(shelf, "_MANY", 2)


@given(seed=seeds)
def test_feeds_in_memory(folder, few, seed):
    Trial(InMemory(folder()), seed).run(12)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_feeds_in_git(folder, few, form, stress):
    @settings(max_examples=40 if stress else 2)
    @given(seed=seeds)
    def trial(seed):
        repo = Repo.init(folder(), "--bare", f"--object-format={form}")
        world = InGit(repo)
        Trial(world, seed).run(10)

    trial()
