"""Who holds which surface: an index that answers in the length of a key.

Containment is collision, so a key is looked up under each of its own beginnings, and
the keys below it are found under the key itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from fleetfeed.item import Item
from fleetfeed.record import field, record
from fleetfeed.surface import SurfaceKey

Hold = tuple[SurfaceKey, Item]
_Index = dict[tuple[str, ...], list[Hold]]


@record
class Holders:
    """The held surfaces of some items."""

    exact: _Index = field(default_factory=lambda: defaultdict(list))
    below: _Index = field(default_factory=lambda: defaultdict(list))
    artifact: _Index = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Holders":
        """The index of what `items` hold."""
        index = cls()
        for item in items:
            for key in item.held:
                index._add(key, item)
        return index

    def _add(self, key: SurfaceKey, item: Item) -> None:
        self.exact[key.parts].append((key, item))
        self.artifact[key.artifact].append((key, item))
        for length in range(1, len(key.parts)):
            self.below[key.parts[:length]].append((key, item))

    def overlapping(self, key: SurfaceKey) -> Iterator[Hold]:
        """Every held surface that contains `key` or lies in it, with its item."""
        for length in range(1, len(key.parts) + 1):
            yield from self.exact.get(key.parts[:length], ())
        yield from self.below.get(key.parts, ())

    def near(self, key: SurfaceKey) -> Iterator[Hold]:
        """Every held surface of the same lane and family, or the same artifact."""
        beside = self.below.get(key.parts[:2], ())
        elsewhere = self.artifact.get(key.artifact, ())
        yield from (hold for hold in beside if hold[0].near(key))
        for hold in elsewhere:
            if hold[0].parts[:2] != key.parts[:2] and hold[0].near(key):
                yield hold
