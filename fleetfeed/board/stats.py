"""The figures of a feed over some time: how many are open, how long work takes.

All follow from lives (`feed.lives`) and from what a server has refused. A *holding* is
the time in which one seat has one item in progress, in one epoch and for the same
surfaces; a *stay* is the time from when an item is filed, or reopened, to when it is
over.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from fleetfeed.feed.lives import Life, Phase
from fleetfeed.model.families import ANY_FAMILY, Families
from fleetfeed.model.post import State
from fleetfeed.model.surface import segments
from fleetfeed.util.records import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.refused import Refused

POINTS = 61
"""Moments at which the open items are counted, both ends among them."""

_RESTING = (State.BLOCKED.value, State.PARKED.value)
_AT_WORK, _DONE = State.IN_PROGRESS.value, State.DONE.value


@record
class Spread:
    """How some spans of time are spread, in seconds; zeros where there are none.

    `median` and `most` are spans that there are: half, or nine of ten, are no longer.
    """

    count: int = 0
    median: int = 0
    most: int = 0
    longest: int = 0

    @classmethod
    def of(cls, spans: Iterable[float]) -> "Spread":
        """Of `spans`, in any order."""
        found = sorted(int(span) for span in spans)
        if not found:
            return cls()
        return cls(len(found), _at(found, 0.5), _at(found, 0.9), found[-1])


def _at(found: Sequence[int], share: float) -> int:
    """The smallest of `found` that such a share of them does not exceed."""
    return found[math.ceil(len(found) * share) - 1]


@record
class Holding:
    """A seat has, or had, an item in progress from `start` to `end` (None: it has).

    All times are seconds of UTC. `began` says whether it began within the time that is
    asked about; `start` is not before that.
    """

    seat: str
    item: str
    keys: tuple[str, ...]
    start: int
    end: int | None
    began: bool = True


@record
class SurfaceUse:
    """What happened about one surface, as it was written last.

    `holdings` began, `seconds` it was held, `places` in line for it were taken, and
    `refused` are posts that the server has refused for its sake.
    """

    key: str
    holdings: int = 0
    seconds: int = 0
    places: int = 0
    refused: int = 0

    @property
    def contention(self) -> int:
        """How often somebody wanted it who did not get it at once."""
        return self.places + self.refused


@record
class SeatUse:
    """What a seat had in progress: how often that began, for how long, how much now."""

    seat: str
    holdings: int
    seconds: int
    now: int


@record
class Stats:
    """The figures from `since` to `now`, both in seconds of UTC.

    `open` are moments and how many items were open at each. `lead` are the stays that
    ended in DONE, `work` the time in them from the first holding on; `waiting` the time
    until the first holding began. `line` are places in line that ended, `rest` times in
    which items were blocked or parked. `undated` are items of which no post says when
    it was written: they are counted where they are open, and nowhere else.
    """

    since: float
    now: float
    open: tuple[tuple[int, int], ...] = ()
    filed: int = 0
    done: int = 0
    cancelled: int = 0
    reopened: int = 0
    lead: Spread = Spread()
    leads: tuple[int, ...] = ()
    work: Spread = Spread()
    waiting: Spread = Spread()
    line: Spread = Spread()
    rest: Spread = Spread()
    surfaces: tuple[SurfaceUse, ...] = ()
    seats: tuple[SeatUse, ...] = ()
    holdings: tuple[Holding, ...] = field(default_factory=tuple)
    undated: int = 0


@record
class _Stay:
    """From when an item comes to be open to when it is over (None: it is open)."""

    start: int
    end: int | None
    outcome: str
    taken: int | None
    reopened: bool


def stats(
    lives: Iterable[Life],
    since: float,
    now: float,
    *,
    undated: int = 0,
    refused: "Refused | None" = None,
    families: Families = ANY_FAMILY,
) -> Stats:
    """The figures of `lives` from `since` to `now`. A time to come counts as now.

    `families` say which keys are one surface.
    """
    count = _Count(int(since), int(now), families)
    for life in lives:
        count.add(life)
    return count.stats(undated, refused)


class _Count:
    """What has been counted so far, from `since` to `now`."""

    def __init__(self, since: int, now: int, families: Families) -> None:
        self._since, self._now, self._families = since, now, families
        self._starts, self._ends = list[float](), list[float]()
        self._ended = Counter[str]()
        self._filed = self._reopened = 0
        self._leads, self._work = list[int](), list[int]()
        self._waiting, self._line = list[int](), list[int]()
        self._rest, self._holdings = list[int](), list[Holding]()
        self._places = Counter[str]()

    def add(self, life: Life) -> None:
        """Count one more item."""
        if life.filed is None:
            self._starts += [-math.inf] * life.now.open
            return
        phases = self._clipped(life.phases)
        for stay in _stays(phases):
            self._stay(stay)
        if (phases[-1].start or 0) < self._since:
            phases = phases[-1:]  # nothing else can count
        self._spans(life.item, phases)

    def stats(self, undated: int, refused: "Refused | None") -> Stats:
        """All figures."""
        self._holdings.sort(key=lambda each: (each.start, each.item))
        self._leads.sort()
        return Stats(
            self._since,
            self._now,
            tuple(self._open()),
            self._filed,
            self._ended[_DONE],
            self._ended[State.CANCELLED.value],
            self._reopened,
            Spread.of(self._leads),
            tuple(self._leads),
            Spread.of(self._work),
            Spread.of(self._waiting),
            Spread.of(self._line),
            Spread.of(self._rest),
            self._surfaces(refused),
            self._seats(),
            tuple(self._holdings),
            undated,
        )

    def _clipped(self, phases: Sequence[Phase]) -> Sequence[Phase]:
        """The phases, none of which begins later than now."""
        last = phases[-1].start
        if last is None or last <= self._now:
            return phases
        return [
            phase._replace(start=min(phase.start or 0, self._now)) for phase in phases
        ]

    def _within(self, at: int | None) -> bool:
        return at is not None and at >= self._since

    def _stay(self, stay: _Stay) -> None:
        self._starts.append(stay.start)
        if stay.end is not None:
            self._ends.append(stay.end)
        if self._within(stay.start):
            self._filed += not stay.reopened
            self._reopened += stay.reopened
        if stay.taken is not None and self._within(stay.taken):
            self._waiting.append(stay.taken - stay.start)
        if stay.end is None or not self._within(stay.end):
            return
        self._ended[stay.outcome] += 1
        if stay.outcome == _DONE:
            self._leads.append(stay.end - stay.start)
            if stay.taken is not None:
                self._work.append(stay.end - stay.taken)

    def _spans(self, item: str, phases: Sequence[Phase]) -> None:
        """Count holdings, places in line and rests."""
        ends = (*(phase.start for phase in phases[1:]), None)
        for phase, end in zip(phases, ends, strict=True):
            start = phase.start or 0
            over = end is not None and end <= self._since
            if phase.state == _AT_WORK and (start >= self._since or not over):
                who = (phase.who, item, phase.keys)
                began = start >= self._since
                self._holdings.append(
                    Holding(*who, max(start, self._since), end, began)
                )
        for rest in _rests(phases):
            if rest.place and self._within(rest.start):
                self._places.update(dict.fromkeys(rest.keys, 1))
            if rest.end is not None and self._within(rest.end):
                spans = self._line if rest.place else self._rest
                spans.append(rest.end - rest.start)

    def _open(self) -> Iterator[tuple[int, int]]:
        """How many items were open at each moment."""
        starts, ends = sorted(self._starts), sorted(self._ends)
        for point in range(POINTS):
            at = self._since + (self._now - self._since) * point // (POINTS - 1)
            yield at, bisect_right(starts, at) - bisect_right(ends, at)

    def _length(self, each: Holding) -> int:
        """For how long a holding lasted, within the time that is asked about."""
        return (self._now if each.end is None else each.end) - each.start

    def _surfaces(self, refused: "Refused | None") -> tuple[SurfaceUse, ...]:
        """Each surface by its normal form, the most contended first."""
        texts = dict[str, str]()
        holdings, seconds = Counter[str](), Counter[str]()
        places, turned_down = Counter[str](), Counter[str]()
        name = _Names(texts, self._families)
        for each in self._holdings:
            for key in {name(key) for key in each.keys}:
                holdings[key] += each.began
                seconds[key] += self._length(each)
        for text, number in self._places.items():
            places[name(text)] += number
        for text, number in refused.by_surface(self._since) if refused else ():
            turned_down[name(text)] += number
        found = (
            SurfaceUse(text, holdings[k], seconds[k], places[k], turned_down[k])
            for k, text in texts.items()
        )
        return tuple(
            sorted(found, key=lambda s: (-s.contention, -s.holdings, -s.seconds, s.key))
        )

    def _seats(self) -> tuple[SeatUse, ...]:
        """Each seat, whatever its case, who held most first."""
        texts, rows = dict[str, str](), defaultdict[str, list[Holding]](list)
        for each in self._holdings:
            texts[each.seat.casefold()] = each.seat
            rows[each.seat.casefold()].append(each)
        found = (
            SeatUse(
                texts[seat],
                sum(each.began for each in held),
                sum(
                    (e.end if e.end is not None else self._now) - e.start for e in held
                ),
                sum(each.end is None for each in held),
            )
            for seat, held in rows.items()
        )
        return tuple(sorted(found, key=lambda s: (-s.seconds, -s.holdings, s.seat)))


def surface_name(text: str, families: Families) -> str:
    """What a key is compared by: equal for all keys of one surface."""
    return ":".join(families.collides_as(segments(text))[0])


class _Names:
    """From a key as it was written to its normal form; `texts` keeps the last text."""

    def __init__(self, texts: dict[str, str], families: Families) -> None:
        self._texts, self._known = texts, dict[str, str]()
        self._families = families

    def __call__(self, text: str) -> str:
        if text not in self._known:
            self._known[text] = surface_name(text, self._families)
        found = self._known[text]
        self._texts[found] = text
        return found


def _stays(phases: Sequence[Phase]) -> Iterator[_Stay]:
    """The stays of an item, the first first."""
    start, taken, there, reopened = 0, None, False, False
    for phase in phases:
        at = phase.start or 0
        if not there and (phase.open or phase is phases[0]):
            start, taken, there = at, None, True
        if phase.state == _AT_WORK and taken is None:
            taken = at
        if there and not phase.open:
            yield _Stay(start, at, phase.state, taken, reopened)
            there, reopened = False, True
    if there:
        yield _Stay(start, None, "", taken, reopened)


@record
class _Rest:
    """From when an item was blocked, parked or in line to when it was not any more."""

    start: int
    end: int | None
    place: bool
    keys: tuple[str, ...]


def _rests(phases: Sequence[Phase]) -> Iterator[_Rest]:
    """The rests of an item, each as a whole: for one state, or one place in line."""
    begun: Phase | None = None
    for phase in phases:
        if begun and (phase.state, phase.turn) == (begun.state, begun.turn):
            continue
        if begun:
            yield _Rest(begun.start or 0, phase.start, begun.turn > 0, begun.keys)
        begun = phase if phase.state in _RESTING else None
    if begun:
        yield _Rest(begun.start or 0, None, begun.turn > 0, begun.keys)
