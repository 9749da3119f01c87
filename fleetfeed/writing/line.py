"""A place in line: what is written to take it, and what is known of one's turn."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from fleetfeed.feed.circle import Wait, circle
from fleetfeed.feed.line import ahead_of, in_the_way, places
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.transitions import LAPSE_UNKNOWN
from fleetfeed.lease.estimate import lease_in
from fleetfeed.model.errors import FleetfeedError, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Alive, Lapse, Signs
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_writer import following
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.idempotency import Plan
from fleetfeed.writing.next_item import refusals
from fleetfeed.writing.request import Drafts, Request

LATER = frozenset(("FF401", "FF507", LAPSE_UNKNOWN))
"""By these a claim is refused now, and will not be for ever."""

Stand = Callable[[Snapshot, Request], Item]
"""The item that a place is for, as it is; new ones have no post."""


class InLine(FleetfeedError):
    """Nothing is to be written: `item` is in line already."""

    def __init__(self, item: str) -> None:
        super().__init__(f"{item} is in line already")
        self.item = item


def claim_or_wait(claim: Plan, stand: Stand, request: Request) -> Plan:
    """The plan of a claim, where that is lawful; of a place in line, where it is not.

    Raises InLine where the item has a place, and Refused where waiting does not help.
    """

    def plan(feed: Snapshot) -> Drafts:
        drafts = claim(feed)
        codes = refusals(feed, drafts)
        if not codes or not codes <= LATER:
            return drafts  # the judge says why
        return take_place(feed, stand(feed, request), request)

    return plan


def take_place(feed: Snapshot, item: Item, request: Request) -> Drafts:
    """The post that puts `item` in line, behind all who wait for what it overlaps."""
    kept: dict[str, Value] = {**request.fields, "STATE": State.PARKED.value}
    parked = following(item, request.draft(feed, item, kept))
    if parked.turn and parked.keys == item.keys:
        raise InLine(item.id)
    families = feed.rules.families
    holders = in_the_way(feed, parked.keys, families, item.id)
    own = next((i for i in map(feed.item, holders) if _own(request.seat, i)), None)
    if own:
        todo = f"go on with that (`fleetfeed claim {own.id} --resume`), or"
        park = f"`fleetfeed park {own.id}` lets it go"
        message = f"{own.id} of your own seat holds it, so nobody would ever let you in"
        raise Refused(f"{message}; {todo} {park}")
    there = places(feed, parked.keys, families, item.id)
    turn = max((other.turn for other in there), default=0) + 1
    drafts = (request.draft(feed, item, {**kept, "TURN": str(turn)}),)
    if request.now is not None:
        way = waits_for_itself(feed, following(item, *drafts), request.now)
        if way:
            todo = f"`fleetfeed park {way[-1].other.id}` lets that go first"
            raise Refused(f"{in_words(way)}; {todo}, or claim it without --wait")
    return drafts


def waits_for_itself(feed: Snapshot, place: Item, now: float) -> tuple[Wait, ...]:
    """How `place` waits for what its own seat holds; empty where it does not.

    Whose lease is over, at `now` (seconds of UTC) or by the clock that keeps it, stops
    nobody for long. It is advice: whether one work of a seat waits for another that it
    has, nobody can tell, and leases end it anyhow.
    """
    return circle(
        feed, place, place.waiter, lambda item: lease_in(feed, item, now).over
    )


def in_words(way: Sequence[Wait]) -> str:
    """A circle, in words."""
    steps = (
        f"{wait.place.id} of {printable(wait.place.waiter)} waits for {wait.other.id}"
        f" of {printable(wait.other.contact)}"
        for wait in way
    )
    return f"nobody would ever go on: {', '.join(steps)}"


def _own(seat: str, item: Item) -> bool:
    return item.state is State.IN_PROGRESS and acts_as(seat, item.holder)


@record
class Turn:
    """What is known of the turn of an item in line.

    `blocked` are the items that hold what it waits for, `ahead` those in line before
    it, of which nobody knows that their turn is over. Where nothing happens, in so many
    seconds it may be: `opens`, infinite where nobody can tell.
    """

    blocked: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    opens: float = math.inf

    @property
    def now(self) -> bool:
        """Whether it may be taken."""
        return not self.blocked and not self.ahead


def in_time(there: Iterable[Item], signs: Signs | None) -> list[Item]:
    """Those of the items in line of which nobody knows that their turn is over."""
    return [one for one in there if not signs or signs(one.id) is not Lapse.LAPSED]


def soonest(there: Iterable[Item], signs: Signs | None) -> float:
    """In how many seconds the first of these places is over, where nothing happens.

    Infinite where nobody can tell.
    """
    known = map(signs, (one.id for one in there)) if signs else ()
    return min((s.opens for s in known if isinstance(s, Alive)), default=math.inf)


def turn_of(feed: Snapshot, item: Item, signs: Signs | None) -> Turn:
    """Whose turn it is before `item`, by `signs` where somebody keeps the time."""
    families = feed.rules.families
    blocked = in_the_way(feed, item.keys, families, item.id)
    known = cache(signs) if signs else None
    ahead = in_time(ahead_of(feed, item, families), known)
    opens = math.inf if blocked else soonest(ahead, known)
    return Turn(blocked, tuple(other.id for other in ahead), opens)
