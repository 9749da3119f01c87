"""The items of a feed at an audit: each post is read once, and what it meant is kept.

Of an item there remains what it held after each of its posts. So who held what at any
commit is known from the names of the posts that were there, and nothing is read again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fleetfeed.feed.objects import PLAIN, Entry
from fleetfeed.feed.shards import item_entries, shards
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.epochs import epoch_findings
from fleetfeed.judge.numbers import gaps
from fleetfeed.model import layout
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item, history
from fleetfeed.model.post import Post, Unreadable
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.records import record

Keys = tuple[SurfaceKey, ...]
PostRow = tuple[int, str]
"""A post's number, and what stands there (see `what`)."""


@record
class ItemHistory:
    """An item's posts in the order of their numbers, and what it held after each."""

    item: str
    posts: tuple[PostRow, ...]
    held: tuple[Keys, ...]


def what(entry: Entry) -> str:
    """What an entry is: its file's id, with the mode where it is no plain file."""
    return entry.id if entry.mode == PLAIN else f"{entry.mode:o} {entry.id}"


def item_ids(snapshot: Snapshot) -> list[str]:
    """The items of a feed by their names, those without posts included."""
    there = (item_entries(snapshot.tree, shard) for shard in shards(snapshot.tree))
    return [str(id_) for found in there for id_ in found]


def item_history(
    snapshot: Snapshot, item: str
) -> tuple[ItemHistory | None, list[Finding]]:
    """An item's history, None where it has no post; and what is wrong with its posts.

    They can be read, or have been repaired since; they are numbered, and carry the
    right epochs.
    """
    posts = snapshot.posts(item)
    if not posts:
        return None, []
    found = [*gaps(snapshot, item, 0, [post.number for post in posts])]
    made, wrong = history_of(item, posts, _there(snapshot, item))
    return made, [*found, *wrong]


def history_of(
    item: str, posts: Sequence[Post | Unreadable], there: Mapping[int, str]
) -> tuple[ItemHistory, list[Finding]]:
    """An item's history by its posts, and what is wrong with them, but for gaps.

    `there` is what stands in their places, by their numbers (see `what`).
    """
    steps, found = list(history(Item(item), posts)), list[Finding]()
    unrepaired = steps[-1][2].unreadable
    for before, post, after in steps:
        if isinstance(post, Unreadable):
            hard = post.number in unrepaired
            found += post.findings if hard else (f.softened() for f in post.findings)
        else:
            found += epoch_findings(before, post, after)
    rows = tuple((post.number, there.get(post.number, "")) for post in posts)
    return ItemHistory(item, rows, tuple(_held(after for *_, after in steps))), found


def _held(items: Iterable[Item]) -> Iterator[Keys]:
    """What is held after each; the same value as long as nothing changes."""
    last: Keys = ()
    for item in items:
        held = item.held
        last = last if held == last else held
        yield last


def _there(snapshot: Snapshot, item: str) -> dict[int, str]:
    """What stands in the places of an item's posts, by their numbers."""
    rows = snapshot.tree.names(layout.item_folder(item))
    numbers = ((layout.post_number(row.name), what(row)) for row in rows)
    return {number: id_ for number, id_ in numbers if number is not None}
