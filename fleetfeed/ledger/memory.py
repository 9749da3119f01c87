"""A feed in memory, for simulations and for tests of whatever is built on a store."""

import math
import threading
from collections.abc import Callable

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.line import overtaken, unblocked
from fleetfeed.feed.overlay import NoStore, OverlayStore, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.lease.lease import (
    lease_end,
    lease_of,
    longest,
    signs_of_life,
    standing,
)
from fleetfeed.lease.line import When, place_sign, places_over
from fleetfeed.ledger.base import Accepted, Files, Meanwhile, Outcome, RaceLost, Tip
from fleetfeed.ledger.plain import PlainLedger
from fleetfeed.model import layout
from fleetfeed.model.errors import Usage
from fleetfeed.model.identity import Speaker
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath
from fleetfeed.model.liveness import Sign, Signs
from fleetfeed.model.post import State
from fleetfeed.repo.location import DEFAULT_FOLDER


class MemoryLedger(PlainLedger):
    """A feed ref in this process. Any number of threads may use it."""

    name = "memory"

    def __init__(
        self,
        policy: bytes = b"",
        speaker: Speaker | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """A new feed; `policy` is the text of its policy, empty for none.

        `speaker` is whom posts come from, for a policy that asks for proof. By `clock`,
        which gives seconds and never goes back, leases end; without one none does.
        """
        super().__init__(speaker)
        self._clock = clock
        self._objects = OverlayStore(NoStore(), {}, {})  # those of all commits
        self._cache = Cache()
        self._lock = threading.Lock()
        first = {"policy.yaml": policy} if policy else {}
        self._roots = [self._added(None, first)]
        self._brought: dict[str, int] = {}
        self._seen: dict[str, float] = {}
        self._beats: dict[str, tuple[object, float]] = {}
        self._free: dict[str, tuple[object, float]] = {}
        self._passed: dict[str, tuple[object, float]] = {}

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        del seconds
        with self._lock:
            return self._tip()

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
            before = self._tip().feed
            self._roots.append(self._added(self._roots[-1], files))
            number = len(self._roots) - 1
            self._brought |= dict.fromkeys(files, number)
            if self._clock:
                self._seen |= dict.fromkeys(files, self._clock())
                self._note_lines(before, self._tip().feed, files, self._clock())
            return Accepted(str(number))

    def signs(self, tip: Tip) -> Signs | None:
        """See Ledger: by the clock, where one was given."""
        if self._clock is None:
            return None
        over = self._places(tip.feed, self._clock())
        return lambda item: self._sign(tip.feed, item, over)

    def beat(self, item: Item, seconds: float) -> bool:
        """A sign of life of whoever holds `item`: whether it came in time.

        Usage where no clock was given.
        """
        del seconds
        if self._clock is None:
            message = "nobody keeps time here, so no lease ends"
            raise Usage(f"{message}; give MemoryLedger a `clock`")
        with self._lock:
            feed, now = self._tip().feed, self._clock()
            there = feed.item(item.id)
            beats = there.state is State.IN_PROGRESS or there.turn > 0
            same = beats and _begun(there) == _begun(item)
            if not same or now >= self._over(feed, there):
                return False
            self._beats[item.id] = _begun(there), now
            return True

    def commit_of(self, tip: Tip, path: str) -> str:
        """See Ledger."""
        del tip
        return str(self._brought[path])

    def _note_lines(
        self, before: Snapshot, after: Snapshot, files: Files, now: float
    ) -> None:
        """Since when what others wait for is free, and who of them was passed."""
        kinds = map(layout.classify, files)
        items = sorted({kind.item for kind in kinds if isinstance(kind, PostPath)})
        for place in unblocked(before, after, items, after.rules.families):
            self._free[place.id] = _begun(place), now
        for place in overtaken(before, after, items, after.rules.families):
            if _noted(self._passed, place, math.inf) == math.inf:
                self._passed[place.id] = _begun(place), now

    def _places(self, feed: Snapshot, now: float) -> When:
        """When the items in line lose their places."""

        def silent(place: Item) -> float:
            return self._over(feed, place) + feed.rules.leases.grace

        def free(place: Item) -> float:
            return _noted(self._free, place, now)

        def passed(place: Item) -> float:
            return _noted(self._passed, place, math.inf)

        return places_over(feed, feed.rules, silent=silent, free=free, passed=passed)

    def _sign(self, feed: Snapshot, item: str, place_over: When) -> Sign:
        now = self._clock() if self._clock else math.inf
        there = feed.item(item)
        if there.turn:
            return place_sign(place_over(there), now)
        over = self._over(feed, there)
        return standing(over, now, feed.rules.leases.grace)

    def _over(self, feed: Snapshot, item: Item) -> float:
        """When the lease of `item` is over, by the clock."""
        posts = signs_of_life(item.id, feed.posts(item.id), feed.rules)
        seen = [
            (self._seen[layout.post_path(item.id, post.number)], post.seconds)
            for post in posts
        ]
        begun, at = self._beats.get(item.id, (None, 0.0))
        if posts and begun == _begun(item):
            leases = (post.seconds for post in posts)
            seen.append((at, longest((*leases, lease_of(item, feed.rules)))))
        return lease_end(seen)

    def _tip(self) -> Tip:
        tree = FeedTree(self._objects, self._roots[-1], DEFAULT_FOLDER)
        return Tip(str(len(self._roots) - 1), Snapshot(tree, self._cache))

    def _added(self, root: str | None, files: Files) -> str | None:
        new = with_files(FeedTree(self._objects, root, DEFAULT_FOLDER), files)
        if isinstance(new.store, OverlayStore):
            self._objects.trees.update(new.store.trees)
            self._objects.blobs.update(new.store.blobs)
        return new.root


def _noted(
    times: dict[str, tuple[object, float]], place: Item, otherwise: float
) -> float:
    """The time that is noted of this very place, and of no earlier one of its item."""
    begun, at = times.get(place.id, (None, otherwise))
    return at if begun == _begun(place) else otherwise


def _begun(item: Item) -> tuple[int, str, int]:
    """What tells one holding of an item, or place in line, from the next."""
    return item.epoch, item.op, item.turn
