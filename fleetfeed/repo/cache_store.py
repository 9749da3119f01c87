"""The cache of a repository: summaries in a file, and how they are made anew.

Many shards are summed up by several processes, each with objects of its own.
"""

import errno
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

from fleetfeed.feed.cache import summarize
from fleetfeed.feed.shards import Shard
from fleetfeed.feed.shards import shards as shards_of
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Summary
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.repo.cache_file import (
    FILE,
    CacheFile,
    Row,
    row_of,
    sealed_row,
    summary_of,
)
from fleetfeed.util.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Made = TypeVar("Made")

_MANY = 4
"""Shards that are worth a second process."""


class DiskCacheStore:
    """The `CacheStore` of the repository of `git`."""

    def __init__(self, git: Git, folder: Callable[[], str]) -> None:
        """`folder` says where git's common folder is, when that is asked for."""
        self._git, self._folder = git, folder

    @cached_property
    def file(self) -> CacheFile:
        """The file; nothing is opened before it is asked."""
        return CacheFile(f"{self._folder()}/{FILE}")

    def load(self, path: str, id_: str) -> Summary | None:
        """See CacheStore."""
        row = self.file.load(path, id_)
        return _read(row) if row else None

    def newest(self) -> Iterator[tuple[str, Summary]]:
        """See CacheStore."""
        for row in self.file.newest():
            known = _read(row)
            if known is not None:
                yield row.id, known

    def save(self, path: str, id_: str, summary: Summary) -> None:
        """See CacheStore."""
        self.file.save([row_of(path, id_, summary)])

    def summarize(self, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
        """See CacheStore: by several processes where there is much to do."""
        return self.each_shard(summarize, tree, shards)

    def each_shard(
        self,
        make: "Callable[[FeedTree, Shard], Made]",
        tree: FeedTree,
        shards: Sequence[Shard],
    ) -> "Iterator[Made]":
        """See TextStore: by several processes, as above."""
        several = len(shards) >= _MANY
        made = self._in_parallel(make, tree, shards) if several else None
        on_progress = Progress()
        alone = (make(tree, shard) for shard in shards)
        for done, each in enumerate(made or alone, 1):
            on_progress("reading the feed's shards", done, len(shards))
            yield each

    def load_text(self, path: str, id_: str) -> str | None:
        """See TextStore."""
        row = self.file.load(path, id_)
        return row.held if row else None

    def newest_texts(self, path: str) -> Iterator[tuple[str, str]]:
        """See TextStore."""
        return ((row.id, row.held) for row in self.file.newest(path))

    def save_text(self, path: str, id_: str, text: str) -> None:
        """See TextStore."""
        self.file.save([sealed_row(path, id_, text)])

    def rebuilt(self, tree: FeedTree) -> Summary:
        """The feed's summary made from nothing, and kept. OSError: it cannot be."""
        self.file.remove()
        made = Summary()
        for shard, summary in self._anew(tree):
            self.save(shard.path, shard.folder.id, summary)
            made |= summary
        if tree.root:
            self.save("", tree.root, made)
            if self.load("", tree.root) is None:
                raise OSError(errno.EIO, "what was written is not there")
        return made

    def differences(self, feed: Snapshot) -> Iterator[str]:
        """Where cache and feed differ: shards by their paths, "" for all."""
        made = Summary()
        for shard, summary in self._anew(feed.tree):
            made |= summary
            known = self.load(shard.path, shard.folder.id)
            if known is not None and known.facts != summary.facts:
                yield shard.path
        if feed.summary.facts != made.facts:
            yield ""

    def _anew(self, tree: FeedTree) -> Iterator[tuple[Shard, Summary]]:
        whole = list(shards_of(tree))
        return zip(whole, self.summarize(tree, whole), strict=True)

    def _in_parallel(
        self,
        make: "Callable[[FeedTree, Shard], Made]",
        tree: FeedTree,
        shards: Sequence[Shard],
    ) -> "Iterator[Made]":
        from contextlib import closing

        from fleetfeed.repo.workers import all_cores, side_by_side

        def own() -> FeedTree:
            return FeedTree(Objects(self._git), tree.root, tree.folder)

        jobs = [partial(_of_shard, make, shard) for shard in shards]
        with closing(side_by_side(jobs, own, all_cores())) as made:
            yield from made


def _of_shard(
    make: "Callable[[FeedTree, Shard], Made]", shard: Shard, tree: FeedTree
) -> "Made":
    """One job of several: what `make` makes of a shard."""
    return make(tree, shard)


def _read(row: Row) -> Summary | None:
    """The summary in `row`; None where it is none after all."""
    try:
        return summary_of(row)
    except (ValueError, TypeError, AttributeError):
        return None
