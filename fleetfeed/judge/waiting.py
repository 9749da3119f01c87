"""What waits for what in a push: which items wait for themselves, and which are done.

A push may bring a chain of thousands, and each of its posts asks. So each item is
looked at once for all of them: first it is told which items are in circles at all
(Tarjan's strongly connected components), and only of those a way back is looked for.
"""

from collections import deque

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.item import Item
from fleetfeed.model.post import Post, State

MOST_STEPS = 100_000
"""Items and dependencies that are passed on ways back before nobody looks for more."""

LEFT_OUT = "…"
"""Stands in a way back for what was not looked for."""


def is_done(item: Item) -> bool:
    """Whether others may begin upon `item`: what cannot be read is not done."""
    return item.state is State.DONE and not item.unreadable


class DoneInPush:
    """Which items are done after a push, or were at some time of it; read once each.

    A push may be a fleet's whole history: what was reopened later was done when others
    began.
    """

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        """Nothing is read yet."""
        self._before, self._after = before, after
        self._known: dict[str, bool] = {}

    def __contains__(self, item: str) -> bool:
        """Whether it is, or was."""
        if item not in self._known:
            self._known[item] = self._was(item)
        return self._known[item]

    def _was(self, item: str) -> bool:
        before, after = self._before.item(item), self._after.item(item)
        if is_done(after):
            return True
        new = frozenset(range(before.newest + 1, after.newest + 1))
        if not new:
            return False
        posts = self._after.posts(item, new)
        ended = any(isinstance(p, Post) and p.state is State.DONE for p in posts)
        return ended or is_done(before)


class WaitsGraph:
    """Which items of a feed wait for which, by DEPENDS_ON; read as it is asked."""

    def __init__(self, feed: Snapshot) -> None:
        """Nothing is read yet."""
        self._feed = feed
        self._waits: dict[str, tuple[str, ...]] = {}
        self._circles: dict[str, frozenset[str]] = {}
        self._steps = 0

    def waits(self, item: str) -> tuple[str, ...]:
        """What `item` says that it depends on."""
        found = self._waits.get(item)
        if found is None:
            found = self._waits[item] = self._feed.item(item).texts("DEPENDS_ON")
        return found

    def way_back(self, item: str) -> tuple[str, ...]:
        """The shortest way along DEPENDS_ON from `item` to itself; empty without one.

        Where ways back have taken MOST_STEPS already, its first step alone.
        """
        circle = self._circle(item)
        if not circle:
            return ()
        if self._steps >= MOST_STEPS:
            first = next(name for name in self.waits(item) if name in circle)
            return (item, first, LEFT_OUT, item)
        return self._shortest(item, circle)

    def _shortest(self, item: str, circle: frozenset[str]) -> tuple[str, ...]:
        """The way back of one that is known to be in a circle."""
        reached: dict[str, str] = {}
        todo = deque([item])
        while item not in reached:
            here = todo.popleft()
            self._steps += 1 + len(self.waits(here))
            for name in self.waits(here):
                if name in circle and name not in reached:
                    reached[name] = here
                    todo.append(name)
        way = [item, reached[item]]
        while way[-1] != item:
            way.append(reached[way[-1]])
        return tuple(reversed(way))

    def _circle(self, item: str) -> frozenset[str]:
        """The items that `item` waits for and that wait for it; none outside one."""
        if item not in self._circles:
            self._look(item)
        return self._circles[item]

    def _look(self, start: str) -> None:
        """Find the circles of all that `start` waits for, and that is not known yet."""
        number, lowest, path = {start: 0}, {start: 0}, [start]
        under_way = [(start, iter(self.waits(start)))]
        while under_way:
            here, rest = under_way[-1]
            for name in rest:
                if name in self._circles:
                    continue
                if name not in number:
                    number[name] = lowest[name] = len(number)
                    path.append(name)
                    under_way.append((name, iter(self.waits(name))))
                    break
                lowest[here] = min(lowest[here], number[name])
            else:
                under_way.pop()
                if under_way:
                    above, _ = under_way[-1]
                    lowest[above] = min(lowest[above], lowest[here])
                if lowest[here] == number[here]:
                    self._close(here, path)

    def _close(self, first: str, path: list[str]) -> None:
        """`first` and what stands behind it in `path` are one component."""
        at = len(path) - 1
        while path[at] != first:
            at -= 1
        names = frozenset(path[at:])
        del path[at:]
        alone = len(names) == 1 and first not in self.waits(first)
        self._circles.update(dict.fromkeys(names, frozenset() if alone else names))
