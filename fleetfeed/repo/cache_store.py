"""The memo's shelf: summaries in a file, and the crew that makes them anew.

Many shards are summed up by several processes, each with objects of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

from fleetfeed.feed.cache import sum_up
from fleetfeed.feed.shards import Shard
from fleetfeed.feed.summary import Summary
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.repo.cache_file import FILE, File, Row, row_of, summary_of
from fleetfeed.util.progress import Progress, Tell


def summed_up(git: Git, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
    """The summaries of `shards` of `tree`, a feed in the repository of `git`."""
    from contextlib import closing

    from fleetfeed.repo.workers import MOST_JOBS, all_hands, side_by_side

    def own() -> FeedTree:
        return FeedTree(Objects(git), tree.root, tree.folder)

    for at in range(0, len(shards), MOST_JOBS):
        jobs = [partial(_sum_up, shard) for shard in shards[at : at + MOST_JOBS]]
        with closing(side_by_side(jobs, own, all_hands())) as made:
            yield from made


def _sum_up(shard: Shard, tree: FeedTree) -> Summary:
    return sum_up(tree, shard)


_MANY = 4
"""Shards that are worth a second process."""


class Index:
    """The memo of the repository of `git`; see `fleetfeed.feed.cache.Shelf`."""

    def __init__(self, git: Git, folder: Callable[[], str], tell: Tell | None = None):
        """`folder` says where git's common folder is, when that is asked for."""
        self._git, self._folder, self._tell = git, folder, tell or Progress()

    @cached_property
    def file(self) -> File:
        """The file; nothing is opened before it is asked."""
        return File(f"{self._folder()}/{FILE}")

    def recall(self, path: str, id_: str) -> Summary | None:
        """See Shelf."""
        row = self.file.recall(path, id_)
        return _read(row) if row else None

    def newest(self) -> Iterator[tuple[str, Summary]]:
        """See Shelf."""
        for row in self.file.newest():
            known = _read(row)
            if known is not None:
                yield row.id, known

    def keep(self, path: str, id_: str, summary: Summary) -> None:
        """See Shelf."""
        self.file.keep([row_of(path, id_, summary)])

    def sum_up(self, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
        """See Shelf: by several processes where there is much to do."""
        made = summed_up(self._git, tree, shards) if len(shards) >= _MANY else None
        alone = (sum_up(tree, shard) for shard in shards)
        for done, summary in enumerate(made or alone, 1):
            self._tell("reading the feed's shards", done, len(shards))
            yield summary


def _read(row: Row) -> Summary | None:
    """The summary in `row`; None where it is none after all."""
    try:
        return summary_of(row)
    except (ValueError, TypeError, AttributeError):
        return None
