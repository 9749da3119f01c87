"""Which surfaces overlap, told in another way than the code does: by their folders."""

from collections import Counter
from collections.abc import Iterable

Parts = tuple[str, ...]


def overlap(one: Parts, two: Parts) -> bool:
    """Whether one of two keys contains the other."""
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]


class Held:
    """Keys, and the item that holds each."""

    def __init__(self) -> None:
        self._by_key: dict[Parts, str] = {}
        self._keys: dict[str, tuple[Parts, ...]] = {}
        self._above = Counter[Parts]()

    def others(self, item: str, keys: Iterable[Parts]) -> set[str]:
        """The other items that hold what overlaps `keys`."""
        found = set[str]()
        for key in keys:
            for end in range(1, len(key) + 1):
                found.add(self._by_key.get(key[:end], item))
            if self._above[key]:
                found |= {i for k, i in self._by_key.items() if k[: len(key)] == key}
        return found - {item}

    def set(self, item: str, keys: tuple[Parts, ...]) -> None:
        """From now on `item` holds these, and nothing else."""
        for key in self._keys.pop(item, ()):
            if self._by_key.get(key) == item:
                del self._by_key[key]
            self._above.subtract(key[:end] for end in range(1, len(key)))
        if keys:
            self._keys[item] = keys
        for key in keys:
            self._by_key[key] = item
            self._above.update(key[:end] for end in range(1, len(key)))
