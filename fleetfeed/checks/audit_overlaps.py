"""Who held one surface with another item, at the tip and at the commits before it.

An index of held surfaces that follows the feed from commit to commit: what did not
change is not looked at again, however many items are open.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from fleetfeed.checks.audit_items import ItemHistory, Keys, PostRow
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.printable import printable
from fleetfeed.util.records import field, record

Parts = tuple[str, ...]
_Held = dict[tuple[str, Parts], SurfaceKey]


def _index() -> defaultdict[Parts, _Held]:
    return defaultdict(dict)


@record
class OverlapIndex:
    """What items hold, by item and by surface; `put` says what one holds now."""

    held: dict[str, Keys] = field(default_factory=dict)
    _exact: defaultdict[Parts, _Held] = field(default_factory=_index)
    _below: defaultdict[Parts, _Held] = field(default_factory=_index)

    def put(self, item: str, keys: Keys) -> None:
        """Let `item` hold `keys` and nothing else."""
        old = self.held.get(item, ())
        if keys == old:
            return
        for key in old:
            for index, parts in self._places(key):
                del index[parts][item, key.parts]
                if not index[parts]:
                    del index[parts]
        for key in keys:
            for index, parts in self._places(key):
                index[parts][item, key.parts] = key
        self.held[item] = keys

    def _places(
        self, key: SurfaceKey
    ) -> Iterator[tuple[defaultdict[Parts, _Held], Parts]]:
        yield self._exact, key.parts
        for length in range(1, len(key.parts)):
            yield self._below, key.parts[:length]

    def overlaps(self, item: str) -> Iterator[tuple[SurfaceKey, SurfaceKey, str]]:
        """Each key that `item` holds, each overlapping one, and that one's item."""
        for key in self.held.get(item, ()):
            for (other, _), held in self._overlapping(key):
                if other != item:
                    yield key, held, other

    def _overlapping(
        self, key: SurfaceKey
    ) -> Iterator[tuple[tuple[str, Parts], SurfaceKey]]:
        for length in range(1, len(key.parts) + 1):
            yield from self._exact.get(key.parts[:length], {}).items()
        yield from self._below.get(key.parts, {}).items()


Touched = tuple[tuple[str, PostRow], ...]
"""The posts that a commit changed against its first parent: of which item, and what
stands there now, empty where nothing does."""


@record
class OverlapHistory:
    """The overlaps at each commit of the first-parent chain, told once a pair.

    `lives` are the items at the tip. An item whose posts were not always the first of
    those is `odd`: `held_at` finds out what such a one held at a commit.
    """

    lives: Mapping[str, ItemHistory]
    held_at: Callable[[str, str], Keys]
    folder: str
    now: OverlapIndex = field(default_factory=OverlapIndex)
    odd: set[str] = field(default_factory=set)
    posts: dict[str, int] = field(default_factory=dict)
    met: set[tuple[str, str]] = field(default_factory=set)

    def at(self, commit: str, touched: Touched) -> Iterator[Finding]:
        """The overlaps that `commit` brings, as warnings; the oldest is told first."""
        items = self._follow(touched)
        for item in items:
            self.now.put(item, self._held(item, commit))
        for item in items:
            for key, _, other in self.now.overlaps(item):
                pair = (min(item, other), max(item, other))
                if pair not in self.met:
                    self.met.add(pair)
                    yield self._both(commit, pair, key.text)

    def _follow(self, touched: Touched) -> list[str]:
        """Take note of the posts that came; the items that they are of."""
        for item, row in sorted(touched):
            there, life = self.posts.get(item, 0), self.lives.get(item)
            if life and life.posts[there : there + 1] == (row,):
                self.posts[item] = there + 1
            else:
                self.odd.add(item)
        return sorted({item for item, _ in touched})

    def _held(self, item: str, commit: str) -> Keys:
        if item in self.odd:
            return self.held_at(commit, item)
        return self.lives[item].held[self.posts[item] - 1]

    def _both(self, commit: str, pair: tuple[str, str], key: str) -> Finding:
        message = (
            f"at commit {commit[:12]} {pair[0]} and "
            f"{pair[1]} both held {printable(key)}"
        )
        place = Place(f"{self.folder}/{layout.item_folder(pair[1])}")
        todo = "nothing to do if its push went on to settle it"
        return finding("FF401", place, f"{message}; {todo}").softened()


def at_the_tip(lives: Iterable[ItemHistory], folder: str) -> Iterator[Finding]:
    """FF401 for each overlap at the tip, said of the later item of the two."""
    now, newest = OverlapIndex(), dict[str, int]()
    for life in lives:
        if life.held[-1]:
            now.put(life.item, life.held[-1])
            newest[life.item] = life.newest
    for item, number in newest.items():
        for key, held, other in now.overlaps(item):
            if other < item:
                message = (
                    f"COLLIDE-WITH-{other}: {printable(held.text)} "
                    f"and {printable(key.text)}"
                )
                message = (
                    f"{message} of {item} are both held; park or cancel one of the two"
                )
                path = f"{folder}/{layout.post_path(item, number)}"
                yield finding("FF401", Place(path), message)
