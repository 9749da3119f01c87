"""The board as lines for a terminal: pieces of text, each of a tone, of some width.

Everything from a post is printable first. A tone is a word; whoever draws knows its
colour, and states have a shape and a word beside it.
"""

from collections.abc import Iterator, Sequence

from fleetfeed.board.model import ALERTS, UNREADABLE, WORDS, Board, Line, Row
from fleetfeed.board.table import cell, columns, fitted
from fleetfeed.board.words import (
    HEADINGS,
    SECTIONS,
    age_cell,
    contended_words,
    glance,
    headline,
    holder,
    lease_cell,
    lease_words,
    other,
    waits,
)
from fleetfeed.feed.messages import Message
from fleetfeed.model.post import Post, Unreadable
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Span = tuple[str, str]
"""A text, and its tone."""

Drawn = tuple[Span, ...]
"""One line."""

SHAPES = {
    "IN_PROGRESS": "●",
    "AWAITING_CLAIM": "○",
    "IN_LINE": "⋯",
    "BLOCKED": "■",
    "PARKED": "‖",
    "UNREADABLE": "▲",
    "DONE": "✓",
    "CANCELLED": "✗",
}
"""What each state looks like."""

MARKS = {
    "unreadable": "▲",
    "over": "!",
    "stuck": "◆",
    "turn": "▶",
    "soon": "◔",
    "notes": "✉",
}
"""What each alert looks like."""

_LONGEST = 400
_WIDE = 120
"""Columns from which on a surface has a column of its own."""

_ALERTS_SHOWN, _LINES_SHOWN, _CONTENDED_SHOWN = 12, 12, 8


def head(board: Board, width: int) -> list[Drawn]:
    """The board in one sentence, and how many items are in which state."""
    counts = [
        ((f"{number}", "strong"), (f" {SHAPES[state]} {WORDS[state]}   ", state))
        for state, number in board.counts
    ]
    said = [
        (("policy: " + printable(text, _LONGEST), "over"),) for text in board.trouble
    ]
    spans = tuple(span for pair in counts for span in pair)
    return [cut(line, width) for line in (((headline(board), "strong"),), *said, spans)]


def titles(width: int) -> Drawn:
    """What stands in which column."""
    who, lease = HEADINGS["who"].upper(), HEADINGS["lease"].upper()
    state = f"  {'STATE, HOW LONG':<18} {'ITEM':<9}"
    names = f"{state} {who:<{_who(width)}} {lease:>10}"
    rest = (
        "   SUBJECT" if width < _WIDE else f"   {'SUBJECT':<{_subject(width)}}  SURFACE"
    )
    return cut(((names + rest, "dim"),), width)


def _who(width: int) -> int:
    return 12 if width < 100 else 18  # noqa: PLR2004


