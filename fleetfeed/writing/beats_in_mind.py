"""What a clone has in mind of a seat's beats: when the next of each is due."""

import time
from collections.abc import Sequence

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import lease_in
from fleetfeed.lease.heartbeat import A_LEASE, ENDLESS
from fleetfeed.lease.lease import lease_of
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import replace
from fleetfeed.writing.beat_memory import (
    BeatMemory,
    LastBeat,
    made_stale,
    memory_file,
    remember,
    remembered,
    stale,
)
from fleetfeed.writing.heartbeat import Beaten


class BeatsInMind:
    """What the clone has in mind of a seat's beats, as of now."""

    def __init__(self, repo: Repo, seat: str) -> None:
        self.seat, self._folder = seat, repo.common_folder
        self._file = memory_file(self._folder, seat)
        self._made_stale = made_stale(self._file)
        memory, self._stale = remembered(self._file)
        self.beats, self.asked = dict(memory.beats), memory.asked
        self.now = time.time()

    def due(self, at_most_every: float) -> bool:
        """Whether anything is to be done."""
        memory = BeatMemory(self.beats, self.asked)
        return self._stale or memory.due(at_most_every, self.now)

    def ask(self, at_most_every: float) -> bool:
        """Whether it is time to ask what the seat holds."""
        return BeatMemory({}, self.asked).due(at_most_every, self.now)

    def rests(self, item: Item) -> bool:
        """Whether none is sent for `item` yet: its last beat is too recent."""
        return self.beats[item.id].rests(self.now) > 0

    def without(self, there: Sequence[Item]) -> list[str]:
        """Forget what is not `there` any more; the names of that."""
        names = {item.id for item in there}
        gone = [name for name in self.beats if name not in names]
        for name in gone:
            del self.beats[name]
        return gone

    def those_due(
        self, feed: Snapshot, items: Sequence[Item], at_most_every: float | None
    ) -> list[Item]:
        """Those of `items`, held in `feed`, for which a beat is due.

        None: all but those whose last beat is so recent that it would hide another.
        """
        lasts = {item.id: self.last(feed, item) for item in items}
        self.beats |= lasts
        if at_most_every is None:
            return [i for i in items if lasts[i.id].rests(self.now) <= 0]
        return [i for i in items if lasts[i.id].due(at_most_every, self.now)]

    def last(self, feed: Snapshot, item: Item) -> LastBeat:
        """When `item` last showed that its seat is alive: by a beat, or by a post."""
        known, lease = self.beats.get(item.id), lease_of(item, feed.rules)
        every = ENDLESS if lease is None else lease / A_LEASE
        posted = lease_in(feed, item, self.now).last or 0.0
        if known is None or known.epoch != item.epoch:
            return LastBeat(item.epoch, posted, every)
        return replace(known, at=max(known.at, posted), every=every)

    def note(self, item: Item, beaten: Beaten, turn: int | None) -> None:
        """Note down what became of a beat of `item`; `turn` is None where it has none.

        It has ended now, whenever it was that the ref has moved.
        """
        known = replace(self.beats[item.id], tried=self.now)
        if turn is not None:
            known = replace(known, turn=turn)
        if not isinstance(beaten, FleetfeedError):
            moved = 0.0 if turn is None else time.time()
            known = replace(known, at=self.now, moved=moved)
        self.beats[item.id] = known

    def keep(self, *, whole: bool = True) -> None:
        """Keep it for the next time; `whole` says that all was looked at."""
        # The seat may have posted while its beats were under way.
        since = made_stale(self._file) not in (0, self._made_stale)
        remember(self._file, BeatMemory(self.beats, self.asked))
        if since or (self._stale and not whole):
            stale(self._folder, self.seat)
