"""Waiting in line for one's turn, and taking it.

Where nobody keeps the time of a line, the one who waits watches: those before it have
had their turn when nothing has been in their way for as long as that takes, by its own
clock, or when it has seen that somebody passed them. Who waits for something else, too,
may be dead, and would be waited for as long as that is held: a server that keeps time
is asked; where there is none, its silence is watched.
"""

import math
import time
from collections.abc import Callable, Iterable
from functools import partial

from fleetfeed.feed.line import in_the_way, overtaken_meanwhile, place_of
from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import tip_of
from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.fleet import FleetLedger
from fleetfeed.model import names
from fleetfeed.model.errors import CannotTell, NoLongerYours, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath
from fleetfeed.model.liveness import advised_seconds
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.writing.answering import answering
from fleetfeed.writing.line import LATER, Turn, in_words, turn_of, waits_for_itself
from fleetfeed.writing.looks import Looks, Terms
from fleetfeed.writing.silence import Silence, nobody_can_tell

_ASKED_AGAIN = 60.0
"""Seconds until a server is asked again that does not say when a place is over."""

_TRIED_AGAIN = 4.0
"""Seconds until what somebody else was quicker with is tried again."""


def until_turn(
    ledger: FleetLedger,
    first: View,
    item: str,
    terms: Terms,
    attempt: Callable[[frozenset[str]], Ok],
    *,
    repo: Repo,
) -> Ok:
    """Wait, from the view `first` on, for the turn of `item`: what `attempt` got then.

    It is in line. `attempt` is told which places it was itself seen to be over; where
    it has not won it raises. CannotTell where time is up, Refused where the place is
    lost; both are about `item`.
    """
    watch, tries = _Watch(repo, ledger, terms.clock), _Tries(terms.clock)
    known = ""
    looking, seat = Looks(ledger, terms, first), first.snapshot.item(item).waiter
    for view in looking:
        feed = view.snapshot
        with answering(Question(view.basis, seat, (item,))):
            now = feed.item(item)
            _require_place(now)
            if view.commit != known:
                known = view.commit
                _require_no_circle(feed, now)
            signs = ledger.signs(tip_of(view))
            turn = turn_of(feed, now, signs)
            over = frozenset() if signs else watch.over(turn, feed)
            terms.on_progress(what_for(feed, now, turn))
            sure = turn.now or bool(over)
            if (sure or watch.unclear) and tries.left(sure=sure) <= 0:
                try:
                    return attempt(over)
                except Refused as refused:
                    left = tries.refused(refused, sure=sure)
                if sure:
                    said = f"another has its turn, for {left} s at the most"
                    terms.on_progress(said)
            opens = tries.left(sure=sure) if sure or watch.unclear else math.inf
            opens = opens if sure else min(opens, turn.opens, watch.opens)
            looking.sees((now.newest, turn.blocked, turn.ahead), opens, turn.blocked)
    with answering(Question(looking.view.basis, seat, (item,))):
        raise CannotTell(
            f"{item} is still in line, and time is up; `fleetfeed claim {item} --wait"
            f" --proof …` goes on waiting, `fleetfeed park {item}` gives the place up"
        )


