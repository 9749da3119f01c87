"""How many messages the readers of many items have not seen, without their posts.

What a seat was told of an item follows from the item's posts, so it is remembered under
the id of their folder's tree: who lists a thousand items reads the posts of those that
have changed.
"""

import json
from collections.abc import Iterable, Mapping

from fleetfeed.feed.cache import TextStore
from fleetfeed.feed.messages import Heard, count_since, heard, reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.item import Item
from fleetfeed.util.records import record

_PATH = "heard"
"""Where these rows are kept, among those of shards and months."""

WORTH_KEEPING = 16
"""Items whose posts had to be read before the rows are kept for the next command."""


@record
class _Row:
    """What `seat` was told of an item whose posts are the tree `tree`."""

    tree: str
    seat: str
    number: int
    at: str
    posts: int


class HeardMemory:
    """What is known of the items' readers: in this process, and in a store."""

    def __init__(self, store: TextStore) -> None:
        """Nothing is read yet."""
        self._store = store
        self._rows: dict[str, _Row] | None = None
        self._new = 0

    def of(self, feed: Snapshot, item: Item) -> Heard:
        """What the reader of an open item was told."""
        if self._rows is None:
            self._rows = _newest(self._store)
        seat, known = reader(item), self._rows.get(item.id)
        there = feed.summary.open.get(item.id)
        tree = there.tree if there else ""
        if known and tree and (known.tree, known.seat) == (tree, seat):
            return Heard(known.number, known.at, known.posts)
        found = heard(feed, item.id, seat)
        self._rows[item.id] = _Row(tree, seat, found.number, found.at, found.posts)
        self._new += 1
        return found

    def keep(self, feed: Snapshot) -> None:
        """Remember it for the next command, where that is worth while."""
        root = feed.tree.root
        if self._rows is None or root is None or self._new < WORTH_KEEPING:
            return
        there = feed.summary.open
        rows = {item: row for item, row in self._rows.items() if item in there}
        self._store.save_text(_PATH, root, _to_text(rows))
        self._new = 0


def unseen_counts(feed: Snapshot, items: Iterable[Item]) -> Mapping[str, int | None]:
    """By item, how many messages its reader has not seen; None: it cannot be told.

    That is so where a note is not here and cannot be fetched: it must not hide the
    items.
    """
    known = tuple(items)
    memory, counts = feed.cache.memory(HeardMemory), dict[str, int | None]()
    try:
        feed.expect_said(item.id for item in known)
        for item in known:
            told = memory.of(feed, item)
            counts[item.id] = count_since(feed, item.id, reader(item), told)
    except CannotTell:
        return {item.id: counts.get(item.id) for item in known}
    if feed.lasting:
        memory.keep(feed)
    return counts


def _newest(store: TextStore) -> dict[str, _Row]:
    text = next((text for _, text in store.newest_texts(_PATH)), "{}")
    try:
        return {item: _Row(*row) for item, row in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _to_text(rows: Mapping[str, _Row]) -> str:
    kept = {i: (r.tree, r.seat, r.number, r.at, r.posts) for i, r in rows.items()}
    return json.dumps(kept, separators=(",", ":"))
