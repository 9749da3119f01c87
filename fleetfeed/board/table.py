"""The board as a plain table: for a pipe, a file, a terminal without colours.

Everything from a post is printable first. Rows are as wide as they may be, and no
wider, by what letters take on a terminal.
"""

import unicodedata
from collections.abc import Iterator, Sequence

from fleetfeed.board.model import (
    ALERTS,
    MOST_NAMED,
    WORDS,
    Board,
    Contended,
    Line,
    Row,
)
from fleetfeed.util.durations import in_words
from fleetfeed.util.printable import printable

WIDTH = 80
"""Columns where nobody says how many there are."""


def table(board: Board, width: int = WIDTH) -> Iterator[str]:
    """The lines of the board, none wider than `width` columns."""
    lines = (*_head(board), *_alerts(board), *_items(board), *_rest(board))
    return (fitted(line, width).rstrip() for line in lines)


def _head(board: Board) -> Iterator[str]:
    yield from (f"! {printable(text, 400)}" for text in board.trouble)
    counts = (f"{number} {WORDS[state]}" for state, number in board.counts)
    yield f"{len(board.rows)} open: {', '.join(counts) or 'nothing'}"


def _alerts(board: Board) -> Iterator[str]:
    if board.alerts:
        yield ""
        yield "NEEDS A LOOK"
    for alert in board.alerts:
        who, kind = printable(alert.who) or "-", ALERTS[alert.kind]
        what = printable(alert.text, 400)
        yield f"  {kind:<14} {alert.item:<9} {cell(who, 16)} {what}"


def _items(board: Board) -> Iterator[str]:
    yield ""
    yield "ITEM      STATE      WHO              SINCE   LEASE   SURFACE, SUBJECT"
    for row in board.rows:
        keys = ", ".join(row.keys[:MOST_NAMED])
        what = printable(": ".join(filter(None, (keys, row.subject))), 400)
        since = age_cell(board.now, row.since)
        state, who = WORDS[row.state], printable(row.who) or "-"
        cells = (f"{row.item:<9}", f"{state:<10}", cell(who, 16), f"{since:<7}")
        yield f"{' '.join(cells)} {lease_cell(row):<7} {what}"
        yield from (f"{'':<10}{text}" for text in waits(row))


def waits(row: Row) -> Iterator[str]:
    """What an item waits for, and who answers for it, in words."""
    if row.held_by:
        yield f"waits for {_named(row.held_by)}, TURN {row.turn}"
    if row.ahead:
        yield f"behind {_named(row.ahead)} in line, TURN {row.turn}"
    if row.waits_for:
        named = [f"{each.item} ({each.words})" for each in row.waits_for]
        yield f"depends on {printable(_named(named), 400)}"
    if row.behind:
        yield f"waited for by {_named(row.behind)}"
    if row.accountable:
        yield f"accountable: {printable(row.accountable)}"


def _named(names: Sequence[str]) -> str:
    shown, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _rest(board: Board) -> Iterator[str]:
    if board.lines:
        yield ""
        yield "IN LINE"
        yield from (f"  {text}" for line in board.lines for text in _line(line))
    if board.contended:
        yield ""
        yield "CONTENDED" + _since(board)
        known = board.refused_at is not None
        shown = board.contended[:MOST_NAMED]
        yield from (f"  {contended_words(each, refused=known)}" for each in shown)
    more = len(board.contended) - MOST_NAMED
    if more > 0:
        yield f"  and {more} more: `fleetfeed stats`"


def _since(board: Board) -> str:
    return f" (in the last {in_words(board.now - board.stats.since)})"


def _line(line: Line) -> Iterator[str]:
    holders = ", ".join(f"{item} of {printable(who)}" for item, who in line.holders)
    yield f"{printable(line.key)}: {holders or 'free'}"
    for item, who, turn in line.waiting:
        yield f"  {turn}. {item} of {printable(who)}"


def contended_words(each: Contended, *, refused: bool) -> str:
    """A contended surface; what was refused where that is known."""
    use, who = each.use, ", ".join(map(printable, each.holders[:MOST_NAMED]))
    counts = f"{use.places} in line"
    if refused:
        counts = f"{use.refused} refused, {counts}"
    return f"{printable(use.key)}: {counts}; {f'{who} has it' if who else 'free'}"


def age_cell(now: float, since: float | None) -> str:
    """How long something has been so, in few letters; `-` where nobody says."""
    return "-" if since is None else in_words(max(0.0, now - since)).replace(" ", "")


def lease_cell(row: Row) -> str:
    """What is left of a lease, in few letters."""
    lease = row.lease
    if lease is None:
        return "-"
    if lease.left == float("inf"):
        return "no end"
    if lease.over:
        return "over"
    return f"{'' if lease.exact else '~'}{in_words(lease.left).replace(' ', '')}"


def cell(text: str, width: int) -> str:
    """`text` in just so many columns."""
    cut = fitted(text, width)
    return cut + " " * (width - columns(cut))


def columns(text: str) -> int:
    """How many columns `text` takes: some letters take two, some none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(ch: str) -> int:
    if unicodedata.combining(ch) or unicodedata.category(ch) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in ("W", "F") else 1


def fitted(text: str, width: int) -> str:
    """`text`, cut where it is wider than so many columns."""
    if columns(text) <= width:
        return text
    kept, used = list[str](), 1
    for ch in text:
        used += columns(ch)
        if used > width:
            break
        kept.append(ch)
    return "".join(kept) + "…"
