"""Who holds which surface: an index that answers in the length of a key.

Containment is collision, so a key is looked up under each of its own beginnings, and
the keys below it are those that begin with it. What is held comes as light rows, which
are remembered between commands: an item itself is read where somebody asks for it.
"""

from bisect import bisect_left
from collections import defaultdict, namedtuple
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import takewhile

from fleetfeed.model import names
from fleetfeed.model.item import Item
from fleetfeed.model.surface import SurfaceKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class _Hold(NamedTuple):
        parts: str
        text: str
        artifact: str
        item: str
        contact: str

else:  # `typing` takes 2 ms to import
    _FIELDS = ("parts", "text", "artifact", "item", "contact")
    _Hold = namedtuple("_Hold", _FIELDS)  # noqa: PYI024


class Hold(_Hold):
    """A surface that an item holds.

    `parts` is the normalised key, with a colon behind each segment; `text` the key as
    written, `artifact` its third segment, normalised likewise; `contact` is whom to
    ask. A tuple, and no record: a thousand of them are read at every commit.
    """

    __slots__ = ()

    @property
    def key(self) -> SurfaceKey:
        """The surface."""
        return SurfaceKey(tuple(self.parts.split(":")[:-1]), self.text)


def holds_of(item: Item) -> Iterator[Hold]:
    """What `item` holds."""
    for key in item.held:
        yield Hold(
            _line(key.parts), key.text, _line(key.artifact), item.id, item.contact
        )


def _line(parts: tuple[str, ...]) -> str:
    return "".join(f"{part}:" for part in parts)


# Not a value class: `cached_property` keeps what it has made in the instance.
class Holders:
    """The held surfaces of some items."""

    def __init__(self, holds: Iterable[Hold] = ()) -> None:
        """Nothing is sorted before somebody asks."""
        self._holds = tuple(holds)

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Holders":
        """The index of what `items` hold."""
        return cls(hold for item in items for hold in holds_of(item))

    def __iter__(self) -> Iterator[Hold]:
        """Every hold."""
        return iter(self._holds)

    @cached_property
    def _sorted(self) -> list[Hold]:
        return sorted(self._holds)

    @cached_property
    def _artifacts(self) -> dict[str, list[Hold]]:
        found: dict[str, list[Hold]] = defaultdict(list)
        for hold in self._holds:
            found[hold.artifact].append(hold)
        return found

    @cached_property
    def _items(self) -> dict[str, list[Hold]]:
        found: dict[str, list[Hold]] = defaultdict(list)
        for hold in self._holds:
            found[hold.item].append(hold)
        return found

    def held(self, item: str) -> tuple[SurfaceKey, ...]:
        """The surfaces that the item of that id holds."""
        return tuple(hold.key for hold in self._items.get(item, ()))

    def _below(self, line: str) -> Iterator[Hold]:
        """Every hold whose key begins with the segments of `line`."""
        rows = self._sorted
        for at in range(bisect_left(rows, (line,)), len(rows)):
            if not rows[at].parts.startswith(line):
                return
            yield rows[at]

    def _at(self, line: str) -> Iterator[Hold]:
        """Every hold whose key is `line`: the first of those that begin with it."""
        return takewhile(lambda hold: hold.parts == line, self._below(line))

    def overlapping(self, key: SurfaceKey) -> Iterator[Hold]:
        """Every held surface that contains `key`, the largest first, or lies in it."""
        if not key.parts:
            return
        for length in range(1, len(key.parts) + 1):
            yield from _in_order(self._at(_line(key.parts[:length])))
        line = _line(key.parts)
        yield from _in_order(h for h in self._below(line) if h.parts != line)

    def near(self, key: SurfaceKey) -> Iterator[Hold]:
        """Every held surface that `key` is near (`SurfaceKey.near`)."""
        line, family = _line(key.parts), _line(key.parts[:2])
        for hold in _in_order(self._below(family) if key.parts else ()):
            if not _overlap(hold.parts, line):
                yield hold
        for hold in _in_order(self._artifacts.get(_line(key.artifact), ())):
            beside = hold.parts.startswith(family) or _overlap(hold.parts, line)
            if hold.artifact and not beside:
                yield hold


def _in_order(holds: Iterable[Hold]) -> list[Hold]:
    """`holds` in the order of items: how they came together must not show."""
    return sorted(holds, key=lambda hold: names.in_order(hold.item))


def _overlap(one: str, two: str) -> bool:
    """`SurfaceKey.overlaps` of two lines."""
    return one.startswith(two) or two.startswith(one)
