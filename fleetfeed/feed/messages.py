"""What was said about an item, and what of it a seat has not been told.

Messages are the notes about an item and the posts on it that carry a REASON or a BODY.
A seat was told of all that was there when a command of its own posted on the item, for
that command's answer has them in full: a post that carries an OP. One that was written
by hand tells nobody anything, and what was said before it is still unseen.

Posts of an item are in order by their numbers. A note stands between them by the time
in its name, which the commands make later than the AT of every post that is there; and
a post's AT not earlier than the notes that its writer is told of (writing/dating.py).
"""

from collections.abc import Collection, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import layout
from fleetfeed.model.item import Item
from fleetfeed.model.layout import NotePath
from fleetfeed.model.names import same_seat
from fleetfeed.model.post import Note, Post
from fleetfeed.util.records import record


@record
class Message:
    """A note (`number` is None), or a post of that number, that says something.

    `at` is when, as it was written; empty where a post does not say. `seen` is whether
    the seat that asks was told of it, or said it itself.
    """

    item: str
    seat: str
    at: str
    text: str
    path: str
    number: int | None
    seen: bool

    @property
    def kind(self) -> str:
        """`note` or `post`."""
        return "note" if self.number is None else "post"


@record
class Heard:
    """What a seat was told of an item: up to post `number`, which is of `at`.

    `posts` is how many posts have said something since.
    """

    number: int = 0
    at: str = ""
    posts: int = 0

    def has_note(self, path: str) -> bool:
        """Whether the note at `path` was there."""
        return bool(self.at) and order(layout.note_time(path)) <= order(self.at)


def order(at: str) -> str:
    """An AT, to be compared with others: fractions of a second come behind it."""
    return at.rstrip("Z")


def reader(item: Item) -> str:
    """Whose the messages to `item` are: its holder, else its owner, else its filer."""
    return item.holder or item.owner or item.filer


def messages(
    feed: Snapshot, item: str, seat: str, but: Collection[str] = ()
) -> tuple[Message, ...]:
    """All messages to `item`, the oldest first, as `seat` has seen them.

    `but` are paths of posts that have told the seat nothing yet.
    """
    posts = [post for post in feed.posts(item) if isinstance(post, Post)]
    told = heard(feed, item, seat, but)
    rows: list[tuple[str, Message]] = []
    newest = ""
    for post in posts:
        newest = max(newest, order(post.text("AT")))
        text = "\n".join(filter(None, (post.reason, post.text("BODY"))))
        if text:
            seen = post.number <= told.number or same_seat(post.seat, seat)
            said = (item, post.seat, post.text("AT"), text, post.path)
            rows.append((newest, Message(*said, post.number, seen)))
    for path in feed.notes.about(item):
        writer, at = _writer(path), layout.note_time(path)
        seen = told.has_note(path) or same_seat(writer, seat)
        shown = feed.tree.display_path(path)
        said = (item, writer, at, _text(feed, path), shown)
        rows.append((order(at), Message(*said, None, seen)))
    rows.sort(key=lambda row: row[0])  # a post comes before a note of its second
    return tuple(message for _, message in rows)


def unseen(
    feed: Snapshot, item: str, seat: str, but: Collection[str] = ()
) -> tuple[Message, ...]:
    """The messages to `item` that `seat` has not seen, the oldest first."""
    if not count_unseen(feed, item, seat, but):
        return ()
    return tuple(m for m in messages(feed, item, seat, but) if not m.seen)


def count_unseen(
    feed: Snapshot, item: str, seat: str, but: Collection[str] = ()
) -> int:
    """How many messages to `item` the seat has not seen."""
    return count_since(feed, item, seat, heard(feed, item, seat, but))


def count_since(feed: Snapshot, item: str, seat: str, told: Heard) -> int:
    """How many messages to `item` the seat has not seen, by what it was `told`.

    No note is read: its name says whose it is, and of when.
    """
    notes = (path for path in feed.notes.about(item) if not told.has_note(path))
    return told.posts + sum(not same_seat(_writer(path), seat) for path in notes)


def heard(feed: Snapshot, item: str, seat: str, but: Collection[str] = ()) -> Heard:
    """What `seat` was told: the posts are read from the newest to the one that tells.

    `but` are paths of posts that have told the seat nothing yet.
    """
    posts = 0
    for post in _backwards(feed, item):
        if _tells(post, seat, but):
            return Heard(post.number, post.text("AT"), posts)
        says = post.reason or "BODY" in post.fields
        posts += bool(says) and not same_seat(post.seat, seat)
    return Heard(posts=posts)


def _tells(post: Post, seat: str, but: Collection[str]) -> bool:
    """Whether `seat` was told of all that was there when `post` was written."""
    by_command = "OP" in post.fields and "AT" in post.fields
    return by_command and same_seat(post.seat, seat) and post.path not in but


def _backwards(feed: Snapshot, item: str) -> Iterator[Post]:
    """The readable posts of `item`, the newest first."""
    for number in reversed(feed.post_numbers(item)):
        post = feed.post(item, number)
        if isinstance(post, Post):
            yield post


def _writer(path: str) -> str:
    kind = layout.classify(path)
    return kind.seat if isinstance(kind, NotePath) else ""


def _text(feed: Snapshot, path: str) -> str:
    """What the note at `path` says, or why that cannot be read."""
    read = feed.post_or_note(path)
    if isinstance(read, Note):
        return str(read.fields["BODY"])
    why = read.findings[0] if read and not isinstance(read, Post) else None
    return f"it cannot be read: {why.code} {why.message}" if why else ""
