"""What awaits its claim, in the order of an index, page by page.

For who takes one of it (`PostgresLedger.apart`) that is first what nobody else is at:
it is the reader's until it has ended, and others pass over it. What others are at comes
last: whether it is theirs shows when it is written.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge

from fleetfeed.feed.codec import item_from_text
from fleetfeed.ledger.postgres.reading import Known, Rank
from fleetfeed.model.item import Item
from fleetfeed.model.post import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.ledger.postgres.snapshot import PostgresSnapshot

_FIRST_PAGE, _LARGEST_PAGE = 16, 256


class Awaiting:
    """What awaits its claim in `feed`, and is `wanted`."""

    def __init__(
        self, feed: "PostgresSnapshot", wanted: Callable[[Item], bool]
    ) -> None:
        """Nothing is asked yet."""
        self._feed, self._wanted = feed, wanted
        self._known: dict[str, bool] = {}
        self._given: set[str] = set()

    def found(self) -> Iterator[Item]:
        """One after the other, as somebody asks: for who takes it, what is free first.

        What others are at comes last.
        """
        if not self._feed.reading.takes:
            yield from (item for page in self._pages() for item in page)
            return
        yield from self._attended(self._feed.reading.offered)
        busy = list[str]()
        for page in self._pages():
            left = [item.id for item in page if item.id not in self._given]
            while left and (offered := self._feed.reading.offer(left)):
                left.remove(offered.item.id)
                yield from self._attended(offered)
            busy += left
        for name in busy:
            yield from self._attended(self._feed.reading.item(name))

    def _attended(self, known: Known | None) -> Iterator[Item]:
        """The item, where it is wanted as it was read last."""
        if known is None or known.item.state is not State.AWAITING_CLAIM:
            return
        self._given.add(known.item.id)
        self._feed.attend(known)
        if self._is_wanted(known.item):
            yield known.item

    def _is_wanted(self, item: Item) -> bool:
        if item.id not in self._known:
            self._known[item.id] = not item.unreadable and self._wanted(item)
        return self._known[item.id]

    def _pages(self) -> Iterator[list[Item]]:
        """What is wanted, in order, of one page after the other."""
        size, after = _FIRST_PAGE, None
        new = [(self._feed.rank(item), item) for item in self._new()]
        while True:
            rows = list(self._rows(size, after))
            last = len(rows) < size
            if rows:
                after = rows[-1][0]
            some = [row for row in new if last or (after and row[0] <= after)]
            new = [row for row in new if row not in some]
            here = merge(rows, sorted(some, key=_rank), key=_rank)
            yield self._wanted_of([item for _, item in here])
            if last:
                return
            size = min(size * 4, _LARGEST_PAGE)

    def _new(self) -> Iterator[Item]:
        """What is in no table yet as it is here."""
        for name in self._feed.new_posts:
            item = self._feed.item(name)
            if item.state is State.AWAITING_CLAIM:
                yield item

    def _rows(self, size: int, after: Rank | None) -> Iterator[tuple[Rank, Item]]:
        for *rank, name, fold in self._feed.reading.awaiting(size, after):
            priority, filed, prefix, number = rank
            item = Item(name) if name in self._feed.new_posts else item_from_text(fold)
            yield (priority, filed, (prefix, number)), item

    def _wanted_of(self, items: Iterable[Item]) -> list[Item]:
        there = [item for item in items if item.state is State.AWAITING_CLAIM]
        others = {name for item in there for name in item.texts("DEPENDS_ON")}
        with self._feed.looking_at(there, others):
            return [item for item in there if self._is_wanted(item)]


def _rank(row: tuple[Rank, Item]) -> Rank:
    return row[0]
