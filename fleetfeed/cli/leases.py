"""What is left of leases, as a clone can tell it: an estimate, and called one."""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate, estimate
from fleetfeed.lease.heartbeat import item_of
from fleetfeed.lease.stamps import server_clock
from fleetfeed.model.item import Item
from fleetfeed.repo.observed_beats import heard
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.report.failure import seconds_left
from fleetfeed.util import durations


class Leases:
    """The leases in one view of the feed, as of now."""

    def __init__(self, repo: Repo, view: View) -> None:
        """The beats that the remote told of are kept in mind for the next time."""
        beats = {name: at for name, at in view.refs.items() if item_of(name)}
        since = heard(repo, view.snapshot, beats, server_clock())
        self._feed, self._now = view.snapshot, time.time()
        self._heard = {item: self._now - age for item, age in since.items()}

    def of(self, item: Item) -> Estimate:
        """The lease of `item`; nothing where none is in anybody's way.

        That is so where the item is at rest, or anyone may claim it as it is.
        """
        if not item.active or not (item.holder or item.owner):
            return Estimate()
        posts, rules = self._feed.posts(item.id), self._feed.rules
        return estimate(item, posts, rules, self._now, self._heard.get(item.id))


def left_of(feed: Snapshot, item: Item | None) -> int | None:
    """The whole seconds that are left of a lease, by the posts alone."""
    if item is None or not item.active:
        return None
    known = estimate(item, feed.posts(item.id), feed.rules, time.time())
    return seconds_left(known.left)


def lease_fields(lease: Estimate) -> str:
    """The end of an item's row. A `~` says that it is an estimate."""
    return f"lease_left={_left(lease.left)} last_sign={_at(lease.last) or '-'}"


def lease_json(lease: Estimate) -> Mapping[str, object]:
    """The same for a program: whole seconds, not positive where it is over."""
    return {
        "lease_left": seconds_left(lease.left),
        "lease_over": lease.over,
        "last_sign": _at(lease.last),
    }


def _left(left: float | None) -> str:
    if left is None:
        return "-"
    if math.isinf(left):
        return "none"
    return "over" if left <= 0 else f"~{durations.in_words(left).replace(' ', '')}"


def _at(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
