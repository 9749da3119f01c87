"""What is near: surfaces that do not collide, and may be one thing all the same.

Being of one family is not near: most of a fleet is. The index answers in about the
length of a key and what is near it, however much is held.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import cached_property
from itertools import chain, islice

from fleetfeed.feed.surface_index import (
    FULL,
    IN_LINE,
    Hold,
    Holders,
    LineIndex,
    line_of,
)
from fleetfeed.model import names
from fleetfeed.model.families import ANY_FAMILY, Families
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.records import record

MOST_TOLD = 10
"""Items that one answer tells, and that a proof has to name: the nearest."""

_LONGEST_EXTENSION = 8


class Why(Enum):
    """Why something is near, the closest first."""

    AT_REST = "at rest"
    ARTIFACT = "same artifact"
    SPELLING = "near spelling"
    SIBLING = "sibling"


@record
class Near:
    """What another item holds, or has at rest, near what is asked about; and why."""

    hold: Hold
    why: Why

    @property
    def item(self) -> str:
        """The other item."""
        return self.hold.item


@record
class Nearby:
    """The nearest items, MOST_TOLD at most, and how many more are near."""

    told: tuple[Near, ...] = ()
    more: int = 0


@record
class Concern:
    """What to ask a store of surfaces about some keys, so that no other row matters.

    A row has its `line` (what it is compared by), its artifact's line, its `parent`
    (the line without its last part) and `bare`, how that part is spelled (`filed`).
    What overlaps the keys, held or at rest, has one of `lines` or begins with one of
    `within`. What is held and near has one of `artifacts` or begins with one of
    `inside`, has one of `parents`, or is one of `alike` (parent and `bare`).
    """

    lines: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()


@record
class Filed:
    """How a store files the surface `parts` for one `line` that it is compared by."""

    line: str
    parts: str
    artifact: str
    parent: str
    bare: str


def concern(keys: Iterable[SurfaceKey], families: Families) -> Concern:
    """What `Holders` and `Neighbours` can be asked about `keys`, of a store's rows."""
    lines, within = dict[str, None](), dict[str, None]()
    artifacts, inside = dict[str, None](), dict[str, None]()
    parents, alike = dict[str, None](), dict[tuple[str, str], None]()
    for key in keys:
        for parts in families.collides_as(key.parts):
            lines.update(dict.fromkeys(_beginnings(parts)))
            within[line_of(parts)] = None
        rest = key.parts[2:]
        if rest:
            artifacts.update(dict.fromkeys(_beginnings(rest)))
            inside[line_of(rest)] = None
        parent, last = _split(line_of(families.collides_as(key.parts)[0]))
        if len(key.parts) >= FULL:
            word = _bare(last, extension=_has_extension(families, key))
            alike.update(dict.fromkeys((parent, each) for each in _numbers(word)))
        if len(key.parts) > FULL:
            parents[parent] = None
    return Concern(
        tuple(lines),
        tuple(within),
        tuple(artifacts),
        tuple(inside),
        tuple(parents),
        tuple(alike),
    )


def filed(key: SurfaceKey, families: Families) -> Iterator[Filed]:
    """How a store files `key`: a row for each line that it is compared by."""
    own = line_of(key.parts)
    _, last = _split(own)
    bare = _bare(last, extension=_has_extension(families, key))
    for parts in families.collides_as(key.parts):
        line = line_of(parts)
        yield Filed(line, own, line_of(key.parts[2:]), _split(line)[0], bare)


def _beginnings(parts: tuple[str, ...]) -> Iterator[str]:
    return (line_of(parts[:length]) for length in range(1, len(parts) + 1))


Row = tuple[tuple[str, int], Hold]
"""A hold, and what sorts it: how holds came together must not show."""


def _row(hold: Hold) -> Row:
    return names.in_order(hold.item), hold


