"""Who holds which surface: an index that answers in the length of a key.

Containment is collision, so a key is looked up under each of its own beginnings, and
the keys below it are those that begin with it. What is held comes as light rows, which
are remembered between commands: an item itself is read where somebody asks for it.
"""

from bisect import bisect_left, insort
from collections import defaultdict, namedtuple
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import takewhile

from fleetfeed.model import names
from fleetfeed.model.families import ANY_FAMILY, Families
from fleetfeed.model.item import Item
from fleetfeed.model.surface import SurfaceKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class _Hold(NamedTuple):
        parts: str
        text: str
        item: str
        contact: str
        state: str

else:  # `typing` takes 2 ms to import
    _FIELDS = ("parts", "text", "item", "contact", "state")
    _Hold = namedtuple("_Hold", _FIELDS)  # noqa: PYI024


IN_LINE = "IN_LINE"
"""The state of a hold whose item is parked in line: nothing half-done lies there."""

FULL = 3
"""Parts of a key that names an artifact; shorter ones have landed once."""


class Hold(_Hold):
    """A surface that an item holds, or has at rest.

    `parts` is the normalised key, with a colon behind each segment; `text` the key as
    written; `contact` is whom to ask, `state` the item's, empty where no post of it can
    be read, and IN_LINE where it waits for its turn. A tuple, and no record: a thousand
    of them are read at every commit.
    """

    __slots__ = ()

    @property
    def key(self) -> SurfaceKey:
        """The surface."""
        return SurfaceKey(tuple(self.parts.split(":")[:-1]), self.text)


def holds_of(item: Item) -> Iterator[Hold]:
    """What `item` holds."""
    return _holds(item, item.held)


def rests_of(item: Item) -> Iterator[Hold]:
    """What `item` has at rest, and does not hold.

    A key that names no artifact claims nothing, and would be near to all.
    """
    return _holds(item, (key for key in item.resting if len(key.parts) >= FULL))


def _holds(item: Item, keys: Iterable[SurfaceKey]) -> Iterator[Hold]:
    state = item.state.value if item.state else ""
    state = IN_LINE if item.turn else state
    return (hold_of(key, item.id, item.contact, state) for key in keys)


def hold_of(key: SurfaceKey, item: str, contact: str = "", state: str = "") -> Hold:
    """The hold of `item` on one surface."""
    return Hold(line_of(key.parts), key.text, item, contact, state)


def line_of(parts: Sequence[str]) -> str:
    """A key as text in which each beginning of whole segments is a beginning."""
    return "".join(f"{part}:" for part in parts)


class LineIndex:
    """Some holds, each by a line, in the order of those."""

    def __init__(self, rows: Iterable[tuple[str, Hold]]) -> None:
        """All of `rows` at once: to add them one by one takes longer."""
        self._rows = sorted(rows)

    def add(self, row: tuple[str, Hold]) -> None:
        """Take up one more."""
        insort(self._rows, row)

    def remove(self, row: tuple[str, Hold]) -> None:
        """Let go of one that is there."""
        del self._rows[bisect_left(self._rows, row)]

    def overlapping(self, parts: Sequence[str]) -> Iterator[Hold]:
        """Every hold whose line contains that of `parts`, or lies in it."""
        rows, line, at = self._rows, "", len(self._rows)
        for part in parts:
            line += f"{part}:"
            at = bisect_left(rows, (line,))
            # Mostly there is none, which is seen here: a thousand paths ask this.
            if at < len(rows) and rows[at][0] == line:
                yield from _in_order(self._at(line))
        if at < len(rows) and rows[at][0].startswith(line):
            yield from _in_order(hold for at, hold in self.below(line) if at != line)

    def below(self, line: str) -> Iterator[tuple[str, Hold]]:
        """Every row whose line begins with the segments of `line`."""
        rows = self._rows
        for at in range(bisect_left(rows, (line,)), len(rows)):
            if not rows[at][0].startswith(line):
                return
            yield rows[at]

    def _at(self, line: str) -> Iterator[Hold]:
        """Every hold at `line`: the first of those that begin with it."""
        rows = takewhile(lambda row: row[0] == line, self.below(line))
        return (hold for _, hold in rows)


