"""The commit that the feed ref would be moved to next, made of what was pushed."""

from collections.abc import Mapping

from fleetfeed.checks.pushed_commit import parents_of
from fleetfeed.feed.objects import object_id
from fleetfeed.feed.overlay import unwritten
from fleetfeed.feed.tree import FeedTree
from fleetfeed.util.records import field, record

Rows = tuple[tuple[str, ...], ...]
"""Commits, ancestors before others, each with its parents behind it."""

Made = Mapping[str, tuple[str, bytes]]
"""Objects that are not written yet: kind and bytes, by id."""


@record
class Next:
    """A commit, `rows` of all that come to the feed with it, and what is not written.

    `renamed` are new items of it: the number each was pushed with, and its own.
    """

    commit: str
    rows: Rows
    made: Made = field(default_factory=dict)
    renamed: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        data: bytes,
        tree: FeedTree,
        rows: Rows = (),
        renamed: tuple[tuple[str, str], ...] = (),
    ) -> "Next":
        """The commit whose object is `data`, of an overlay `tree`. `rows` go before."""
        if tree.root is None:
            raise TypeError(tree)
        new = object_id("commit", data, len(tree.root) // 2)
        made = {**unwritten(tree), new: ("commit", data)}
        return cls(new, (*rows, (new, *parents_of(data))), made, renamed)
