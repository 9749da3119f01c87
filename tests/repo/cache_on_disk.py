"""A small feed and the file that remembers it, for tests of that file."""

import shutil
from functools import cache
from pathlib import Path

from feed.fake_stores import LocalCacheStore, Objects
from feed.oracle_summary import Plain, compare_whole
from harness import claim, post

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.repo.cache_file import FILE

OBJECTS = Objects()


def small(more=0) -> FeedTree:
    """Some claims, and items that are over; `more` of these."""
    files = {}
    for number in range(1, 60 + more):
        item = f"CMB-{number:04d}"
        text = (
            claim(item, f"CAMBER:file:{number}")
            if number % 3
            else post(item=item, state="DONE")
        )
        files[f"CMB/000/{item}/0001.yaml"] = text.encode()
    return OBJECTS.stored(files)


@cache
def plain(root: str) -> Plain:
    """What a feed holds, found out once."""
    return Plain.of(FeedTree(OBJECTS, root))


def look(folder: Path, tree: FeedTree) -> None:
    """One process that looks at `tree`, and is right."""
    index = LocalCacheStore(folder)
    compare_whole(Snapshot(tree, Cache(index), lasting=True), plain(tree.root))
    index.file.close()


def knows(folder: Path, tree: FeedTree) -> bool:
    """Whether the file remembers `tree`."""
    index = LocalCacheStore(folder)
    found = index.load("", tree.root) is not None
    index.file.close()
    return found


class Kept:
    """A folder whose file remembers a feed, and copies of it."""

    def __init__(self, folder: Path):
        self.folder, self.tree, self.next = folder, small(), small(60)
        look(folder, self.tree)
        look(folder, small(1))
        assert knows(folder, self.tree)
        self.bytes = (folder / FILE).read_bytes()

    def copy(self, folder: Path) -> Path:
        """A copy of it; the folder."""
        shutil.copytree(self.folder, folder)
        return folder

    def check(self, folder: Path, heals=True) -> None:
        """Ask for a known feed and for a new one, twice; then the file is well."""
        for tree in (self.tree, self.next, self.tree, self.next):
            look(folder, tree)
        if heals:
            assert knows(folder, self.next)
