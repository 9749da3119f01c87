"""Who waits in a circle: each has what another one waits for, and nobody goes on.

A place in line waits for who holds what it overlaps, and for the places before it. A
seat that holds something waits by its own places. Where that leads back to what the
first seat holds, all of them wait until a lease ends.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from functools import cache

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import IN_LINE, Hold
from fleetfeed.model.families import Families
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.util.records import record


@record
class Wait:
    """`place`, an item in line, waits for `other`, which holds or comes before it."""

    place: Item
    other: Item


def circle(
    feed: Snapshot, place: Item, seat: str, over: Callable[[Item], bool]
) -> tuple[Wait, ...]:
    """The shortest way from `place`, of `seat`, to something that the seat holds.

    Empty where there is none. `place` need not be on the feed. Nobody waits for what is
    `over`. A seat is one worker here: its sub-seats are others. Each place is looked at
    once.
    """
    mine = seat.casefold()

    def is_own(item: Item) -> bool:
        return item.state is State.IN_PROGRESS and item.holder.casefold() == mine

    if not any(map(is_own, feed.open)):
        return ()
    waits = _Waits(feed, over)
    reached: dict[str, tuple[Wait, ...]] = {place.id: ()}
    todo = deque([place])
    while todo:
        here = todo.popleft()
        for other in waits.of(here):
            way = (*reached[here.id], Wait(here, other))
            if is_own(other):
                if here.id != place.id:
                    return way
                continue
            for further in waits.through(other):
                if further.id not in reached:
                    reached[further.id] = way
                    todo.append(further)
    return ()


class _Waits:
    """What waits for what, among all that is open."""

    def __init__(self, feed: Snapshot, over: Callable[[Item], bool]) -> None:
        self._feed, self._families = feed, feed.rules.families
        self._over = cache(lambda name: over(self._items[name]))
        self._items = {item.id: item for item in feed.open}
        self._by_seat = defaultdict[str, list[Item]](list)
        for item in feed.open:
            if item.turn:
                self._by_seat[item.waiter.casefold()].append(item)

    def of(self, place: Item) -> Iterator[Item]:
        """What `place` waits for: who holds it, and who comes before."""
        families: Families = self._families
        holders = self._feed.holders.under(families)
        resting = self._feed.resting.under(families)
        for key in place.keys:
            holds = (*holders.overlapping(key), *resting.overlapping(key))
            for hold in holds:
                other = self._items.get(hold.item)
                if other and other.id != place.id and self._stops(hold, other, place):
                    yield other

    def _stops(self, hold: Hold, other: Item, place: Item) -> bool:
        """Whether the hold of `other` is in the way of `place`."""
        if other.turn or not other.held:
            ahead = hold.state == IN_LINE and other.turn < place.turn
            return ahead and not self._over(other.id)
        return not self._over(other.id)

    def through(self, item: Item) -> list[Item]:
        """The places by which `item` waits, or whoever holds it."""
        if item.turn:
            return [item]
        own = self._by_seat[item.holder.casefold()] if item.holder else []
        return [place for place in own if not self._over(place.id)]
