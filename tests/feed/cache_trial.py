"""A feed that changes, step by step, under the eyes of processes with one cache."""

import random
import sqlite3
from contextlib import closing

from feed.fake_stores import LocalCacheStore, Objects
from feed.gen_feeds import KEYS, Feed, change, without_clash
from feed.oracle_summary import Plain, compare
from repo.gen_repositories import ours, put

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.repo.cache_file import FILE

ASKED = [SurfaceKey.of(text) for text in (*KEYS, "", "CAMBER:file", "NONE:a:b")]


class InMemory:
    """Where feeds are values, and only the cache file is real."""

    def __init__(self, folder):
        self.folder, self.objects = folder, Objects()
        self.file = folder / FILE
        self.begin()

    def collect(self):
        """`git gc`: there is no tree but those that are asked for from now on."""
        self.objects = Objects()

    def begin(self):
        """A new process."""
        self.store = LocalCacheStore(self.folder)
        self.cache = Cache(self.store)

    def end(self):
        """The process ends."""
        self.store.file.close()

    def snapshot(self, files, lasting) -> Snapshot:
        """The feed of `files`."""
        return Snapshot(self.objects.stored(files), self.cache, lasting=lasting)

    def read(self, files) -> Plain:
        """What there is in `files`."""
        return Plain.of(from_files(files))


class InGit:
    """Where feeds are commits of `repo`."""

    def __init__(self, repo):
        self.repo, self.file = repo, repo.folder / FILE
        self.begin()

    def collect(self):
        """Nothing: git keeps what is as young as this."""

    def begin(self):
        """A new process."""
        self.process = ours(self.repo)

    def end(self):
        """The process ends."""
        self.process.cache_store.file.close()

    def snapshot(self, files, lasting) -> Snapshot:
        """The feed of `files`."""
        commit = put(self.repo, files)
        return (
            self.process.snapshot(commit) if lasting else self.process.incoming(commit)
        )

    def read(self, files) -> Plain:
        """What there is in `files`, by a process of its own."""
        process = ours(self.repo)
        return Plain.of(process.tree(put(self.repo, files, "refs/heads/read")))


class Trial:
    """Feeds that follow each other in `world`, as chance has it."""

    def __init__(self, world, seed):
        self.world, self.feeds = world, [Feed()]
        self.chance = random.Random(seed)  # noqa: S311 - the seed is the example

    def run(self, steps):
        """Some steps, and an end."""
        for _ in range(steps):
            self.step()
        self.world.end()

    def next(self) -> Feed:
        """The next feed: changed, one from before, or two in one."""
        dice, feed = self.chance.random(), self.feeds[-1]
        if dice < 0.15:
            feed = self.chance.choice(self.feeds)
        elif dice < 0.25:
            theirs = without_clash(self.chance.choice(self.feeds).files, feed.files)
            feed = feed.with_files({**theirs, **feed.files})
        for _ in range(self.chance.choice([0, 1, 1, 2, 5])):
            feed = change(feed, self.chance)
        return feed

    def step(self):
        """One more feed, looked at by somebody."""
        dice = self.chance.random()
        if dice < 0.3:
            self.world.end()
            self.world.begin()
        elif dice < 0.4:
            self.drop()
        elif dice < 0.5:
            self.world.collect()
        feed = self.next()
        lasting = self.chance.random() < 0.7
        if lasting:
            self.feeds.append(feed)
        snapshot = self.world.snapshot(feed.in_shards, lasting)
        compare(snapshot, self.world.read(feed.files), ASKED)

    def drop(self):
        """Rows are lost."""
        if not self.world.file.exists():
            return
        asked = "SELECT name FROM sqlite_master WHERE type='table'"
        with closing(sqlite3.connect(self.world.file)) as db:
            for (name,) in db.execute(asked).fetchall():
                db.execute(f"DELETE FROM {name} WHERE random() % 2")  # noqa: S608
            db.commit()