# Not a value class: `cached_property` keeps what it has made in the instance.
class Neighbours:
    """What is held and what lies at rest, by what it is near to."""

    def __init__(
        self, holders: Holders, resting: Holders, families: Families = ANY_FAMILY
    ) -> None:
        """Nothing is sorted before somebody asks."""
        self._families = families
        self._holders = holders.under(families)
        self._resting = resting.under(families)
        self._others: Neighbours | None = None
        self._sorted: dict[str, list[Row]] = {}
        self._spelled: dict[str, dict[str, list[Row]]] = {}

    def has(self, hold: Hold) -> bool:
        """Whether the item of `hold` has that surface here, held or at rest."""
        return (hold.item, hold.parts) in self._there

    def under(self, families: Families) -> "Neighbours":
        """The same, by what the policy says of families; made once."""
        if families == self._families:
            return self
        if self._others is None or self._others._families != families:  # noqa: SLF001
            self._others = Neighbours(self._holders, self._resting, families)
        return self._others

    def near(
        self,
        keys: Iterable[SurfaceKey],
        item: str = "",
        first: Callable[[Hold], bool] = lambda _: True,
    ) -> Nearby:
        """What is near any of `keys`, each item once, the nearest first.

        `item` is whose keys they are: it is not near itself. Nor is what collides. What
        `first` says comes before all others.
        """
        found = self._found(keys, item)
        rows = (row for row in found.values() if first(row[0]))
        others = (row for row in found.values() if not first(row[0]))
        told = tuple(Near(*row) for row in islice(chain(rows, others), MOST_TOLD))
        return Nearby(told, len(found) - len(told))

    def _found(
        self, keys: Iterable[SurfaceKey], item: str
    ) -> dict[str, tuple[Hold, Why]]:
        """All that is near, by item, the nearest first."""
        whole = tuple(key for key in keys if key.parts)
        apart = {hold.item for key in whole for hold in self._holders.overlapping(key)}
        apart.add(item)
        found: dict[str, tuple[Hold, Why]] = {}
        for why, ask in _KINDS:
            for _, hold in sorted(row for key in whole for row in ask(self, key)):
                found.setdefault(hold.item, (hold, why))
        return {other: row for other, row in found.items() if other not in apart}

    def at_rest(self, key: SurfaceKey) -> Iterable[Row]:
        """The same surface, or an overlapping one, of an item at rest.

        Who is in line has not begun, and is no nearer than those who are not.
        """
        there = self._resting.overlapping(key)
        return (_row(hold) for hold in there if hold.state != IN_LINE)

    def same_artifact(self, key: SurfaceKey) -> Iterable[Row]:
        """The same artifact, or an overlapping one, under another lane or family."""
        return map(_row, self._artifacts.overlapping(key.parts[2:]))

    def spelled_alike(self, key: SurfaceKey) -> Iterator[Row]:
        """What differs in extension, number or signs of the last part alone."""
        if len(key.parts) >= FULL:
            parent, last = _split(self._line(key.parts))
            spellings = self._spellings(parent)
            extension = _has_extension(self._families, key)
            for word in _numbers(_bare(last, extension=extension)):
                yield from spellings.get(word, ())

    def siblings(self, key: SurfaceKey) -> Iterable[Row]:
        """What differs in the last part alone, and not in all of the artifact."""
        if len(key.parts) <= FULL:
            return ()
        return self._rows(_split(self._line(key.parts))[0])

    @cached_property
    def _there(self) -> frozenset[tuple[str, str]]:
        both = chain(self._holders, self._resting)
        return frozenset((hold.item, hold.parts) for hold in both)

    def _line(self, parts: tuple[str, ...]) -> str:
        """What a key with a family is compared by."""
        return line_of(self._families.collides_as(parts)[0])

    @cached_property
    def _artifacts(self) -> LineIndex:
        """What is held, by what follows lane and family."""
        return LineIndex([(h.parts.split(":", 2)[-1], h) for h in self._holders])

    def _rows(self, parent: str) -> list[Row]:
        """The holds whose keys are one part longer than `parent`, in order."""
        found = self._sorted.get(parent)
        if found is None:
            rows, start = self._holders.index.lines.below(parent), len(parent)
            children = (h for at, h in rows if at.find(":", start) == len(at) - 1)
            found = self._sorted[parent] = sorted(map(_row, children))
        return found

    def _spellings(self, parent: str) -> dict[str, list[Row]]:
        """The children of `parent`, by what is left of their last parts."""
        found = self._spelled.get(parent)
        if found is None:
            found = self._spelled[parent] = defaultdict(list)
            rows = self._rows(parent)
            families = self._families
            extension = all(_has_extension(families, hold.key) for _, hold in rows[:1])
            for row in rows:
                last = _split(row[1].parts)[1]
                found[_bare(last, extension=extension)].append(row)
        return found


_KINDS: tuple[tuple[Why, Callable[[Neighbours, SurfaceKey], Iterable[Row]]], ...] = (
    (Why.AT_REST, Neighbours.at_rest),
    (Why.ARTIFACT, Neighbours.same_artifact),
    (Why.SPELLING, Neighbours.spelled_alike),
    (Why.SIBLING, Neighbours.siblings),
)


def _has_extension(families: Families, key: SurfaceKey) -> bool:
    """Whether a dot may begin an extension: a family may say that it has none."""
    family = families.listed_as(key)
    return family is None or family.paths


def _split(line: str) -> tuple[str, str]:
    """A key's line without its last part, and that part."""
    parent, colon, last = line[:-1].rpartition(":")
    return parent + colon, last


def _bare(part: str, *, extension: bool) -> str:
    """A part without the signs that people vary, and without its `extension`."""
    stem, _, end = part.rpartition(".")
    known = end.isalnum() and end[0].isalpha() and len(end) <= _LONGEST_EXTENSION
    if extension and stem and known:
        part = stem
    return part.replace("-", "").replace(".", "")


def _numbers(word: str) -> Iterator[str]:
    """`word`, its plurals, and what it is a plural of; nothing where it is empty."""
    if not word:
        return
    yield word
    yield from _plurals(word)
    for one in (word[:-1], word[:-2], f"{word[:-3]}y"):
        if one and word in _plurals(one):
            yield one


def _plurals(word: str) -> Iterator[str]:
    yield f"{word}s"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        yield f"{word}es"
    if word.endswith("y"):
        yield f"{word[:-1]}ies"
