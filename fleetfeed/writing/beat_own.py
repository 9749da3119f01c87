"""Beats without a process that keeps them: one now, for what a seat holds.

Who works over many short commands has nothing that runs meanwhile. Each of them may
call this: it asks no remote where no beat is due.
"""

import time
from collections.abc import Iterable, Mapping, Sequence

from fleetfeed.feed.question import Question
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import FleetfeedError, NoLongerYours
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util import durations
from fleetfeed.util.records import field, record, replace
from fleetfeed.writing.answering import answering
from fleetfeed.writing.beating import beat_each, known_feed, still_held
from fleetfeed.writing.beats_in_mind import BeatsInMind
from fleetfeed.writing.heartbeat import Beaten
from fleetfeed.writing.own_items import is_own, own_items, taken_from
from fleetfeed.writing.request import require_item, require_yours


@record
class Beats:
    """What became of beats; the items are as they are in `view`.

    Those of the `heard` each with what is to be said of it; the `lost` are no longer
    the seat's, of the `unheard` nothing was heard. The beats of those `later` are not
    due yet. `ages` are by item: the seconds since the last beat of what rests.
    """

    view: View
    heard: tuple[tuple[Item, str], ...] = ()
    lost: tuple[NoLongerYours, ...] = ()
    unheard: tuple[FleetfeedError, ...] = ()
    later: tuple[Item, ...] = ()
    ages: Mapping[str, float] = field(default_factory=dict)

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
    memory = BeatsInMind(repo, seat)
    if at_most_every is not None and not memory.due(at_most_every):
        return None
    view = known_feed(repo)
    there = own_items(view.snapshot, seat)
    asks = at_most_every is None or memory.ask(at_most_every)
    if not there and asks:
        view = ledger_of(repo).view(offline=False)
        there = own_items(view.snapshot, seat)
        memory.asked = memory.now
    gone = memory.without(there)
    lost = taken_from(view.snapshot, seat, gone)
    due = memory.those_due(view.snapshot, there, at_most_every)
    later = tuple(item for item in there if item not in due)
    rest = tuple(item for item in later if asks and memory.rests(item))
    beats = _beaten(repo, view, due, seconds, memory, rest=rest)
    if due or rest:
        memory.asked = memory.now
    memory.keep()
    # What it has itself ended elsewhere it has not lost.
    lost += taken_from(beats.view.snapshot, seat, (each.item for each in beats.lost))
    return replace(
        beats, lost=tuple(lost), later=tuple(i for i in later if i not in rest)
    )


def beat_for(repo: Repo, seat: str, names: Iterable[str], seconds: float) -> Beats:
    """Beat for the items of these names, which `seat` holds, or a sub-seat of it.

    NoLongerYours where that is not so, by the newest there is; nothing was sent then.
    """
    wanted, view = tuple(dict.fromkeys(names)), known_feed(repo)
    if not all(_acts_for(view.snapshot.item(name), seat) for name in wanted):
        view = ledger_of(repo).view(offline=False)
    feed = view.snapshot
    items = [_held(view, name, seat) for name in wanted]
    memory = BeatsInMind(repo, seat)
    due = memory.those_due(feed, items, None)
    rest = [item for item in items if item not in due]
    beats = _beaten(repo, view, due, seconds, memory, rest=rest)
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
    memory: BeatsInMind,
    *,
    rest: Sequence[Item],
) -> Beats:
    """Beat for `items`, as they are in `view`, and have the `memory` note it down.

    Those that `rest` have just beaten: they are only asked whose they are.
    """
    if not items and not rest:
        return Beats(view)
    deadline = time.monotonic() + seconds
    turns = [(item, memory.beats[item.id].turn) for item in items]
    ended = beat_each(repo, view.snapshot, turns, memory.seat, seconds)
    answers = list[tuple[Item, Beaten]]()
    for item, (beaten, turn) in zip(items, ended, strict=True):
        memory.note(item, beaten, turn)
        answers.append((item, beaten))
    said = [_heard_before(item, memory) for item in rest]
    ages = {item.id: memory.now - memory.beats[item.id].at for item in rest}
    left = deadline - time.monotonic()
    answers += zip(rest, still_held(repo, rest, said, left), strict=True)
    heard, lost = list[tuple[Item, str]](), list[NoLongerYours]()
    unheard = list[FleetfeedError]()
    for item, beaten in answers:
        if isinstance(beaten, str):
            heard.append((item, beaten))
        elif isinstance(beaten, NoLongerYours):
            lost.append(beaten)
        else:
            unheard.append(beaten)
    for error in lost:
        memory.beats.pop(error.item, None)
    if lost:  # as the remote has it: asking whether it is lost has brought that
        view = known_feed(Repo(repo.git))
    return Beats(view, tuple(heard), tuple(lost), tuple(unheard), ages=ages)


def _heard_before(item: Item, memory: BeatsInMind) -> str:
    """What is said of an item whose last beat is so recent that none is sent."""
    last = memory.beats[item.id]
    ago = durations.in_words(memory.now - last.at)
    again = durations.in_words(last.rests(memory.now))
    return f"heard {ago} ago; beats again in {again} at the earliest"
