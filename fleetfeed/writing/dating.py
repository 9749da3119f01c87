"""The AT of what is written now: in order with what is there, as far as that can be.

By AT it is told whether a seat has seen a note (`feed/messages.py`), and the seats'
clocks differ. So each stamp follows those that are there, by a second if need be.
"""

from collections.abc import Iterable

from fleetfeed.feed.messages import order
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.fields import SPECS
from fleetfeed.model.post import Post

_MOST_AHEAD = 300
"""Seconds of another's clock that a post's AT follows.

Leases are estimated by AT: a post must not look much younger than it is, whatever has
been written into the feed.
"""


def posted_at(feed: Snapshot, item: str, now: str) -> str:
    """The AT of a post on `item`, asked for at `now`: not before what is there."""
    newest = feed.item(item).newest
    last = feed.post(item, newest) if newest else None
    stamps = _notes(feed, item)
    if isinstance(last, Post):
        stamps.append(last.text("AT"))
    if not stamps:
        return now
    limit = _later(now, _MOST_AHEAD)
    near = (at for at in stamps if at and order(at) <= order(limit))
    return _latest((now, *(at for at in near if not SPECS["AT"].check(at))))


def _notes(feed: Snapshot, item: str) -> list[str]:
    """When the notes about `item` were written; none where they cannot be read.

    A note that is not here and cannot be fetched stops no post: the answer says so.
    """
    try:
        return [layout.note_time(path) for path in feed.notes.about(item)]
    except CannotTell:
        return []


def noted_at(feed: Snapshot, item: str, now: str) -> str:
    """The AT of a note about `item`, asked for at `now`: after every post on it.

    Otherwise a writer whose clock is slow would write what its reader has seen already.
    """
    posts = (post for post in feed.posts(item) if isinstance(post, Post))
    newest = _latest(post.text("AT") for post in posts)
    # A note's name has whole seconds.
    return _latest((now, _later(newest, 1))) if newest else now


def _latest(stamps: Iterable[str]) -> str:
    return max(stamps, key=order, default="")


def _later(at: str, seconds: int) -> str:
    """`at` and so many whole seconds more; `at` itself at the end of all time."""
    from datetime import datetime, timedelta  # late: 1.5 ms, and what is new needs none

    try:
        moved = datetime.fromisoformat(at[:19]) + timedelta(seconds=seconds)
    except OverflowError:
        return at
    return f"{moved.isoformat(timespec='seconds')}Z"
