"""The memo's shelf: summaries in a file, and the crew that makes them anew."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from fleetfeed.feed.cache import sum_up
from fleetfeed.feed.shards import Shard
from fleetfeed.feed.summary import Summary
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.process import Git
from fleetfeed.repo.cache_file import FILE, File
from fleetfeed.repo.rows import Row, row_of, summary_of
from fleetfeed.util.progress import Progress, Tell

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
        made = self._by_crew(tree, shards) if len(shards) >= _MANY else None
        alone = (sum_up(tree, shard) for shard in shards)
        for done, summary in enumerate(made or alone, 1):
            self._tell("reading the feed's shards", done, len(shards))
            yield summary

    def _by_crew(self, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
        from fleetfeed.repo.crew import summed_up

        return summed_up(self._git, tree, shards)


def _read(row: Row) -> Summary | None:
    """The summary in `row`; None where it is none after all."""
    try:
        return summary_of(row)
    except (ValueError, TypeError, AttributeError):
        return None
