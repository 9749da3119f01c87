"""What beats for items that are held, or in line, as a feed has them."""

import time
from collections.abc import Sequence
from functools import partial

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import CannotTell, FleetfeedError, NoLongerYours
from fleetfeed.model.item import Item
from fleetfeed.model.post import Value
from fleetfeed.repo.newest import newest
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View, feed_in
from fleetfeed.writing.beat_objects import beat_objects
from fleetfeed.writing.heartbeat import (
    Beaten,
    ClockedBeats,
    Fields,
    Heartbeat,
    beat_together,
    require_same,
)
from fleetfeed.writing.idempotency import utc_now


def known_feed(repo: Repo) -> View:
    """The feed as it was fetched last; asked for where nothing was, or is ever."""
    try:
        return ledger_of(repo).at_hand()
    except CannotTell:
        return ledger_of(repo).view(offline=False)


def heart(repo: Repo, feed: Snapshot, item: Item, fields: Fields) -> "Heart":
    """What beats for `item`, as it is in `feed`.

    From another thread, too: it has a repository of its own. `fields` are those of a
    post that renews it.
    """
    own = Repo(repo.git)
    ledger = ledger_of(own)
    clock = ledger.clock()
    if clock:
        return ClockedBeats(ledger, clock, item, fields)
    objects = beat_objects(own.git, feed, item.id)
    return Heartbeat(own, item, objects, fields, feed.rules.server)


Heart = Heartbeat | ClockedBeats


def signed_by(seat: str) -> dict[str, Value]:
    """The fields of a post by which `seat` says nothing but that it is there."""
    return {"SEAT": seat, "AT": utc_now()}


def beat_each(
    repo: Repo,
    feed: Snapshot,
    items: Sequence[tuple[Item, int]],
    seat: str,
    seconds: float,
) -> list[tuple[Beaten, int | None]]:
    """Beats of `items`, as `feed` has them, by `seat`: in one push where that can be.

    Each comes with the turn of its last beat. What became of it, in their order, and
    the turn that it has had now, None where beats take no turns. CannotTell where none
    can be made.
    """
    if not items:
        return []
    fields, own = partial(signed_by, seat), Repo(repo.git)
    ledger = ledger_of(own)
    clock = ledger.clock()
    if clock:
        deadline = time.monotonic() + seconds
        try:
            clocked = (ClockedBeats(ledger, clock, item, fields) for item, _ in items)
            return [
                (_beaten(beats, deadline - time.monotonic()), None) for beats in clocked
            ]
        finally:
            ledger.close()
    server = feed.rules.server
    hearts = [
        Heartbeat(own, item, beat_objects(own.git, feed, item.id, turn), fields, server)
        for item, turn in items
    ]
    ended = beat_together(hearts, seconds)
    return list(zip(ended, (heart.objects.turn for heart in hearts), strict=True))


def still_held(
    repo: Repo, items: Sequence[Item], said: Sequence[str], seconds: float
) -> list[Beaten]:
    """What is `said` of each of `items`, where it is held as it was, by the newest."""
    if not items:
        return []
    own = Repo(repo.git)
    where = own.where(own.at_head)
    try:
        feed = feed_in(own, where, newest(own, where, seconds).commit)
    except CannotTell as error:
        return [error] * len(items)
    return [
        _said_of(feed.item(item.id), item, text)
        for item, text in zip(items, said, strict=True)
    ]


def _said_of(now: Item, item: Item, said: str) -> Beaten:
    try:
        require_same(now, item)
    except NoLongerYours as error:
        return error
    return said


def _beaten(beats: ClockedBeats, seconds: float) -> Beaten:
    try:
        return beats.beat(seconds)
    except FleetfeedError as error:
        return error
