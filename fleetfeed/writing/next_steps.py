"""What would work now: the commands that an answer can name, each tried on the judge.

Nothing is written: a step is named where the posts that it would make pass on the feed
that the answer is from.
"""

from collections.abc import Iterator

from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model.errors import (
    FleetfeedError,
    Held,
    NoLongerYours,
    NothingReady,
    Refused,
)
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Lapse, Signs, no_signs
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import State
from fleetfeed.util.records import record
from fleetfeed.writing.idempotency import Plan
from fleetfeed.writing.next_item import next_of_own, refusals, takes_some
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.verbs import claim, move, renew

_OF_OTHERS = ("FF3", "FF4", "FF5")
"""How the codes begin of rules about who may, what is held, and for how long."""

_LAPSED = "its lease is over"
"""The reason that a takeover gives."""


@record
class Step:
    """One command without the program's name; `posts` as a seat, which it may need."""

    words: tuple[str, ...]
    posts: bool = False


def steps_with(
    feed: Snapshot, item: Item, seat: str, lease: Estimate | None = None
) -> Iterator[Step]:
    """What `seat` (empty: not known) can do with `item`, whose lease is `lease`."""
    if not seat:
        return
    asking = _asking(seat)
    if item.state is State.IN_PROGRESS and acts_as(seat, item.holder):
        epoch = ("--epoch", str(item.epoch))
        plans: dict[str, Plan] = {
            "done": lambda feed: move(feed, item.id, State.DONE, asking),
            "renew": lambda feed: renew(feed, item.id, asking),
            "release": lambda feed: move(feed, item.id, State.AWAITING_CLAIM, asking),
        }
        for verb, plan in plans.items():
            if _works(feed, plan):
                yield Step((verb, item.id, *epoch), posts=True)
    elif item.newest and item.state and not item.state.terminal:
        yield from _claimed(feed, item, seat, lease)


def _claimed(
    feed: Snapshot, item: Item, seat: str, lease: Estimate | None
) -> Iterator[Step]:
    """The claim of `item`, which `seat` does not hold, where that works."""
    asking = _asking(seat)
    if _works(feed, lambda feed: claim(feed, item.id, asking, resume=False)):
        yield Step(("claim", item.id), posts=True)
        return
    left = lease.left if lease else None
    if left is None or left + feed.rules.leases.grace > 0:
        return
    giving = _asking(seat, REASON=_LAPSED)

    def taken(feed: Snapshot) -> Drafts:
        return claim(feed, item.id, giving, resume=False)

    if _works(feed, taken, lambda _: Lapse.LAPSED):
        yield Step(("claim", item.id, "--reason", _LAPSED), posts=True)


def not_now(feed: Snapshot, item: Item, seat: str, signs: Signs) -> list[str]:
    """The rules by which `seat` cannot claim `item` now, however it says so.

    What a claim has to say, such as a proof, whoever claims can say at any time.
    """
    drafts = claim(feed, item.id, _asking(seat), resume=False)
    found = refusals(feed, drafts, signs)
    return sorted(code for code in found if code.startswith(_OF_OTHERS))


def steps_to_ready(feed: Snapshot, seat: str) -> Iterator[Step]:
    """`next`, where something is ready for `seat`: what rests with it comes first."""
    asking = _asking(seat)
    if seat and _works(feed, lambda feed: next_of_own(feed, None, asking)):
        yield Step(("next", "--mine"), posts=True)
    if seat and takes_some(feed, asking):
        yield Step(("next",), posts=True)


def steps_after(error: FleetfeedError) -> Iterator[Step]:
    """What can be done after `error`; nothing where only time, or a person, helps."""
    question = error.question
    if isinstance(question, Question):
        yield from _from(question, error)
    elif isinstance(error, Held | NoLongerYours):
        yield Step(("show", error.item))
    if isinstance(error, Refused) and error.findings and not isinstance(error, Held):
        codes = {found.code: None for found in error.findings if found.rejects}
        yield from (Step(("rule", code)) for code in codes)


def _from(question: Question, error: FleetfeedError) -> Iterator[Step]:
    feed, seat = question.basis.snapshot, question.seat
    if isinstance(error, Held | NoLongerYours):
        yield from _about(feed, feed.item(error.item), seat, isinstance(error, Held))
    elif isinstance(error, NothingReady):
        yield Step(error.listing, posts="--mine" in error.listing)
    elif isinstance(error, Refused):
        known = [name for name in question.items if feed.item(name).newest]
        yield from (Step(("show", name)) for name in known)
        if not known and not error.findings:
            yield Step(("active",))


def _about(feed: Snapshot, item: Item, seat: str, held: bool) -> Iterator[Step]:
    """What `seat` does about `item`; `held` says that it has what was asked for.

    What is not its own it lays aside last, and where nobody is at work on it.
    """
    own = held and acts_as(seat, item.contact)
    if seat:
        yield from _own(feed, item, seat) if own else _claimed(feed, item, seat, None)
    yield Step(("show", item.id))
    yield from steps_to_ready(feed, seat)
    if held and seat and not own:
        yield from _aside(feed, item, seat)


def _own(feed: Snapshot, item: Item, seat: str) -> Iterator[Step]:
    """What `seat` does where what it asks for is its own, through `item`."""
    asking = _asking(seat)
    running = item.state is State.IN_PROGRESS
    resumed = ("--resume",) if running else ()
    if _works(feed, lambda feed: claim(feed, item.id, asking, resume=running)):
        yield Step(("claim", item.id, *resumed), posts=True)
    yield from _aside(feed, item, seat)


def _aside(feed: Snapshot, item: Item, seat: str) -> Iterator[Step]:
    """`item` is parked, where `seat` may."""
    asking = _asking(seat)
    if _works(feed, lambda feed: move(feed, item.id, State.PARKED, asking)):
        yield Step(("park", item.id), posts=True)


def _asking(seat: str, **fields: str) -> Request:
    return Request({"SEAT": seat, "OP": "0", **fields})


def _works(feed: Snapshot, plan: Plan, signs: Signs = no_signs) -> bool:
    """Whether the judge lets pass what `plan` makes."""
    try:
        return not refusals(feed, plan(feed), signs)
    except FleetfeedError:
        return False