def _subject(width: int) -> int:
    return max(20, (width - 65) // 2)


def item(board: Board, row: Row, width: int) -> Drawn:
    """An item in one line."""
    lease = row.lease
    tone = "over" if lease and lease.over else "soon" if lease and lease.soon else ""
    left = lease_cell(row)
    line = (
        (f"{SHAPES[row.state]} {WORDS[row.state]:<11}", row.state),
        (f"{age_cell(board.now, row.since):>6} ", "dim"),
        (f" {cell(row.item, 9)}", "strong"),
        _holder(row, _who(width)),
        (f" {left:>10}", tone or "dim"),
        (f" {_mark(row)} ", _tone(row)),
        *_what(row, width),
    )
    return cut(line, width)


def _holder(row: Row, width: int) -> Span:
    """Who holds an item; whose it is otherwise, in brackets."""
    if holder(row) or not row.who:
        return f" {cell(printable(row.who) or '-', width)}", ""
    return f" {cell(f'({fitted(printable(row.who), width - 2)})', width)}", "dim"


def _what(row: Row, width: int) -> Drawn:
    """What an item is about: as much as there is room for."""
    subject, keys = (
        printable(row.subject, _LONGEST),
        printable(", ".join(row.keys), 400),
    )
    if width >= _WIDE:
        return ((cell(subject, _subject(width)), ""), (f"  {keys}", "dim"))
    return ((subject or keys, ""),)


def _mark(row: Row) -> str:
    """What needs somebody, in a letter."""
    return MARKS.get(_tone(row), " ")


def _tone(row: Row) -> str:
    if row.state == UNREADABLE:
        return "unreadable"
    if row.stuck:
        return "stuck"
    if row.next_up:
        return "turn"
    return "notes" if row.unseen else ""


def detail(board: Board, row: Row) -> Iterator[Drawn]:
    """An item in some lines, the most telling first."""
    yield ((f"{row.item} ", "strong"), (printable(row.subject, _LONGEST), ""))
    keys = printable(", ".join(row.keys[:8]), 800) or "no surface"
    yield ((keys, "dim"),)
    if row.stuck:
        yield ((f"{_mark(row)} {printable(row.stuck, _LONGEST)}", _tone(row)),)
    if row.next_up:
        yield ((f"{MARKS['turn']} its turn: nothing is in its way", "turn"),)
    who = other(row) or (f"held by {printable(row.who)}" if row.who else "")
    age = age_cell(board.now, row.since) if row.since else ""
    said = f"{WORDS[row.state]}{age and f' for {age}'}{who and f', {who}'}"
    if row.lease:
        said += f", lease {lease_words(row.lease).whole}"
    if row.unseen:
        said += f", {row.unseen} unseen"
    yield ((said, ""),)
    yield from (((text, "dim"),) for text in waits(row))


@record
class Told:
    """The posts and messages of an item."""

    posts: Sequence[Post | Unreadable]
    messages: Sequence[Message]


def history(told: Told) -> Iterator[Drawn]:
    """What was said of an item, post by post."""
    yield (("POSTS", "title"),)
    for post in told.posts:
        if isinstance(post, Unreadable):
            why = f"{post.findings[0].code} {post.findings[0].message}"
            yield ((f"{post.number:04d} ", "dim"), (printable(why, 800), "over"))
            continue
        state = post.state.value
        said = printable(post.reason or post.proof or post.subject, 800)
        at = printable(post.text("AT") or "-", 20)
        yield (
            (f"{post.number:04d} {at} ", "dim"),
            (f"{SHAPES[state]} {WORDS[state]}", state),
            (f" {printable(post.seat)}", "strong"),
            (f"  {said}" if said else "", ""),
        )
    if told.messages:
        yield ()
        yield (("SAID", "title"),)
    for said_ in told.messages:
        mark = "  " if said_.seen else f"{MARKS['notes']} "
        yield (
            (mark, "notes"),
            (f"{printable(said_.at or '-', 20)} ", "dim"),
            (f"{printable(said_.seat)}: ", "strong"),
            (printable(said_.text, 2000), ""),
        )


def panel(board: Board) -> Iterator[Drawn]:
    """What needs a look, who waits for whom, what is fought over."""
    for fact in glance(board):
        what = fact.item or printable(fact.key, _LONGEST)
        yield ((f"{fact.title}: ", "dim"), (what, "strong"), (f", {fact.text}", ""))
    yield ()
    yield ((SECTIONS["look"].upper(), "title"),)
    if not board.alerts:
        yield (("nothing", "dim"),)
    for alert in board.alerts[:_ALERTS_SHOWN]:
        who = printable(alert.who)
        yield (
            (f"{MARKS[alert.kind]} {ALERTS[alert.kind]} ", alert.kind),
            (f"{alert.item} ", "strong"),
            (f"{who} " if who else "", ""),
            (printable(alert.text, _LONGEST), "dim"),
        )
    yield from _more(len(board.alerts), _ALERTS_SHOWN)
    yield ()
    yield ((SECTIONS["lines"].upper(), "title"),)
    if not board.lines:
        yield (("nobody is in line", "dim"),)
    for line in board.lines[:_LINES_SHOWN]:
        yield from _line(line)
    yield from _more(len(board.lines), _LINES_SHOWN)
    yield ()
    yield ((SECTIONS["fought"].upper(), "title"),)
    if not board.contended:
        yield (("no surface", "dim"),)
    known = board.refused_at is not None
    for each in board.contended[:_CONTENDED_SHOWN]:
        yield ((contended_words(each, refused=known), ""),)
    yield from _more(len(board.contended), _CONTENDED_SHOWN)


def _line(line: Line) -> Iterator[Drawn]:
    holders = ", ".join(f"{item} {printable(who)}" for item, who in line.holders)
    yield ((printable(line.key, _LONGEST), ""),)
    yield (
        (
            f"  {SHAPES['IN_PROGRESS']} {holders}" if holders else "  free",
            "IN_PROGRESS",
        ),
    )
    for item_, who, turn in line.waiting[:8]:
        yield ((f"  {turn} ", "IN_LINE"), (f"{item_} {printable(who)}", ""))


def _more(count: int, shown: int) -> Iterator[Drawn]:
    if count > shown:
        yield ((f"and {count - shown} more", "dim"),)


def cut(line: Drawn, width: int) -> Drawn:
    """`line` in so many columns at most."""
    found, left = list[Span](), width
    for text, tone in line:
        if left <= 0:
            break
        fits = fitted(text, left) if columns(text) > left else text
        found.append((fits, tone))
        left -= columns(fits)
    return tuple(found)


def folded(line: Drawn, width: int, indent: int = 2) -> list[Drawn]:
    """`line` in as many lines as it needs, the later ones set in."""
    found, now, left = list[Drawn](), list[Span](), width
    for text, tone in line:
        for word in _words(text):
            rest = word
            if columns(rest) > left and left < width:
                found.append(tuple(now))
                now, left, rest = [(" " * indent, "")], width - indent, word.lstrip()
            while rest and columns(rest) > left:
                part = _part(rest, left)
                found.append((*now, (part, tone)))
                now, left = [(" " * indent, "")], width - indent
                rest = rest[len(part) :]
            now.append((rest, tone))
            left -= columns(rest)
    return [*found, tuple(now)]


def _words(text: str) -> Iterator[str]:
    """The words of a text, each with the room before it."""
    start = 0
    for place in range(1, len(text)):
        if text[place] == " " and text[place - 1] != " ":
            yield text[start:place]
            start = place
    yield text[start:]


def _part(word: str, width: int) -> str:
    """As much of a word as has room; a letter at least."""
    used = 0
    for place, letter in enumerate(word):
        used += columns(letter)
        if used > width:
            return word[: max(place, 1)]
    return word
