"""A feed under test, and how ledgers are opened onto it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from fleetfeed.feed.objects import SUBTREE
from fleetfeed.feed.seal_view import Store
from fleetfeed.ledger.base import Ledger
from fleetfeed.ledger.testing.faults import Clock, Scripted, Step, after
from fleetfeed.util.records import record
from fleetfeed.writing.api import FeedStore

Opener = Callable[[], Ledger]
"""Opens a ledger onto the feed. Another process is sent it, as `pickle` does."""

Meet = Callable[[], object]
"""Waits for the other racers."""

Enter = Callable[[Meet], Ledger]
"""Opens a racer's ledger; at its first swap all racers meet."""


@record
class Entered:
    """Opens the ledger of one racer, by `opener`."""

    opener: Opener

    def __call__(self, meet: Meet) -> Ledger:
        """See Enter."""
        return cast("Ledger", Scripted(self.opener(), after(meet)))


class Feed:
    """A feed without items: `open_(*args)` opens a ledger onto it.

    Racers are processes, each of which calls it; so it is a class or function that can
    be imported there, and `args` can be pickled. A feed that lives in one process says
    `processes=False`, and its racers are threads. There are so many `racers` in a race,
    and so many `rounds`; a swap is stopped at so many of its lines (`stops`). A ledger
    that has a `close` is closed.
    """

    def __init__(
        self,
        open_: Callable[..., Ledger],
        *args: object,
        processes: bool = True,
        racers: int = 6,
        rounds: int = 10,
        stops: int = 100,
    ) -> None:
        self.processes, self.racers, self.rounds = processes, racers, rounds
        self.stops = stops
        self.clock = Clock()
        self._open = partial(open_, *args)
        self._opened: list[Ledger] = []

    def opener(self) -> Opener:
        """What opens one more client's ledger, be it in another process."""
        return self._open

    def racer(self) -> Enter:
        """What opens one more racer's ledger."""
        return Entered(self.opener())

    def ledger(self) -> Ledger:
        """A new client's ledger."""
        opened = self.opener()()
        self._opened.append(opened)
        return opened

    def store(self, *steps: Step, seconds: float = 30.0) -> FeedStore:
        """A new client, whose first swaps go as `steps` say."""
        ledger = cast("Ledger", Scripted(self.ledger(), *steps))
        return FeedStore(ledger, self.clock.retry(seconds))

    def files(self) -> dict[str, str]:
        """What is on the feed, by its path: `/CMB/000/CMB-0001/0001.yaml`."""
        tree = self.ledger().read(60.0).feed.tree
        return dict(walked(tree.store, tree.root, "")) if tree.root else {}

    def item(self, item: str) -> list[str]:
        """The texts of an item's posts, in order."""
        files = self.files()
        return [files[path] for path in sorted(files) if f"/{item}/" in path]

    def posts(self) -> int:
        """How many posts are there."""
        return sum(p.endswith(".yaml") and "policy" not in p for p in self.files())

    def close(self) -> None:
        """Close the ledgers that were opened here."""
        while self._opened:
            closed(self._opened.pop())


def closed(ledger: Ledger) -> None:
    """Close a ledger that knows how to."""
    close = getattr(ledger, "close", None)
    if close:
        close()


def walked(store: Store, root: str, above: str) -> Iterator[tuple[str, str]]:
    """Each file's path and text below the tree `root`."""
    for entry in store.tree(root):
        path = f"{above}/{entry.name}"
        if entry.mode == SUBTREE:
            yield from walked(store, entry.id, path)
        else:
            yield path, store.blob(entry.id).decode()
