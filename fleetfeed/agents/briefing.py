"""What a seat must know before it works: gathered from one look at the feed."""

from collections.abc import Sequence

from fleetfeed.feed.messages import Message, count_unseen, messages, reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.unseen import unseen_counts
from fleetfeed.judge.dependencies import resumable
from fleetfeed.judge.lanes import closed_lane
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as, same_seat
from fleetfeed.model.post import State
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.records import record
from fleetfeed.writing.estimates import LeaseEstimates
from fleetfeed.writing.inbox import Entry, entries
from fleetfeed.writing.next_item import is_ready, ready_items
from fleetfeed.writing.own_items import own_items


@record
class Briefing:
    """What `seat` must know, as it is in `view`.

    `own` is what it has itself in progress or in line, each with its lease. It is a
    session of `parent` (empty: of none), whose other sessions are at `siblings`, and
    to whom alone `offered` is offered. `resting` is its own, waits for nothing any
    more, and can be resumed; `ready` is what `next` may take for it. So many messages
    to it are `unseen` (None: that cannot be read now), and `newest` is the newest of
    them about the item that was noted last.
    """

    seat: str
    view: View
    own: tuple[tuple[Item, Estimate], ...]
    parent: str
    siblings: tuple[Item, ...]
    offered: tuple[Item, ...]
    resting: tuple[Item, ...]
    ready: tuple[Item, ...]
    unseen: int | None
    newest: Message | None


def briefed(repo: Repo, view: View, seat: str) -> Briefing:
    """What `seat` must know, by `view`."""
    feed, leases = view.snapshot, LeaseEstimates(repo, view)
    own = tuple((item, leases.of_own(item)) for item in own_items(feed, seat))
    parent, ready = repo.session_of, tuple(ready_items(feed, seat))
    siblings = (i for i in feed.open if parent and _is_siblings(i, parent, seat))
    offered = _offered(feed, parent, seat) if parent else ()
    beside = parent, tuple(siblings), offered
    resting = tuple(resumable(feed, seat))
    return Briefing(seat, view, own, *beside, resting, ready, *_unseen(feed, seat))


def _is_siblings(item: Item, parent: str, seat: str) -> bool:
    """Whether `parent`, or another session of it, is at `item`."""
    others = acts_as(parent, item.holder) and not acts_as(seat, item.holder)
    return item.state is State.IN_PROGRESS and others


def _offered(feed: Snapshot, parent: str, seat: str) -> tuple[Item, ...]:
    """What is ready for `parent`, and for its session only if that asks in its name.

    A lane that the session may not claim in is closed to it whoever asks.
    """
    rules = feed.rules

    def is_wanted(item: Item) -> bool:
        owner = item.owner
        only = rules.may_claim(parent, owner) and not rules.may_claim(seat, owner)
        return only and is_ready(feed, item) and not closed_lane(rules, item.own, seat)

    found = feed.awaiting(is_wanted, ranked=False)
    return tuple(sorted(found, key=lambda item: item.priority))


def _unseen(feed: Snapshot, seat: str) -> tuple[int | None, Message | None]:
    """How many messages `seat` has not seen, and the newest note among them."""
    try:
        counts = _counts(feed, list(entries(feed, seat, everything=False)))
        noted = [entry for entry, number in counts if number]
        last = max(noted, key=lambda entry: _last(feed, entry), default=None)
        newest = _newest(feed, last) if last else None
    except CannotTell:
        return None, None
    return sum(number or 0 for _, number in counts), newest


def _counts(feed: Snapshot, there: Sequence[Entry]) -> list[tuple[Entry, int | None]]:
    """How many messages there are for each: by what is remembered, where that is.

    Of an item that somebody else has, its filer is told of the notes alone.
    """
    feed.expect_said(entry.item.id for entry in there)
    known = unseen_counts(feed, (e.item for e in there if _is_readers(e)))
    if None in known.values():
        raise CannotTell("a note is not here")
    return [
        (entry, known[entry.item.id] if _is_readers(entry) else _noted(feed, entry))
        for entry in there
    ]


def _is_readers(entry: Entry) -> bool:
    return same_seat(entry.whose, reader(entry.item))


def _noted(feed: Snapshot, entry: Entry) -> int:
    there = bool(feed.notes.about(entry.item.id))
    return count_unseen(feed, entry.item.id, entry.whose) if there else 0


def _last(feed: Snapshot, entry: Entry) -> str:
    """When the newest note about an item was written; empty where there is none."""
    return max(map(layout.note_time, feed.notes.about(entry.item.id)), default="")


def _newest(feed: Snapshot, entry: Entry) -> Message | None:
    """The newest message about an item that its reader has not seen."""
    said = messages(feed, entry.item.id, entry.whose)
    return next((message for message in reversed(said) if not message.seen), None)
