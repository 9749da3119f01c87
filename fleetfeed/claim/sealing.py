"""What may be sealed: shards in which nothing is left to do, for long enough.

The judge asks that every item of a sealed shard is over. How long it must have been
over is the policy's wish and no rule, since no rule trusts a time that a seat wrote.
"""

from collections.abc import Callable, Iterator

from fleetfeed import itemid, layout
from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.estimate import utc
from fleetfeed.places import Shard, places, shards
from fleetfeed.post import Post, Unreadable
from fleetfeed.reading import read_posts
from fleetfeed.record import record
from fleetfeed.sealed import LARGEST, seal
from fleetfeed.snapshot import Snapshot
from fleetfeed.tree import FOLDER, PLAIN

FEWEST = 20
"""Posts that a shard has at least: git could take the file of few for one of them."""

Touched = Callable[[str], float]
"""When a shard was last touched, in seconds of UTC: for posts that say no AT."""


@record
class Sealing:
    """A shard to be sealed: its path, its file's bytes, and what is in it."""

    shard: str
    data: bytes
    items: int
    posts: int

    @property
    def files(self) -> dict[str, bytes | None]:
        """What is written, by paths of the feed, and what goes (None)."""
        return {self.shard + layout.SEALED: self.data, self.shard: None}


class NotYet(Exception):
    """A shard that is not to be sealed; the text says why."""


def closed(feed: Snapshot) -> Iterator[Shard]:
    """The shards with posts of their own, below the numbers to come, and nothing open.

    They are found by the feed's summary; no post is read.
    """
    following, busy = dict[str, str](), {_shard(item) for item in feed.summary.open}
    for shard in shards(feed.tree):
        prefix = shard.path.partition("/")[0]
        if prefix not in following:
            number = next_number(feed, prefix, feed.rules.max_gap)
            following[prefix] = layout.shard_folder(number)
        if shard.path in busy or _sealed(shard) or shard.path == following[prefix]:
            continue
        yield shard


def _shard(item: str) -> str:
    known = itemid.parse(item)
    return layout.shard_folder(known) if known else ""


def _sealed(shard: Shard) -> bool:
    """Whether all of it is sealed: nothing lies beside the file."""
    return bool(shard.folder.sealed_in) and shard.folder.sealed_in.endswith("+")


def sealing(feed: Snapshot, shard: Shard, before: float, touched: Touched) -> Sealing:
    """`shard` sealed; NotYet where an item is not over since `before` (UTC seconds)."""
    there, posts = places(feed.tree, shard), dict[str, bytes]()
    if len(there) != len(feed.tree.below(shard.folder, shard.path)):
        raise NotYet("something in it is no item's folder")
    for id_, folder in there.items():
        if folder.mode != FOLDER:
            raise NotYet(f"{id_} is no folder")
        rows = feed.tree.below(folder, layout.item_folder(str(id_)))
        read = read_posts(feed.tree, str(id_), rows)
        if len(read) != len(rows) or any(row.mode != PLAIN for row in rows):
            raise NotYet(f"something in {id_} is no post")
        if _last_said(read[-1], shard.path, touched) > before:
            raise NotYet(f"{id_} is not over for long enough")
        for row in rows:
            path = f"{id_}/{row.name}"
            posts[path] = feed.tree.content(row, f"{shard.path}/{path}")
    return _made(shard.path, posts, len(there))


def _made(shard: str, posts: dict[str, bytes], items: int) -> Sealing:
    if len(posts) < FEWEST:
        raise NotYet(f"it has {len(posts)} posts, fewer than {FEWEST}")
    data = seal(posts)
    if len(data) > LARGEST:
        raise NotYet(f"it has {len(data)} bytes, more than {LARGEST}")
    return Sealing(shard, data, items, len(posts))


def _last_said(post: Post | Unreadable, shard: str, touched: Touched) -> float:
    at = post.text("AT") if isinstance(post, Post) else ""
    return utc(at) if at else touched(shard)
