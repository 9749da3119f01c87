"""Who held one surface with another item, at the tip and at the commits before it.

The index of what is held follows the feed from commit to commit: what did not change is
not looked at again, however many items are open.
"""

from collections.abc import Callable, Collection, Container, Iterator, Mapping

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


Pair = tuple[str, str]
"""Two items, the one that sorts first first."""


def both_held(
    items: Collection[Holding],
    folder: str,
    families: Families,
    brought: Container[Pair] | None = None,
) -> Iterator[Finding]:
    """FF401 for each overlap of two `items`, said of the later item of the two.

    `brought` are the pairs that a post has made (None: that is not known). Of another
    pair a change of the policy made one surface, which is a warning.
    """
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
                by_families = not key.overlaps(hold.key)
                if by_families:
                    message = f"{message}: by the policy's families they are one now"
                found = finding("FF401", place, f"{message}; {todo}", item=hold.item)
                known = brought is None or _pair(item, hold.item) in brought
                yield found if known or not by_families else found.softened()


class OverlapHistory:
    """The overlaps at each commit of the first-parent chain, reported once a pair."""

    def __init__(
        self,
        items: Mapping[str, ItemHistory],
        held_at: Callable[[str, str], Keys],
        families_at: Callable[[str], Families],
        folder: str,
    ) -> None:
        """`items` are those at the tip.

        `held_at` finds out what an item held at a commit: for an item whose posts were
        not always the first of those that it has at the tip. `families_at` has the
        families of the policy at a commit.
        """
        self._items, self._held_at, self._folder = items, held_at, folder
        self._families_at, self._families = families_at, ANY_FAMILY
        self._odd = set[str]()
        self._posts = dict[str, int]()
        self._held = dict[str, Keys]()
        self._index = OverlapIndex()
        self.brought = set[Pair]()
        """The pairs that a post has made so far."""

    def at(self, commit: str, touched: Touched, *, ruled: bool) -> Iterator[Finding]:
        """The overlaps that `commit` brings, as warnings; the oldest comes first.

        `ruled` says that it changes the policy, which counts from the next commit on.
        """
        items = self._follow(touched)
        taken = {item: self._put(item, self._now(item, commit)) for item in items}
        for item in items:
            for key, hold in self._index.with_others(item, self._held.get(item, ())):
                pair = _pair(item, hold.item)
                new = key in taken[item] or hold.key in taken.get(hold.item, ())
                if new and pair not in self.brought:
                    self.brought.add(pair)
                    yield self._both(commit, pair, key.text)
        if ruled:
            self._compare_by(self._families_at(commit))

    def _compare_by(self, families: Families) -> None:
        if families != self._families:
            rows = ((key, item) for item, keys in self._held.items() for key in keys)
            self._families = families
            self._index = OverlapIndex((hold_of(*row) for row in rows), families)

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

    def _put(self, item: str, keys: Keys) -> Keys:
        """Let `item` hold `keys` and nothing else; those that it did not hold."""
        old = self._held.get(item, ())
        if keys == old:
            return ()
        for key in old:
            self._index.remove(hold_of(key, item))
        for key in keys:
            self._index.add(hold_of(key, item))
        self._held[item] = keys
        return tuple(key for key in keys if key not in old)

    def _both(self, commit: str, pair: Pair, key: str) -> Finding:
        who = f"{pair[0]} and {pair[1]} both held {printable(key)}"
        message = f"at commit {commit[:12]} {who}"
        place = Place(f"{self._folder}/{layout.item_folder(pair[1])}")
        todo = "nothing to do if its push went on to settle it"
        return finding("FF401", place, f"{message}; {todo}").softened()


def _pair(one: str, two: str) -> Pair:
    return min(one, two), max(one, two)
