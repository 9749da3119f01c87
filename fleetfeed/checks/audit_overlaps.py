"""Who held one surface with another item, at the tip and at the commits before it.

The index of what is held follows the feed from commit to commit: what did not change is
not looked at again, however many items are open.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from fleetfeed.checks.audit_items import ItemHistory, Keys, PostRow
from fleetfeed.feed.surface_index import OverlapIndex, hold_of
from fleetfeed.model import layout, names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.families import ANY_FAMILY, Families
from fleetfeed.model.findings import Finding, Place
from fleetfeed.util.printable import printable

Touched = tuple[tuple[str, PostRow], ...]
"""The posts that a commit changed against its first parent: of which item, and what
stands there now, empty where nothing does."""


Holding = tuple[str, int, Keys]
"""An item, the number of its newest post, and what it holds."""


def both_held(
    items: Collection[Holding], folder: str, families: Families = ANY_FAMILY
) -> Iterator[Finding]:
    """FF401 for each overlap of two `items`, said of the later item of the two."""
    holds = (hold_of(key, item) for item, _, keys in items for key in keys)
    index = OverlapIndex(holds, families)
    for item, newest, keys in items:
        for key, hold in index.with_others(item, keys):
            if names.in_order(hold.item) < names.in_order(item):
                both = f"{printable(hold.text)} and {printable(key.text)} of {item}"
                message = f"COLLIDE-WITH-{hold.item}: {both} are both held"
                place = Place(f"{folder}/{layout.post_path(item, newest)}")
                todo = (
                    f"one of the two has to let go, such as by `fleetfeed park {item}`"
                )
                yield finding("FF401", place, f"{message}; {todo}", item=hold.item)


class OverlapHistory:
    """The overlaps at each commit of the first-parent chain, reported once a pair."""

    def __init__(
        self,
        items: Mapping[str, ItemHistory],
        held_at: Callable[[str, str], Keys],
        folder: str,
    ) -> None:
        """`items` are those at the tip.

        `held_at` finds out what an item held at a commit: for an item whose posts were
        not always the first of those that it has at the tip.
        """
        self._items, self._held_at, self._folder = items, held_at, folder
        self._odd = set[str]()
        self._posts = dict[str, int]()
        self._held = dict[str, Keys]()
        self._index = OverlapIndex()
        self._reported = set[tuple[str, str]]()

    def at(self, commit: str, touched: Touched) -> Iterator[Finding]:
        """The overlaps that `commit` brings, as warnings; the oldest comes first."""
        items = self._follow(touched)
        for item in items:
            self._put(item, self._now(item, commit))
        for item in items:
            for key, hold in self._index.with_others(item, self._held.get(item, ())):
                pair = (min(item, hold.item), max(item, hold.item))
                if pair not in self._reported:
                    self._reported.add(pair)
                    yield self._both(commit, pair, key.text)

    def _follow(self, touched: Touched) -> list[str]:
        """Take note of the posts that came; the items that they are of."""
        for item, row in sorted(touched):
            number, known = self._posts.get(item, 0), self._items.get(item)
            if known and known.posts[number : number + 1] == (row,):
                self._posts[item] = number + 1
            else:
                self._odd.add(item)
        return sorted({item for item, _ in touched})

    def _now(self, item: str, commit: str) -> Keys:
        if item in self._odd:
            return self._held_at(commit, item)
        return self._items[item].held[self._posts[item] - 1]

    def _put(self, item: str, keys: Keys) -> None:
        """Let `item` hold `keys` and nothing else."""
        old = self._held.get(item, ())
        if keys != old:
            for key in old:
                self._index.remove(hold_of(key, item))
            for key in keys:
                self._index.add(hold_of(key, item))
            self._held[item] = keys

    def _both(self, commit: str, pair: tuple[str, str], key: str) -> Finding:
        who = f"{pair[0]} and {pair[1]} both held {printable(key)}"
        message = f"at commit {commit[:12]} {who}"
        place = Place(f"{self._folder}/{layout.item_folder(pair[1])}")
        todo = "nothing to do if its push went on to settle it"
        return finding("FF401", place, f"{message}; {todo}").softened()
