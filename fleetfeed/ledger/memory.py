"""A feed in memory, for simulations and for tests of whatever is built on a store."""

import threading

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.overlay import NoStore, OverlayStore, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.ledger.base import Accepted, Files, Meanwhile, Outcome, RaceLost, Tip
from fleetfeed.model.errors import Usage
from fleetfeed.model.identity import NONE, Speaker, Speakers
from fleetfeed.model.liveness import Signs
from fleetfeed.model.policy import DEFAULT
from fleetfeed.repo.location import DEFAULT_FOLDER, Where
from fleetfeed.repo.view import View


class MemoryLedger:
    """A feed ref in this process. Any number of threads may use it."""

    def __init__(self, policy: bytes = b"", speaker: Speaker | None = None) -> None:
        """A new feed; `policy` is the text of its policy, empty for none.

        `speaker` is whom posts come from, for a policy that asks for proof.
        """
        self._speaker = speaker
        ref = DEFAULT.ref
        self.where = Where(DEFAULT_FOLDER, ref, remote=None, tracking=None, pinned=None)
        self._objects = OverlayStore(NoStore(), {}, {})  # those of all commits
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

    def glimpse(self) -> Tip | None:
        """See Ledger: to read it costs nothing."""
        return None

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        *,
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """See Ledger: compare and set are one step under one lock."""
        del message, seconds, any_number, meanwhile
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

    def require_server(self, tip: Tip, seconds: float, *, afresh: bool = False) -> None:
        """See Ledger: there is no other side."""

    def speakers(self, tip: Tip) -> Speakers | None:
        """See Ledger: nobody signs here, or logs in; who it is was said at the start.

        Usage where it was not.
        """
        mode, speaker = tip.feed.rules.identity, self._speaker
        if mode == NONE:
            return None
        if speaker is None:
            message = f"the policy's identity is {mode}, which nothing in memory proves"
            raise Usage(f"{message}; give MemoryLedger a `speaker`")
        return lambda _: (speaker,)

    def view(self, *, offline: bool) -> View:
        """See Ledger: it is as fresh as can be."""
        del offline
        tip = self.read(0)
        return View(tip.feed, tip.commit, self.where, "in memory", asked=True)

    def signs(self, tip: Tip) -> Signs | None:
        """See Ledger: nobody keeps time."""
        del tip
        return None

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
        new = with_files(FeedTree(self._objects, root, DEFAULT_FOLDER), files)
        if isinstance(new.store, OverlayStore):
            self._objects.trees.update(new.store.trees)
            self._objects.blobs.update(new.store.blobs)
        return new.root
