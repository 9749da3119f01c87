"""Which items somebody wants to see, and in which order: the same for each face."""

import math
from collections.abc import Callable, Iterable

from fleetfeed.board.model import STATES, WORDS, Board, Row
from fleetfeed.board.words import holder, other, waits
from fleetfeed.model import names
from fleetfeed.util.records import record

SORTS = ("urgency", "state", "item", "who", "since", "lease")
"""What items may be sorted by; `urgency` is the order in which the board has them."""


@record
class Wanted:
    """A search, a state, a lane (empty: any), and an order, `down` the other way."""

    search: str = ""
    state: str = ""
    lane: str = ""
    sort: str = SORTS[0]
    down: bool = False

    @property
    def words(self) -> str:
        """What is asked for, for a reader; empty where that is everything."""
        said = [f"“{self.search}”"] if self.search else []
        said += [WORDS[self.state]] if self.state else []
        said += [self.lane] if self.lane else []
        if self.sort != SORTS[0]:
            said.append(f"by {self.sort}{', the other way' if self.down else ''}")
        return ", ".join(said)


def selected(board: Board, wanted: Wanted) -> list[Row]:
    """The items that are wanted, in the order that is."""
    found = [row for row in board.rows if _fits(row, wanted)]
    key = _KEYS.get(wanted.sort)
    if key:
        found.sort(key=key, reverse=wanted.down)
    return found


def _fits(row: Row, wanted: Wanted) -> bool:
    return (
        (not wanted.state or row.state == wanted.state)
        and (not wanted.lane or row.lane == wanted.lane)
        and (not wanted.search or wanted.search.casefold() in _text(row))
    )


def _text(row: Row) -> str:
    """All that a search may find of an item."""
    said: Iterable[str] = (
        row.item,
        WORDS[row.state],
        row.who,
        row.subject,
        row.stuck,
        other(row),
        *row.keys,
        *waits(row),
    )
    return "\n".join(said).casefold()


_Key = Callable[[Row], tuple[float | str, tuple[str, int]]]


def _key(of: Callable[[Row], float | str]) -> _Key:
    return lambda row: (of(row), names.in_order(row.item))


_KEYS = {
    "state": _key(lambda row: STATES.index(row.state)),
    "item": _key(lambda _row: 0),
    "who": _key(lambda row: f"{0 if holder(row) else 1}{row.who.casefold()}"),
    "since": _key(lambda row: math.inf if row.since is None else row.since),
    "lease": _key(lambda row: row.lease.left if row.lease else math.inf),
}
