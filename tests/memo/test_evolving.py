"""Whatever a feed becomes, the memo answers as reading all of it does."""

import random
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memo.feeds import KEYS, Feed, change
from memo.plain import Plain, compare
from memo.shelves import LocalIndex, Objects

from fleetfeed import memo as memo_module
from fleetfeed.index.file import FILE
from fleetfeed.memo import Memo
from fleetfeed.snapshot import Snapshot
from fleetfeed.surface import SurfaceKey
from fleetfeed.tree import from_files

ASKED = [SurfaceKey.of(text) for text in (*KEYS, "", "CAMBER:file", "NONE:a:b")]


class Trial:
    """A feed that changes, and processes that look at it with one file of rows."""

    def __init__(self, folder, seed):
        self.chance = random.Random(seed)  # noqa: S311 - the seed is the example
        self.folder, self.objects, self.feeds = folder, Objects(), [Feed()]
        self.index, self.memo = LocalIndex(folder), None
        self.begin()

    def begin(self):
        """A new process."""
        self.index.file.close()
        self.index = LocalIndex(self.folder)
        self.memo = Memo(self.index)

    def next(self) -> Feed:
        """The next feed: changed, one from before, or two in one."""
        feeds, dice = self.feeds, self.chance.random()
        feed = feeds[-1]
        if dice < 0.15:
            feed = self.chance.choice(feeds)
        elif dice < 0.25:
            other = self.chance.choice(feeds)
            feed = feed.with_files(
                {**without_clash(other.files, feed.files), **feed.files}
            )
        for _ in range(self.chance.choice([0, 1, 1, 2, 5])):
            feed = change(feed, self.chance)
        return feed

    def step(self):
        """One more feed, looked at by somebody."""
        dice = self.chance.random()
        if dice < 0.3:
            self.begin()
        elif dice < 0.4:
            self.drop()
        feed = self.next()
        lasting = self.chance.random() < 0.7
        if lasting:
            self.feeds.append(feed)
        snapshot = Snapshot(self.objects.stored(feed.laid), self.memo, lasting=lasting)
        compare(snapshot, Plain.of(from_files(feed.files)), ASKED)

    def drop(self):
        """Rows are lost."""
        file = self.folder / FILE
        if not file.exists():
            return
        with closing(sqlite3.connect(file)) as db:
            for (name,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type='table'"
            ):
                db.execute(f"DELETE FROM {name} WHERE random() % 2")  # noqa: S608
            db.commit()


def without_clash(files, others):
    """What of `files` can lie beside `others`: no file where others have a folder."""
    taken = {
        path[:at] for path in (*files, *others) for at, s in enumerate(path) if s == "/"
    }
    kept = {path: data for path, data in files.items() if path not in taken}
    above = {path[:at] for path in others for at, s in enumerate(path) if s == "/"}
    return {
        path: data
        for path, data in kept.items()
        if path not in above and not any(path.startswith(f"{o}/") for o in others)
    }


@pytest.fixture
def folder(tmp_path):
    """Where the file of rows lies; each example has one of its own."""
    numbers = iter(range(100_000))

    def make():
        place = tmp_path / str(next(numbers))
        place.mkdir()
        return place

    return make


@pytest.mark.parametrize("few", [2, 50])
@given(seed=st.integers(0, 2**32))
def test_it_answers_as_reading_all_does(folder, few, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memo_module, "FEW", few)
        patch.setattr(memo_module, "WORTH_KEEPING", few // 2)
        patch.setattr(memo_module, "_LONG", few // 10)
        patch.setattr(memo_module, "_FEEDS", 2)
        trial = Trial(folder(), seed)
        for _ in range(12):
            trial.step()
        trial.index.file.close()
