"""Large feeds as they grow in a fleet's life: old items below, open ones on top.

All items have one prefix, so that the folders are as large as they get; those that hold
a surface are the newest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from harness import claim, path, post

from bench.feeds import FEED_REF, File
from fleetfeed.feed.seal_format import seal
from fleetfeed.model.policy_template import template

VERSION = 1
"""Another one lets what was kept be built anew."""

POSTS_OF = 3
"""Posts of a closed item: it waits, is claimed, is done."""

# So that already the smallest feed has a shard that is full, and can be sealed.
_FIRST = 990
_SHARD = 1000
_FAMILIES = 40

START: tuple[File, ...] = (
    ("README.md", "no post\n"),
    ("feed/policy.yaml", template(FEED_REF)),
)
"""What is there before the first post."""


@dataclass(frozen=True, slots=True)
class Size:
    """A feed: posts of closed items, and beside them items that hold a surface."""

    posts: int
    active: int = 0
    sealed: bool = False

    @property
    def label(self) -> str:
        """See feeds.Kind."""
        return f"{self.posts:,} posts{', sealed' if self.sealed else ''}"

    @property
    def words(self) -> str:
        """What it is, for a reader."""
        return f"{self.label}, {self.active:,} claims"

    @property
    def closed(self) -> range:
        """The numbers of the closed items."""
        return range(_FIRST, _FIRST + max(1, self.posts // POSTS_OF))

    @property
    def open(self) -> range:
        """The numbers of the items that hold a surface."""
        return range(self.closed.stop, self.closed.stop + self.active)

    @property
    def worth_sealing(self) -> bool:
        """Whether most of the closed items lie in shards that are full."""
        return 2 * (self.closed[-1] % _SHARD + 1) <= len(self.closed)

    def next_item(self, ahead: int = 0) -> str:
        """See feeds.Kind."""
        return _item(self.open.stop + ahead)

    @property
    def shards(self) -> range:
        """The numbers of the shards with closed items."""
        return range(self.closed[0] // _SHARD, self.closed[-1] // _SHARD + 1)

    def below(self) -> Iterator[Iterable[File]]:
        """The files of a repository with the closed items alone, shard after shard."""
        yield START
        for shard in self.shards:
            within = range(shard * _SHARD, (shard + 1) * _SHARD)
            numbers = [number for number in within if number in self.closed]
            posts = (file for number in numbers for file in _closed(number))
            if self.sealed and shard < self.shards[-1]:
                yield [(f"feed/CMB/{shard:03d}.sealed", _sealed(shard, posts))]
            else:
                yield posts

    def on_top(self) -> Iterator[File]:
        """The posts of the items that hold a surface."""
        for number in self.open:
            at = "2026-11-20T08:15:00Z"
            yield path(_item(number)), claim(**_work(number), lease="2h", at=at)


def _item(number: int) -> str:
    return f"CMB-{number:04d}"


def _work(number: int) -> dict[str, str]:
    return {
        "item": _item(number),
        "key": f"CAMBER:family-{number % _FAMILIES}:src/module-{number}/part.py",
        "seat": f"CAMBER-{number % 20:02d}",
        "subject": f"the work of item {number}, as long as a subject usually is",
        "no_overlap_proof": f"only module-{number} is touched, and nobody is near it",
    }


def _closed(number: int) -> Iterator[File]:
    item, seat = _item(number), f"CAMBER-{number % 20:02d}"
    told = {"item": item, "seat": seat, "subject": None}
    day = f"2026-05-{number % 28 + 1:02d}"
    first = claim(**_work(number), state="AWAITING_CLAIM", at=f"{day}T07:40:09Z")
    yield path(item, 1), first
    at = f"{day}T08:12:40Z"
    yield path(item, 2), post(**told, state="IN_PROGRESS", lease="2h", at=at)
    at = f"{day}T09:41:05Z"
    yield path(item, 3), post(**told, state="DONE", body="it is done", at=at)


def life(posts: int) -> Iterator[File]:
    """The first `posts` posts of a feed of closed items, item after item."""
    numbers = Size(posts + POSTS_OF).closed
    yield from islice((file for n in numbers for file in _closed(n)), posts)


def _sealed(shard: int, posts: Iterable[File]) -> str:
    below = f"feed/CMB/{shard:03d}/"
    return seal(
        {name.removeprefix(below): text.encode() for name, text in posts}
    ).decode()
