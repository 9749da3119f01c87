"""A feed in memory, for simulations and for tests of whatever is built on a store."""

import threading
from collections.abc import Iterable

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.objects import Entry
from fleetfeed.feed.overlay import NoStore, OverlayStore, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.ledger.base import Accepted, Files, Outcome, RaceLost, Tip
from fleetfeed.model.policy import DEFAULT
from fleetfeed.repo.location import DEFAULT_FOLDER, Where


class _Objects:
    """The trees and blobs of all commits."""

    def __init__(self) -> None:
        self.trees: dict[str, tuple[Entry, ...]] = {}
        self.blobs: dict[str, bytes] = {}

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See `seal_view.Store`."""
        return self.trees[id_]

    def blob(self, id_: str) -> bytes:
        """See `seal_view.Store`."""
        return self.blobs[id_]

    whole = blob

    def expect(self, ids: Iterable[str]) -> None:
        """See `fleetfeed.feed.seal_view.Store`: all is at hand."""


class MemoryLedger:
    """A feed ref in this process. Any number of threads may use it."""

    def __init__(self, policy: bytes = b"") -> None:
        """A new feed; `policy` is the text of its policy, empty for none."""
        ref = DEFAULT.ref
        self.where = Where(DEFAULT_FOLDER, ref, remote=None, tracking=None, pinned=None)
        self._objects = _Objects()
        self._cache = Cache()
        self._lock = threading.Lock()
        first = {"policy.yaml": policy} if policy else {}
        self._roots = [self._added(None, first)]
        self._brought: dict[str, int] = {}

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        del seconds
        with self._lock:
            return self._tip()

    def swap(self, tip: Tip, files: Files, message: str, seconds: float) -> Outcome:
        """See Ledger: compare and set are one step under one lock."""
        del message, seconds
        with self._lock:
            if tip.commit != self._tip().commit:
                return RaceLost("another post landed first")
            self._roots.append(self._added(self._roots[-1], files))
            number = len(self._roots) - 1
            self._brought |= dict.fromkeys(files, number)
            return Accepted(str(number))

    def brought_up(self, tip: Tip) -> str:
        """See Ledger: there is none."""
        del tip
        return ""

    def keeps_time(self) -> bool:
        """See Ledger: nobody does."""
        return False

    def commit_of(self, tip: Tip, path: str) -> str:
        """See Ledger."""
        del tip
        return str(self._brought[path])

    def _tip(self) -> Tip:
        tree = FeedTree(self._objects, self._roots[-1], DEFAULT_FOLDER)
        return Tip(str(len(self._roots) - 1), Snapshot(tree, self._cache))

    def _added(self, root: str | None, files: Files) -> str | None:
        base = FeedTree(self._objects if root else NoStore(), root, DEFAULT_FOLDER)
        new = with_files(base, files)
        if isinstance(new.store, OverlayStore):
            self._objects.trees.update(new.store.trees)
            self._objects.blobs.update(new.store.blobs)
        return new.root
