"""The board as a plain table: for a pipe, a file, a terminal without colours.

Everything from a post is printable first. Rows are as wide as they may be, and no
wider, by what letters take on a terminal.
"""

import unicodedata
from collections.abc import Iterator

from fleetfeed.board.model import ALERTS, WORDS, Board, Line
from fleetfeed.board.words import (
    HEADINGS,
    MOST_NAMED,
    SECTIONS,
    age_cell,
    contended_words,
    glance,
    holder,
    lease_cell,
    other,
    waits,
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
    for fact in glance(board):
        what = printable(fact.key, 400) or f"{fact.item} {printable(fact.who)}".rstrip()
        yield f"  {fact.title:<16} {what}: {fact.text}"


def _alerts(board: Board) -> Iterator[str]:
    if board.alerts:
        yield ""
        yield SECTIONS["look"].upper()
    for alert in board.alerts:
        who, kind = printable(alert.who) or "-", ALERTS[alert.kind]
        what = printable(alert.text, 400)
        yield f"  {kind:<14} {alert.item:<9} {cell(who, 16)} {what}"


def _items(board: Board) -> Iterator[str]:
    yield ""
    who, lease = HEADINGS["who"].upper(), HEADINGS["lease"].upper()
    yield _row("ITEM", "STATE, HOW LONG", who, lease, "SURFACE, SUBJECT")
    for row in board.rows:
        keys = ", ".join(row.keys[:MOST_NAMED])
        what = printable(": ".join(filter(None, (keys, row.subject))), 400)
        state = f"{WORDS[row.state]:<10} {age_cell(board.now, row.since)}"
        who = printable(holder(row)) or "-"
        yield _row(row.item, state, who, lease_cell(row), what)
        told = filter(None, (other(row), *waits(row)))
        yield from (f"{'':<10}{text}" for text in told)


def _row(item: str, state: str, who: str, lease: str, what: str) -> str:
    """A line of the items, or their headings."""
    return f"{item:<9} {state:<18} {cell(who, 16)} {lease:<10} {what}"


def _rest(board: Board) -> Iterator[str]:
    if board.lines:
        yield ""
        yield SECTIONS["lines"].upper()
        yield from (f"  {text}" for line in board.lines for text in _line(line))
    if board.contended:
        yield ""
        yield SECTIONS["fought"].upper() + _since(board)
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
