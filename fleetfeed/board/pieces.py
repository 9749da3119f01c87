"""The page in pieces, so that a browser that has one board is sent what is another.

A piece of the page is made anew where what it tells has changed. What changes by
itself, ages and what is left of leases, a live page reckons: a row is the same as long
as all else of it is.
"""

import math
from collections.abc import Iterable, Mapping

from fleetfeed.board.model import Board, Row
from fleetfeed.board.page import Parts, choices
from fleetfeed.board.words import headline
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

_ROUND = 10
"""Seconds to which the end of a lease is told: it is an estimate."""

_PLOTS = 10
"""Seconds for which plots are as they were: they show days, and are most of a page."""


@record
class Piece:
    """The HTML of a row, and what it was made from."""

    made_from: object
    html: str


@record
class Pieces:
    """All pieces of a page. `choices` are what its filters offer, by their names.

    Its plots are as of `drawn`, in seconds of UTC.
    """

    version: str
    title: str
    order: tuple[str, ...]
    rows: Mapping[str, Piece]
    parts: Mapping[str, str]
    choices: Mapping[str, tuple[tuple[str, str], ...]]
    drawn: float


def pieces(version: str, board: Board, before: Pieces | None) -> Pieces:
    """The page of `board`; what is in `before` and is no other is not made again."""
    made, known = Parts(board), before.rows if before else {}
    rows = dict[str, Piece]()
    for row in board.rows:
        told, old = _told(board, row), known.get(row.item)
        if old is None or old.made_from != told:
            old = Piece(told, made.row(row))
        rows[row.item] = old
    parts, drawn = made.others(), board.now
    if before and 0 <= board.now - before.drawn < _PLOTS:
        parts["plots"], drawn = before.parts["plots"], before.drawn
    return Pieces(
        version,
        printable(headline(board), len(headline(board)) + 1),
        tuple(rows),
        rows,
        parts,
        choices(board),
        drawn,
    )


def _told(board: Board, row: Row) -> object:
    """What a row tells, without what time alone changes of it."""
    lease = row.lease
    if lease is None:
        return row, None
    end = lease.left
    if not math.isinf(end):
        end = round((board.now + end) / _ROUND)
    told = (end, lease.length, lease.exact, lease.over, lease.soon)
    return replace(row, lease=None), told


def changed(before: Pieces | None, after: Pieces) -> dict[str, object]:
    """What a browser that has `before` must be sent to have `after`, for JSON."""
    if before is None:
        return {
            "version": after.version,
            "title": after.title,
            "all": True,
            "order": after.order,
            "rows": _html(after, after.order),
            "parts": dict(after.parts),
            "choices": dict(after.choices),
        }
    found: dict[str, object] = {"version": after.version}
    rows = [n for n in after.order if before.rows.get(n) is not after.rows[n]]
    parts = {n: h for n, h in after.parts.items() if before.parts.get(n) != h}
    if before.title != after.title:
        found["title"] = after.title
    if before.order != after.order:
        found["order"] = after.order
    if rows:
        found["rows"] = _html(after, rows)
    if parts:
        found["parts"] = parts
    if before.choices != after.choices:
        found["choices"] = dict(after.choices)
    return found


def _html(there: Pieces, names: Iterable[str]) -> dict[str, str]:
    return {name: there.rows[name].html for name in names}
