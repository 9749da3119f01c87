"""What one writer does: each task is a way of writing, again and again.

A task tells of each write when it began and ended, how many tries it took, and the
item that it was about.
"""

from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic

from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.model.errors import NothingReady
from fleetfeed.writing.api import FeedStore, RetryPolicy

Write = tuple[float, float, int, str]
"""Start and end by the machine's monotonic clock, tries, and the item."""

_SECONDS = 300.0
"""A writer gives up late: who waits is to be seen in the figures."""


class Writer:
    """A seat with a connection of its own."""

    def __init__(self, url: str, seat: str) -> None:
        """It is connected from now on."""
        self.ledger = PostgresLedger(url)
        self.store = FeedStore(self.ledger, RetryPolicy(_SECONDS))
        self.seat = seat
        self.store.read()

    def claim(self, mark: str) -> tuple[int, str]:
        """A new item, whose number is the next free one, in progress at once."""
        post = {"STATE": "IN_PROGRESS", **about(mark), "SEAT": self.seat}
        ok = self.store.reserve("CMB", post)
        return ok.tries, ok.post.item

    def file(self, mark: str) -> tuple[int, str]:
        """A new item that awaits its claim."""
        ok = self.store.reserve("CMB", {**about(mark), "SEAT": self.seat})
        return ok.tries, ok.post.item

    def next(self) -> tuple[int, str]:
        """What is next, taken up."""
        ok = self.store.next({"SEAT": self.seat})
        return ok.tries, ok.post.item


def about(mark: str) -> dict[str, str]:
    """As the claims of `bench.claims`: near to nothing that has another mark."""
    return {
        "SURFACE_KEY": f"CAMBER:bench-{mark}:page-{mark}",
        "SUBJECT": f"measurement {mark}",
        "NO_OVERLAP_PROOF": "nobody else works on it",
    }


def claims(writer: Writer, mark: str, each: int) -> Iterator[Write]:
    """So many claims, one after the other."""
    for number in range(each):
        yield timed(partial(writer.claim, f"{mark}-{number}"))


def reserves(writer: Writer, mark: str, each: int) -> Iterator[Write]:
    """So many items filed, one after the other."""
    for number in range(each):
        yield timed(partial(writer.file, f"{mark}-{number}"))


def nexts(writer: Writer, mark: str, each: int) -> Iterator[Write]:
    """What is next, until nothing is."""
    del mark, each
    while True:
        try:
            yield timed(writer.next)
        except NothingReady:
            return


def beats(writer: Writer, mark: str, each: int) -> Iterator[Write]:
    """So many signs of life for one item, which is claimed for it."""
    _, name = writer.claim(mark)
    item = writer.store.read().item(name)
    for _ in range(each):
        yield timed(lambda: (int(writer.ledger.beat(item, _SECONDS)), name))


def timed(write: Callable[[], tuple[int, str]]) -> Write:
    """One write, and what it took."""
    start = monotonic()
    tries, item = write()
    return start, monotonic(), tries, item


TASKS: dict[str, Callable[[Writer, str, int], Iterator[Write]]] = {
    task.__name__: task for task in (claims, reserves, nexts, beats)
}
