"""From a feed as it was read to the board: what all faces ask for."""

from collections.abc import Callable

from fleetfeed.board.model import Board, Sources, board
from fleetfeed.board.stats import Stats, stats
from fleetfeed.feed.lives import Life
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.unseen import unseen_counts
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model.item import Item
from fleetfeed.model.refused import Refused


def figures(
    feed: Snapshot, refused: Refused | None, span: float, now: float
) -> tuple[Stats, dict[str, Life]]:
    """The figures of the last `span` seconds, and the lives of what is open.

    None are of a time before 1970: no clock tells such a one.
    """
    since = max(0.0, now - span)
    there = feed.lives(since)
    lives = list(there.lives)
    found = stats(
        lives,
        since,
        now,
        undated=there.undated,
        refused=refused,
        families=feed.rules.families,
    )
    return found, {life.item: life for life in lives if life.now.open}


def gather(
    feed: Snapshot,
    lease: Callable[[Item], Estimate],
    refused: Refused | None,
    span: float,
    now: float,
) -> Board:
    """What is going on in `feed`, and the figures of the last `span` seconds."""
    found, lives = figures(feed, refused, span, now)
    sources = Sources(
        now,
        lease,
        unseen_counts(feed, feed.open),
        lives,
        found,
        refused.at if refused else None,
    )
    return board(feed, sources)
