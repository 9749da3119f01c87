"""New items: the number comes from the feed that the post is built on.

Whoever loses the race for the tip gets another number from the next one, so no two
reservations can get the same.
"""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import next_number
from fleetfeed.model.errors import Usage
from fleetfeed.model.item import unborn
from fleetfeed.model.names import PREFIX
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import Draft
from fleetfeed.util.printable import shown
from fleetfeed.writing.request import Asked


def first_post(
    feed: Snapshot, prefix: str, state: State, asked: Asked
) -> tuple[Draft, ...]:
    """The first post of the next item of `prefix`."""
    item = next_number(feed, prefix, feed.rules.max_gap)
    return (asked.post(unborn(str(item)), state),)


def known_prefix(text: str) -> str:
    """`text` where it can be a prefix; Usage otherwise."""
    if PREFIX.fullmatch(text):
        return text
    raise Usage(f"{shown(text)} is no ticket prefix; write one such as CMB")
