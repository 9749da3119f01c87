"""Beats without a process that keeps them: one now, for what a seat holds.

Who works over many short commands has nothing that runs meanwhile. Each of them may
call this: it asks no remote where no beat is due.
"""

import time
from collections.abc import Iterable, Sequence

from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import lease_in
from fleetfeed.lease.heartbeat import A_LEASE
from fleetfeed.lease.lease import lease_of
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import FleetfeedError, NoLongerYours
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.records import record, replace
from fleetfeed.writing.answering import answering
from fleetfeed.writing.beat_memory import (
    BeatMemory,
    LastBeat,
    memory_file,
    remember,
    remembered,
    stale,
)
from fleetfeed.writing.beating import beat_each, known_feed
from fleetfeed.writing.heartbeat import Beaten
from fleetfeed.writing.own_items import is_own, own_items, taken_from
from fleetfeed.writing.request import require_item, require_yours

_ENDLESS = 600.0
"""Seconds between two beats under a lease without end: to hear of a loss."""


@record
class Beats:
    """What became of beats; the items are as they are in `view`.

    Those of the `heard` each with what is to be said of it; the `lost` are no longer
    the seat's, of the `unheard` nothing was heard. The beats of those `later` are not
    due yet.
    """

    view: View
    heard: tuple[tuple[Item, str], ...] = ()
    lost: tuple[NoLongerYours, ...] = ()
    unheard: tuple[FleetfeedError, ...] = ()
    later: tuple[Item, ...] = ()

    @property
    def error(self) -> FleetfeedError | None:
        """The answer where not all is well: a loss comes before what is unclear."""
        return next(iter((*self.lost, *self.unheard)), None)


def beat_own(
    repo: Repo, seat: str, at_most_every: float | None, seconds: float
) -> Beats | None:
    """Beat for all that `seat` itself holds, and for its places in line.

    With `at_most_every` (seconds) only for what has shown no sign of life for so long,
    or for a third of its lease: None where nothing is due by what the clone has in
    mind. What others have taken since the last time is lost; that is told once.

    It goes by the feed as it was fetched last, and asks where that shows nothing: of
    what has changed since, the server hears no beat.
    """
    memory = _Memory(repo, seat)
    if at_most_every is not None and not memory.due(at_most_every):
        return None
    view = known_feed(repo)
    there = own_items(view.snapshot, seat)
    if not there and (at_most_every is None or memory.ask(at_most_every)):
        view = ledger_of(repo).view(offline=False)
        there = own_items(view.snapshot, seat)
        memory.asked = memory.now
    gone = memory.without(there)
    lost = taken_from(view.snapshot, seat, gone)
    due = memory.those_due(view.snapshot, there, at_most_every)
    beats = _beaten(repo, view, due, seconds, memory)
    memory.keep()
    # What it has itself ended elsewhere it has not lost.
    lost += taken_from(beats.view.snapshot, seat, (each.item for each in beats.lost))
    later = tuple(item for item in there if item not in due)
    return replace(beats, lost=tuple(lost), later=later)


def beat_for(repo: Repo, seat: str, names: Iterable[str], seconds: float) -> Beats:
    """Beat for the items of these names, which `seat` holds, or a sub-seat of it.

    NoLongerYours where that is not so, by the newest there is; nothing was sent then.
    """
    wanted, view = tuple(dict.fromkeys(names)), known_feed(repo)
    if not all(_acts_for(view.snapshot.item(name), seat) for name in wanted):
        view = ledger_of(repo).view(offline=False)
    feed = view.snapshot
    items = [_held(view, name, seat) for name in wanted]
    memory = _Memory(repo, seat)
    memory.those_due(feed, items, None)
    beats = _beaten(repo, view, items, seconds, memory)
    memory.keep(whole=False)
    return beats


def _acts_for(item: Item, seat: str) -> bool:
    """Whether `seat` may beat for `item`."""
    return is_own(item, item.beating) and acts_as(seat, item.beating)


def _held(view: View, name: str, seat: str) -> Item:
    """The item, for which `seat` may beat. Refused or NoLongerYours else."""
    with answering(Question(view.basis, seat, (name,))):
        item = require_item(view.snapshot, name)
        if not _acts_for(item, seat):
            require_yours(item, seat, None, "")
        return item


def _beaten(
    repo: Repo,
    view: View,
    items: Sequence[Item],
    seconds: float,
    memory: "_Memory",
) -> Beats:
    """Beat for `items`, as they are in `view`, and have the `memory` note it down."""
    if not items:
        return Beats(view)
    turns = [(item, memory.beats[item.id].turn) for item in items]
    ended = beat_each(repo, view.snapshot, turns, memory.seat, seconds)
    heard, lost = list[tuple[Item, str]](), list[NoLongerYours]()
    unheard = list[FleetfeedError]()
    for item, (beaten, turn) in zip(items, ended, strict=True):
        memory.note(item, beaten, turn)
        if isinstance(beaten, str):
            heard.append((item, beaten))
        elif isinstance(beaten, NoLongerYours):
            lost.append(beaten)
        else:
            unheard.append(beaten)
    if lost:  # as the remote has it: asking whether it is lost has brought that
        view = known_feed(Repo(repo.git))
    return Beats(view, tuple(heard), tuple(lost), tuple(unheard))


class _Memory:
    """What the clone has in mind of a seat's beats, as of now."""

    def __init__(self, repo: Repo, seat: str) -> None:
        self.seat, self._folder = seat, repo.common_folder
        self._file = memory_file(self._folder, seat)
        memory, self._stale = remembered(self._file)
        self.beats, self.asked = dict(memory.beats), memory.asked
        self.now = time.time()

    def due(self, at_most_every: float) -> bool:
        """Whether anything is to be done."""
        memory = BeatMemory(self.beats, self.asked)
        return self._stale or memory.due(at_most_every, self.now)

    def ask(self, at_most_every: float) -> bool:
        """Whether it is time to ask if the seat holds anything."""
        return BeatMemory({}, self.asked).due(at_most_every, self.now)

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
        """Those of `items`, held in `feed`, for which a beat is due (None: for all)."""
        for item in items:
            self.beats[item.id] = self._last(feed, item)
        if at_most_every is None:
            return list(items)
        return [i for i in items if self.beats[i.id].due(at_most_every, self.now)]

    def _last(self, feed: Snapshot, item: Item) -> LastBeat:
        """When `item` last showed that its seat is alive: by a beat, or by a post."""
        known, lease = self.beats.get(item.id), lease_of(item, feed.rules)
        every = _ENDLESS if lease is None else lease / A_LEASE
        posted = lease_in(feed, item, self.now).last or 0.0
        if known is None or known.epoch != item.epoch:
            return LastBeat(item.epoch, posted, every)
        return replace(known, at=max(known.at, posted), every=every)

    def note(self, item: Item, beaten: Beaten, turn: int) -> None:
        """Note down what became of a beat of `item`."""
        if isinstance(beaten, NoLongerYours):
            del self.beats[item.id]
            return
        known = self.beats[item.id]
        at = known.at if isinstance(beaten, FleetfeedError) else self.now
        self.beats[item.id] = replace(known, at=at, tried=self.now, turn=turn)

    def keep(self, *, whole: bool = True) -> None:
        """Keep it for the next time; `whole` says that all was looked at."""
        remember(self._file, BeatMemory(self.beats, self.asked))
        if self._stale and not whole:
            stale(self._folder, self.seat)