class _Tries:
    """When it may help to try: it is our turn (`sure`), or only a server can tell."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next: dict[bool, float] = dict.fromkeys((True, False), clock())

    def left(self, *, sure: bool) -> float:
        """The seconds until then."""
        return self._next[sure] - self._clock()

    def refused(self, why: Refused, *, sure: bool) -> float:
        """Be told of a try; the seconds until the next. `why`, where none helps."""
        left: float | None = _advised(why)
        if left is None:
            raise why
        if sure:
            left = left or _TRIED_AGAIN
        else:
            left = math.inf if nobody_can_tell(why) else left or _ASKED_AGAIN
        self._next[sure] = self._clock() + left
        return left


def _advised(refused: Refused) -> int | None:
    """The seconds after which another try may help; None where none will."""
    codes = {found.code for found in refused.findings if found.rejects}
    said = {code for code in LATER for word in refused.words if code in word}
    if not (codes or said) or not codes <= LATER:
        return None
    return advised_seconds(refused.words, refused.findings) or 0


def _require_place(item: Item) -> None:
    if item.turn:
        return
    if item.active:
        raise NoLongerYours(item.id, item.epoch, item.holder)
    state = item.state.value if item.state else "unreadable"
    message = f"{item.id} has no place in line any more: it is {state},"
    todo = f"by {printable(item.seat)}; `fleetfeed show {item.id}` says more"
    raise Refused(f"{message} {todo}")


def _require_no_circle(feed: Snapshot, place: Item) -> None:
    """Refused where all wait for one another, and `place` is the last of them.

    Who takes a place is told; but two may take theirs at once, and one of them is
    enough to leave.
    """
    way = waits_for_itself(feed, place, time.time())
    last = max((wait.place.id for wait in way), key=names.in_order, default="")
    if last != place.id:
        return
    todo = f"`fleetfeed park {way[-1].other.id}` lets that go,"
    leave = f"`fleetfeed park {place.id}` gives this place up"
    raise Refused(f"{in_words(way)}; {todo} {leave}")


def what_for(feed: Snapshot, item: Item, turn: Turn) -> str:
    """What `item` waits for, in words."""
    if turn.blocked:
        other = feed.item(turn.blocked[0])
        who = printable(other.contact)
        behind = f", {len(turn.ahead)} in line before it" if turn.ahead else ""
        return f"{item.id} waits for {other.id} of {who}{behind}"
    if turn.ahead:
        other = feed.item(turn.ahead[0])
        who = printable(other.waiter)
        return f"{item.id} waits: it is the turn of {other.id} of {who}"
    return f"it is the turn of {item.id}"


class _Watch:
    """Whose turn is over of those that are ahead, where nobody says so.

    A turn is over when it could have been taken for as long as it lasts, or somebody
    has passed the place: then it keeps nothing when the surface is free again. So is
    one of which no sign of life was seen for its lease and the grace. Where nothing
    happens, they may be over in `opens` seconds from the last look on.

    `unclear`: one of them waits for something else, too, and may be alive.
    """

    def __init__(
        self, repo: Repo, ledger: FleetLedger, clock: Callable[[], float]
    ) -> None:
        self._repo, self._ledger, self._clock = repo, ledger, clock
        self.opens, self.unclear = math.inf, False
        self._free: dict[str, float] = {}
        self._silences: dict[str, Silence] = {}
        self._passed = set[object]()
        self._before: Snapshot | None = None

    def over(self, turn: Turn, feed: Snapshot) -> frozenset[str]:
        """Those ahead whose turn is over: all or none."""
        self._passed |= {place_of(item) for item in self._newly_passed(feed)}
        self._before, self.opens, self.unclear = feed, math.inf, False
        if turn.blocked or not turn.ahead:
            self._free.clear()
            return frozenset()
        now, ahead = self._clock(), map(feed.item, turn.ahead)
        waits = [item for item in ahead if place_of(item) not in self._passed]
        self._free = {
            item.id: self._free.get(item.id, now)
            for item in waits
            if not in_the_way(feed, item.keys, feed.rules.families, item.id)
        }
        if not self._all_silent(item.id for item in waits if item.id not in self._free):
            self.unclear = True
            return frozenset()
        since = max(self._free.values(), default=now)
        self.opens = since + feed.rules.leases.turn * len(self._free) - now
        return frozenset(turn.ahead) if self.opens <= 0 else frozenset()

    def _all_silent(self, items: Iterable[str]) -> bool:
        """Whether all of these items' leases and the grace are over, as far as is seen.

        They are looked at together, with their beats, as often as one of them asks for.
        """
        known, new = self._silences, partial(Silence, self._repo, clock=self._clock)
        there = {item: known.get(item) or new(item) for item in items}
        heard = True
        if any(silence.due <= self._clock() for silence in there.values()):
            asked = time.time()
            try:
                view = self._ledger.view(offline=False)
                for silence in there.values():
                    silence.sees(view, asked)
            except CannotTell:  # of whom nothing can be seen now, it may be alive
                heard = False
        self._silences = there
        due = min((silence.due for silence in there.values()), default=math.inf)
        self.opens = due - self._clock()
        return heard and all(silence.left <= 0 for silence in there.values())

    def _newly_passed(self, feed: Snapshot) -> Iterable[Item]:
        """The places that somebody has passed since the last look."""
        before = self._before
        if before is None:
            return ()
        kinds = (change.kind for change in before.changes_to(feed))
        items = {kind.item for kind in kinds if isinstance(kind, PostPath)}
        return overtaken_meanwhile(before, feed, sorted(items), feed.rules.families)
