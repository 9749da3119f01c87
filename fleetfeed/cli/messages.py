"""Messages as text and as JSON, and those that a command has to tell its seat.

A post by a command makes what was said before it seen. So its answer has in full what
the seat had not seen: nothing is seen by a seat that was not told.
"""

from collections.abc import Iterator, Mapping

from fleetfeed.cli.context import uncut
from fleetfeed.feed.messages import Message, count_unseen, reader, unseen
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.names import same_seat
from fleetfeed.model.post import Post
from fleetfeed.report.documents import Json, filed_with
from fleetfeed.util.records import field, record

INBOX = "fleetfeed inbox"
"""What lists the messages that a seat has not seen."""


@record
class News:
    """What an answer tells: as lines, as JSON, and how many were unseen by item."""

    lines: tuple[str, ...] = ()
    notes: tuple[Json, ...] = ()
    unseen: Mapping[str, int | None] = field(default_factory=dict)


def news_of(ok: Ok, *, filed: bool = True) -> News:
    """What the posts of a command have to tell their seat, as a part of the answer.

    Without `filed` the lines leave out what the item was filed with.
    """
    lines, notes, counts = list[str](), list[Json](), dict[str, int | None]()
    for item, seat in _written(ok):
        try:
            told, whose, left = _news(ok, item, seat)
        except CannotTell as error:  # what was written was written
            lines.append(f"notes on {item}: {error}; fleetfeed show {item}")
            counts[item] = None
            continue
        known = "" if filed else filed_with(ok.feed, ok.feed.item(item))
        shown = [m for m in told if m.number != 1 or m.text.strip() != known.strip()]
        if shown:
            lines.append(f"{counted(len(shown))} on {item}, told now:")
            lines += (line for message in shown for line in message_lines(message))
        if left:
            who = f"{counted(left)} on {item} for {uncut(whose)}"
            lines.append(f"{who}: fleetfeed show {item}")
        notes += map(message_json, told)
        counts[item] = left or len(told)
    return News(tuple(lines), tuple(notes), counts)


def _written(ok: Ok) -> tuple[tuple[str, str], ...]:
    """The items that were posted on, and by whom."""
    posts = (post for post in ok.posts if isinstance(post, Post))
    return tuple(dict.fromkeys((post.item, post.seat) for post in posts))


def _news(ok: Ok, item: str, seat: str) -> tuple[tuple[Message, ...], str, int]:
    """What `seat` is told now; whose the messages are, and what that one has not seen.

    The latter is 0 where it is the seat itself: it is told now.
    """
    own = frozenset(post.path for post in ok.posts)
    told, whose = unseen(ok.feed, item, seat, own), reader(ok.feed.item(item))
    left = 0 if same_seat(whose, seat) else count_unseen(ok.feed, item, whose)
    return told, whose, left


def counted(number: int) -> str:
    """`1 unseen note`, `2 unseen notes`."""
    return f"{number} unseen note{'' if number == 1 else 's'}"


def message_lines(message: Message) -> list[str]:
    """A message in full; whatever is in it cannot be taken for a line of ours.

    A `*` stands before what was not seen.
    """
    mark = " " if message.seen else "*"
    number = "" if message.number is None else f" {message.number}"
    head = uncut(f"{message.at or '-'} {message.seat}, {message.kind}{number}:")
    return [f"  {mark} {head}", *indented(message.text)]


def indented(text: str) -> Iterator[str]:
    """The lines of a text that was written by anybody, below a head."""
    for line in text.rstrip("\n").split("\n"):
        yield f"      {uncut(line.removesuffix(chr(13)).expandtabs())}".rstrip()


def message_json(message: Message) -> Json:
    """A message for a program."""
    return {
        "item": message.item,
        "seat": message.seat,
        "at": message.at or None,
        "kind": message.kind,
        "body": message.text,
        "path": message.path,
        "seen": message.seen,
    }
