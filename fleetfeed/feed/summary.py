"""What the judge and a list of items need of a feed, without its posts.

A summary is small where little is alive, whatever the feed's age: what is held, each
open item as it is, and which numbers are taken. It is a function of the tree, so it is
remembered under the tree's id, and that of another tree follows from it and from the
items that differ.
"""

from collections.abc import Iterable, Iterator, Mapping

from fleetfeed.feed.codec import item_from_text, item_to_text
from fleetfeed.feed.surface_index import Hold, holds_of, rests_of
from fleetfeed.model.item import Item
from fleetfeed.model.names import ItemId, by_prefix
from fleetfeed.util.intervals import IntervalSet
from fleetfeed.util.records import field, record

NONE_TAKEN = IntervalSet()


@record
class Open:
    """An open item: the id of its folder's tree, and the item as a line of text."""

    tree: str
    text: str

    @property
    def item(self) -> Item:
        """The item."""
        return item_from_text(self.text)


@record
class SummaryRow:
    """What stands where an item's folder would, `tree` its id: its number is taken.

    `item` is None where it is no folder.
    """

    id: ItemId
    item: Item | None
    tree: str = ""


@record
class Summary:
    """What is alive in a feed, or in a part of it, and which numbers are taken.

    An item is open where it is not over, or unreadable, or holds something all the
    same; `open` has them by id, `taken` the numbers by prefix. `resting` is what items
    at rest have.
    """

    holds: tuple[Hold, ...] = ()
    resting: tuple[Hold, ...] = ()
    open: Mapping[str, Open] = field(default_factory=dict)
    taken: Mapping[str, IntervalSet] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[SummaryRow]) -> "Summary":
        """The summary of `rows`."""
        return cls().changed((), rows)

    def changed(self, gone: Iterable[ItemId], new: Iterable[SummaryRow]) -> "Summary":
        """The summary without what stood at `gone`, and with `new`."""
        left, come = list(gone), list(new)
        out = {str(id_) for id_ in left} | {str(row.id) for row in come}
        there = {id_: row for id_, row in self.open.items() if id_ not in out}
        held = [hold for hold in self.holds if hold.item not in out]
        rest = [hold for hold in self.resting if hold.item not in out]
        for row in come:
            if row.item and is_open(row.item):
                there[str(row.id)] = Open(row.tree, item_to_text(row.item))
                held += holds_of(row.item)
                rest += rests_of(row.item)
        return Summary(tuple(held), tuple(rest), there, self._taken(left, come))

    def _taken(
        self, gone: list[ItemId], new: list[SummaryRow]
    ) -> Mapping[str, IntervalSet]:
        left, come = by_prefix(gone), by_prefix(row.id for row in new)
        found = dict(self.taken)
        for prefix in left.keys() | come.keys():
            known = found.get(prefix, NONE_TAKEN)
            found[prefix] = known.changed(left.get(prefix, ()), come.get(prefix, ()))
        return {prefix: taken for prefix, taken in found.items() if len(taken)}

    def __or__(self, other: "Summary") -> "Summary":
        """The summary of both parts, which have no item in common."""
        taken = dict(self.taken)
        for prefix, more in other.taken.items():
            taken[prefix] = taken.get(prefix, NONE_TAKEN) | more
        holds, resting = self.holds + other.holds, self.resting + other.resting
        return Summary(holds, resting, {**self.open, **other.open}, taken)

    @property
    def facts(self) -> tuple[object, ...]:
        """All that it says, to be compared: the order of holds says nothing."""
        keys = frozenset(self.holds), frozenset(self.resting)
        return *keys, dict(self.open), dict(self.taken)

    def keeping(self, name: str) -> Iterator[Item]:
        """The open items that have a value of the field `name`, which items keep.

        Of a line of text it shows whether that can be: few are read.
        """
        there = (row for row in self.open.values() if f'"{name}"' in row.text)
        return (item for row in there if (item := row.item).value(name))

    @property
    def items(self) -> Iterator[Item]:
        """The open items."""
        return (row.item for row in self.open.values())


def is_open(item: Item) -> bool:
    """Whether `item` is there, and not over, or unreadable, or holding something.

    An unreadable post may have reopened it: what cannot be read is not over.
    """
    over = item.state is not None and item.state.terminal and not item.unreadable
    return item.newest > 0 and not (over and not item.held)
