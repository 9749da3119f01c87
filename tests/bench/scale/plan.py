"""Which feeds are measured, and what in each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.scale.sizes import Size


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for.

    `posts` are the sizes of the feeds, each with as many items open as each of `claims`
    says, both from the least to the most. Sealed feeds have one more, with `open` items
    open, and that one is pushed and fetched; where `open` is None, none is sealed. A
    memo is made from nothing of `cold` posts, and a history of `commits` is proven.
    """

    posts: tuple[int, ...]
    claims: tuple[int, ...]
    open: int | None
    cold: int
    commits: int
    rounds: int
    cache: Path

    def sizes(self) -> Iterator[Size]:
        """Every feed."""
        for posts in self.posts:
            for claims in self.claims:
                yield Size(posts, claims)
            if self.open is not None and Size(posts, sealed=True).worth_sealing:
                for claims in sorted({*self.claims, self.open}):
                    yield Size(posts, claims, sealed=True)

    @property
    def usual(self) -> int:
        """How many claims a feed has where only one number can be shown: the third."""
        return self.claims[:3][-1]

    def wired(self, size: Size) -> bool:
        """Whether what goes over the wire is measured in a feed of `size`."""
        return size.active in ((self.open,) if size.sealed else (0, self.usual))

    def plain(self, posts: int) -> Size:
        """The feed of so many posts that stands for its size."""
        return Size(posts, self.usual)

    def sealed(self, posts: int) -> Size:
        """The sealed feed that stands for its size; the plain one of the smallest."""
        found = Size(posts, self.open or 0, sealed=True)
        known = self.open is not None and found.worth_sealing
        return found if known else self.plain(posts)

    @property
    def smallest(self) -> Size:
        """The feed that everything is held against."""
        return Size(min(self.posts), min(self.claims))

    @property
    def largest(self) -> Size:
        """The feed of the most posts that stands for its size."""
        return self.plain(max(self.posts))

    def named(self) -> tuple[Size, ...]:
        """The feeds that goals name: the smallest, the largest, the largest sealed."""
        sealed = self.sealed(max(self.posts))
        return tuple(dict.fromkeys((self.smallest, self.largest, sealed)))
