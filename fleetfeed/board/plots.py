"""The board's plots as shapes: numbers alone, which a page draws."""

import time
from collections.abc import Iterator, Sequence

from fleetfeed.board.model import Board, Contended
from fleetfeed.board.stats import Holding, Stats
from fleetfeed.util.records import record

WIDTH, HEIGHT = 600, 120
"""Of a plot, in units of its own."""

MOST_BARS, MOST_SEATS, MOST_SEGMENTS = 8, 14, 600
"""What a plot shows at most: surfaces, seats, and holdings of all of them."""

_TIMELINE = 2 * 24 * 3600
"""Seconds that the time line goes back at most: longer, and nothing is seen of it."""

_MARKS = 4
"""Parts that an axis of time is marked in."""

_MINUTE, _HOUR, _DAY = 60, 3600, 24 * 3600
_WIDTHS = tuple(
    (size * unit, size, name)
    for unit, name, sizes in (
        (_MINUTE, "min", (1, 2, 5, 10, 15, 30)),
        (_HOUR, "h", (1, 2, 3, 6, 12)),
        (_DAY, "d", (1, 2, 5, 10, 20, 50, 100)),
    )
    for size in sizes
)
"""How wide the columns of lead times may be: seconds, and the same in words."""

_COLUMNS = 8
"""Columns of one width; one more is for what took longer."""


@record
class OpenPlot:
    """How many items were open: a line, the area below it, its top, and the times."""

    line: str
    area: str
    top: int
    times: tuple[str, ...]


@record
class Bar:
    """How many of something there are, as a share of the most, and what it is."""

    size: float
    count: int
    text: str


@record
class ContentionBar:
    """How a surface was contended: as a bar, what was refused and then the places."""

    surface: Contended
    refused: float
    places: float


@record
class Segment:
    """A holding on the time line; `open` ones go on."""

    at: float
    width: float
    open: bool
    item: str
    keys: str
    begun: int
    end: int | None


@record
class Track:
    """What one seat held, from left to right."""

    seat: str
    segments: tuple[Segment, ...]


@record
class Timeline:
    """Who held what in the last `span` seconds.

    `more` seats are not shown, nor `left` holdings of those that are.
    """

    span: float
    tracks: tuple[Track, ...]
    times: tuple[str, ...]
    more: int
    left: int


def open_plot(stats: Stats) -> OpenPlot:
    """The open items over time."""
    top = _nice(max((count for _, count in stats.open), default=0))
    span = max(stats.now - stats.since, 1)
    points = (
        ((at - stats.since) / span * WIDTH, HEIGHT * (1 - count / top))
        for at, count in stats.open
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}"
    return OpenPlot(line, area, top, _times(stats.since, stats.now))


def _nice(most: int) -> int:
    """The next even round number, from 2 on."""
    size = int("1".ljust(len(str(most)), "0"))
    steps = (size * each for each in (1, 2, 4, 6, 8, 10))
    return max(2, next(step for step in steps if step >= most))


def _times(since: float, now: float) -> tuple[str, ...]:
    """The times at the marks of an axis: days where it is long, hours where not."""
    part = (now - since) / _MARKS
    form = "%d %b" if part >= _DAY else "%d %b %H:%M"
    marks = (time.gmtime(since + part * number) for number in range(_MARKS))
    return (*(time.strftime(form, mark).lstrip("0") for mark in marks), "now")


def lead_bars(stats: Stats) -> tuple[Bar, ...]:
    """How many items took how long, from filing to DONE.

    All columns are as wide as each other, as narrow as nine of ten items allow; the
    last one is for all that took longer.
    """
    wide = next((w for w in _WIDTHS if w[0] * _COLUMNS > stats.lead.most), _WIDTHS[-1])
    counts = [0] * (_COLUMNS + 1)
    for lead in stats.leads:
        counts[min(int(lead // wide[0]), _COLUMNS)] += 1
    top = max(*counts, 1)
    ends = [(number + 1) * wide[1] for number in range(_COLUMNS)]
    names = [f"<{end} {wide[2]}" for end in ends] + ["longer"]
    pairs = zip(counts, names, strict=True)
    return tuple(Bar(count / top * 100, count, name) for count, name in pairs)


def contention_bars(board: Board) -> tuple[ContentionBar, ...]:
    """The most contended surfaces."""
    shown = [each for each in board.contended if each.use.contention][:MOST_BARS]
    top = max((each.use.contention for each in shown), default=1)
    return tuple(
        ContentionBar(
            each,
            each.use.refused / top * WIDTH,
            each.use.places / top * WIDTH,
        )
        for each in shown
    )


def timeline(stats: Stats) -> Timeline:
    """Who held what lately, who held most first."""
    span = min(stats.now - stats.since, _TIMELINE)
    first = stats.now - span
    rows: dict[str, list[Holding]] = {}
    for each in stats.holdings:
        if each.end is None or each.end > first:
            rows.setdefault(each.seat, []).append(each)

    def held(seat: str) -> float:
        return -sum(
            (stats.now if e.end is None else e.end) - max(e.start, first)
            for e in rows[seat]
        )

    seats = sorted(rows, key=lambda seat: (held(seat), seat))
    tracks, left = list[Track](), 0
    room = MOST_SEGMENTS
    for seat in seats[:MOST_SEATS]:
        kept = rows[seat][-room:] if room else []
        left += len(rows[seat]) - len(kept)
        room -= len(kept)
        tracks.append(Track(seat, tuple(_segments(kept, first, stats.now))))
    times = _times(first, stats.now)
    return Timeline(span, tuple(tracks), times, len(seats[MOST_SEATS:]), left)


def _segments(
    holdings: Sequence[Holding], first: float, now: float
) -> Iterator[Segment]:
    span = max(now - first, 1)
    for each in holdings:
        start = max(each.start, first)
        end = now if each.end is None else each.end
        x, width = (start - first) / span * WIDTH, (end - start) / span * WIDTH
        wide = max(width, 1.5)
        keys = ", ".join(each.keys)
        known = (each.end is None, each.item, keys, each.start, each.end)
        yield Segment(min(x, WIDTH - wide), wide, *known)
