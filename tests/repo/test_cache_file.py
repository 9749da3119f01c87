"""The cache's file among several processes, and how large it gets."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import pytest
from feed.fake_stores import LocalCacheStore, Objects
from repo.cache_on_disk import Kept, knows, look, small

from fleetfeed.feed import cache as cache_module
from fleetfeed.feed.cache import Cache
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Summary
from fleetfeed.repo import cache_file as file_module
from fleetfeed.repo.cache_file import FILE, CacheFile, row_of

TABLE = file_module._TABLE  # noqa: SLF001


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)


def count(folder, where="1"):
    with closing(sqlite3.connect(folder / FILE)) as db:
        asked = f"SELECT count(*) FROM {TABLE} WHERE {where}"  # noqa: S608
        return db.execute(asked).fetchone()[0]


def test_rows_stay_few(tmp_path, monkeypatch, stress):
    monkeypatch.setattr(cache_module, "FEW", 5)
    objects = Objects()
    sizes = []
    for commit in range(500 if stress else 60):
        files = {
            f"CMB/{s:03d}/CMB-{1000 * s + n:04d}/0001.yaml": b"%d" % commit
            for s in range(3)
            for n in range(1, 9)
        }
        index = LocalCacheStore(tmp_path)
        feed = Snapshot(objects.stored(files), Cache(index), lasting=True)
        assert len(feed.summary.open) == 24
        index.file.close()
        sizes.append((tmp_path / FILE).stat().st_size)
    assert count(tmp_path, "path=''") == file_module._FEEDS  # noqa: SLF001
    assert count(tmp_path, "path!=''") == 3 * file_module._SHARDS  # noqa: SLF001
    assert sizes[-1] == sizes[30]


def test_a_file_that_is_too_large_is_begun_anew(kept, monkeypatch):
    old = (kept.folder / FILE).stat()
    monkeypatch.setattr(file_module, "MOST_BYTES", old.st_size - 1)
    look(kept.folder, kept.next)
    assert knows(kept.folder, kept.next)
    assert not knows(kept.folder, kept.tree)


def test_a_shard_can_be_kept_while_a_feed_is_gone_on_from(kept, monkeypatch):
    """A reader that had not come to its end would lock its own process out."""
    monkeypatch.setattr(cache_module, "FEW", 5)
    look(kept.folder, small(2))
    before = count(kept.folder, "path!=''")
    begun = time.monotonic()
    look(kept.folder, kept.next)
    assert time.monotonic() - begun < 0.4
    assert count(kept.folder, "path!=''") > before


@contextmanager
def locked(folder, how="EXCLUSIVE"):
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
        db.execute(f"BEGIN {how}")
        yield db


def test_who_was_stopped_while_writing_is_waited_for_once(kept, monkeypatch):
    monkeypatch.setattr(cache_module, "FEW", 5)
    monkeypatch.setattr(file_module, "_READER", 0.3)
    with locked(kept.folder):
        begun = time.monotonic()
        look(kept.folder, kept.next)
        assert 0.3 <= time.monotonic() - begun < 0.6
    assert knows(kept.folder, kept.tree)


def test_a_reader_waits_for_nobody_who_only_reads(kept):
    with locked(kept.folder, "DEFERRED") as db:
        db.execute("SELECT * FROM sqlite_master").fetchall()
        begun = time.monotonic()
        assert knows(kept.folder, kept.tree)
        assert time.monotonic() - begun < 0.4


WRITER = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size=1")
db.execute("PRAGMA synchronous=OFF")
db.execute("BEGIN IMMEDIATE")
db.execute(f"UPDATE {sys.argv[2]} SET held='[]'")
db.executemany(f"INSERT INTO {sys.argv[2]} VALUES (?, ?, '', '', '', 0)",
               [("x", str(n) * 50) for n in range(2000)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_undone(kept):
    args = (sys.executable, "-c", WRITER, kept.folder / FILE, TABLE)
    assert subprocess.run(args, check=False).returncode == -signal.SIGKILL
    journal = (kept.folder / FILE).with_name("memo.sqlite-journal")
    assert journal.stat().st_size
    assert knows(kept.folder, kept.tree)
    assert not journal.exists()
    look(kept.folder, kept.tree)


def test_a_file_that_is_taken_away_under_a_reader(kept):
    index = LocalCacheStore(kept.folder)
    assert index.load("", kept.tree.root)
    (kept.folder / FILE).unlink()
    look(kept.folder, kept.next)
    assert index.load("", kept.tree.root)
    index.save("", "f" * 40, Summary())
    index.file.close()
    assert knows(kept.folder, kept.next)


def test_a_folder_with_any_name(tmp_path):
    folder = tmp_path / "a?b=c#d%41 \udcff&mode=ro"
    folder.mkdir()
    look(folder, small(1))
    assert (folder / FILE).is_file()
    assert knows(folder, small(1))


def test_a_python_without_sqlite(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    look(tmp_path, small(1))
    look(tmp_path, small(2))


def test_an_answer_to_another_question_is_none(tmp_path, monkeypatch):
    """However a damaged table of contents leads: each row says what it is of."""
    file, row = CacheFile(str(tmp_path / FILE)), row_of("CMB/000", "a" * 40, Summary())
    monkeypatch.setattr(CacheFile, "_row", lambda *_: row)
    assert file.load("CMB/000", "a" * 40) == row
    assert file.load("CMB/000", "b" * 40) is None
    assert file.load("CMB/001", "a" * 40) is None
    assert not list(file.newest())


def test_a_row_of_another_path_is_none_of_a_feed(tmp_path):
    """Whatever the file says, what is gone on from is a feed's summary."""
    file = CacheFile(str(tmp_path / FILE))
    file.save([row_of("CMB/000", "a" * 40, Summary())])
    assert list(file.newest()) == []
    assert file.load("", "a" * 40) is None
    assert file.load("CMB/000", "a" * 40)
    file.close()


def test_the_file_has_the_rights_of_objects(tmp_path):
    (tmp_path / "objects").mkdir(mode=0o777)
    (tmp_path / "objects").chmod(0o2775)
    look(tmp_path, small(1))
    assert (tmp_path / FILE).stat().st_mode & 0o7777 == 0o664
    assert (tmp_path / FILE).parent.stat().st_mode & 0o7777 == 0o2775