class OverlapIndex:
    """Some holds in the order of what `families` compare them by."""

    def __init__(
        self, holds: Iterable[Hold] = (), families: Families = ANY_FAMILY
    ) -> None:
        """All of `holds` at once: to add them one by one takes longer."""
        self._families = families
        # What a hold is compared by, as a line, and the hold.
        self.lines = LineIndex(
            (row for hold in holds for row in self._rows_of(hold))
            if families
            else [(hold.parts, hold) for hold in holds]
        )

    def add(self, hold: Hold) -> None:
        """Take up one more."""
        for row in self._rows_of(hold):
            self.lines.add(row)

    def remove(self, hold: Hold) -> None:
        """Let go of one that is there."""
        for row in self._rows_of(hold):
            self.lines.remove(row)

    def _rows_of(self, hold: Hold) -> Iterable[tuple[str, Hold]]:
        if not self._families:
            return ((hold.parts, hold),)
        lane, name, artifact = f"{hold.parts}::".split(":", 2)
        if not name:
            compared = self._families.collides_as((lane,))
            return [(line_of(parts), hold) for parts in compared if lane]
        lane, name = self._families.compared_head(lane, name)
        return ((f"{lane}:{name}:{artifact[:-2]}", hold),)

    def overlapping(self, key: SurfaceKey) -> Iterator[Hold]:
        """Every held surface that contains `key`, the largest first, or lies in it."""
        compared = self._families.collides_as(key.parts)
        if len(compared) == 1:
            return self.lines.overlapping(compared[0])
        holds = (hold for parts in compared for hold in self.lines.overlapping(parts))
        return iter(dict.fromkeys(holds))

    def with_others(
        self, item: str, keys: Iterable[SurfaceKey]
    ) -> Iterator[tuple[SurfaceKey, Hold]]:
        """Each of an item's `keys`, with each overlapping hold of another item."""
        for key in keys:
            for hold in self.overlapping(key):
                if hold.item != item:
                    yield key, hold


# Not a value class: `cached_property` keeps what it has made in the instance.
class Holders:
    """The held surfaces of some items; nothing is sorted before somebody asks.

    `families` say what they are compared by.
    """

    def __init__(
        self, holds: Iterable[Hold] = (), families: Families = ANY_FAMILY
    ) -> None:
        """What is held, in any order."""
        self._holds, self.families = tuple(holds), families
        self._others: Holders | None = None

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Holders":
        """What `items` hold."""
        return cls(hold for item in items for hold in holds_of(item))

    def __iter__(self) -> Iterator[Hold]:
        """Every hold."""
        return iter(self._holds)

    def under(self, families: Families) -> "Holders":
        """The same, compared by what the policy says of families; made once."""
        if families == self.families:
            return self
        if self._others is None or self._others.families != families:
            self._others = Holders(self._holds, families)
        return self._others

    @cached_property
    def index(self) -> OverlapIndex:
        """All holds in the order of what they are compared by."""
        return OverlapIndex(self._holds, self.families)

    @cached_property
    def _items(self) -> dict[str, list[Hold]]:
        found: dict[str, list[Hold]] = defaultdict(list)
        for hold in self._holds:
            found[hold.item].append(hold)
        return found

    def held(self, item: str) -> tuple[SurfaceKey, ...]:
        """The surfaces that the item of that id holds."""
        return tuple(hold.key for hold in self._items.get(item, ()))

    def overlapping(self, key: SurfaceKey) -> Iterator[Hold]:
        """See OverlapIndex."""
        return self.index.overlapping(key)


def _in_order(holds: Iterable[Hold]) -> list[Hold]:
    """`holds` in the order of items: how they came together must not show."""
    return sorted(holds, key=lambda hold: names.in_order(hold.item))
