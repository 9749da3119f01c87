"""Waiting for one's turn: looking at one ref now and then, and at nothing else.

A look asks whether the feed has moved; it is fetched where it has. The pauses grow. Who
waits in line shows by beats that it is alive. Where nobody keeps the time of a line,
the one who waits watches: those before it have had their turn when nothing has been in
their way for as long as that takes, by its own clock, or when it has seen that somebody
passed them.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat

from fleetfeed.feed.line import overtaken, place_of
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import tip_of
from fleetfeed.ledger.fleet import FleetLedger
from fleetfeed.model.errors import CannotTell, NoLongerYours, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath
from fleetfeed.model.liveness import advised_seconds
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.line import LATER, Turn, turn_of

PAUSES = (0.5, 0.5, 1.0, 1.0, 2.0, *repeat(5.0, 24))
"""Seconds between the first looks: two minutes of them."""

LONG_PAUSE = 15.0
"""Seconds between two looks after that."""


@record
class Terms:
    """How long to wait (`until`, by `clock`; None: for ever), and what to do meanwhile.

    `beat` is called about as often as its seconds say; `on_progress` gets a line.
    """

    until: float | None
    clock: Callable[[], float]
    on_progress: Callable[[str], None]
    beat: Callable[[], None] = lambda: None
    beat_every: float = 60.0

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return float("inf") if self.until is None else self.until - self.clock()


def looks(ledger: FleetLedger, terms: Terms) -> Iterator[View]:
    """The feed as it is, and again after each pause, or as soon as it has moved.

    CannotTell where time is up. A remote that does not answer is asked again.
    """
    pauses, beaten = _pauses(), terms.clock()
    view = ledger.view(offline=False)
    while True:
        yield view
        pause = min(next(pauses), terms.left)
        if pause <= 0:
            return
        try:
            moved = ledger.changed(view.commit, pause)
            # By a clock of the ledger's own a turn may be over where nothing is new.
            if moved or ledger.clock():
                view = ledger.view(offline=False)
            if moved:
                pauses = _pauses()
        except CannotTell as error:
            terms.on_progress(str(error))
            if terms.left <= 0:
                raise
        if terms.clock() - beaten >= terms.beat_every:
            beaten = terms.clock()
            terms.beat()


def _pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(LONG_PAUSE))


def until_turn(
    ledger: FleetLedger,
    item: str,
    terms: Terms,
    attempt: Callable[[frozenset[str]], None],
) -> None:
    """Wait until it is the turn of `item`, which is in line, and `attempt` took it.

    `attempt` is told which places it was itself seen to be over; where it has not won
    it raises. CannotTell where time is up, Refused where the place is lost.
    """
    watch, again = _Watch(terms.clock), terms.clock()
    for view in looks(ledger, terms):
        feed = view.snapshot
        now = feed.item(item)
        _require_place(now)
        signs = ledger.signs(tip_of(view))
        turn = turn_of(feed, now, signs)
        over = frozenset() if signs else watch.over(turn, feed)
        terms.on_progress(what_for(feed, now, turn))
        if terms.clock() >= again and (turn.now or over):
            try:
                attempt(over)
            except Refused as refused:
                left = _advised(refused)
                if left is None:
                    raise
                again = terms.clock() + left
                terms.on_progress(f"another has its turn, for {left} s at the most")
            else:
                return
    raise CannotTell(
        f"{item} is still in line, and time is up; `fleetfeed claim {item} --wait"
        f" --proof …` goes on waiting, `fleetfeed park {item}` gives the place up"
    )


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
    has passed the place: then it keeps nothing when the surface is free again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._free: dict[str, float] = {}
        self._passed = set[object]()
        self._before: Snapshot | None = None

    def over(self, turn: Turn, feed: Snapshot) -> frozenset[str]:
        """Those ahead whose turn is over: all or none."""
        self._passed |= {place_of(item) for item in self._newly_passed(feed)}
        self._before = feed
        if turn.blocked or not turn.ahead:
            self._free.clear()
            return frozenset()
        now, ahead = self._clock(), map(feed.item, turn.ahead)
        waits = [item.id for item in ahead if place_of(item) not in self._passed]
        self._free = {item: self._free.get(item, now) for item in waits}
        seconds = feed.rules.leases.turn * len(waits) + 1.0 if waits else 0.0
        waited = now - max(self._free.values(), default=now)
        return frozenset(turn.ahead) if waited >= seconds else frozenset()

    def _newly_passed(self, feed: Snapshot) -> Iterable[Item]:
        """The places that somebody has passed since the last look."""
        before = self._before
        if before is None:
            return ()
        kinds = (change.kind for change in before.changes_to(feed))
        items = {kind.item for kind in kinds if isinstance(kind, PostPath)}
        return overtaken(before, feed, sorted(items), feed.rules.families)
