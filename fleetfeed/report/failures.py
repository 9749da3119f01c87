"""An error as an answer for programs: the envelope of all answers, and what it adds."""

import math
from collections.abc import Iterable

from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate, binding_lease
from fleetfeed.model.errors import (
    CannotTell,
    FleetfeedError,
    Held,
    NoLongerYours,
    Refused,
    Unknown,
)
from fleetfeed.model.findings import Finding
from fleetfeed.model.liveness import advised_seconds
from fleetfeed.report.documents import Json, feed_json, finding_json, item_json
from fleetfeed.report.envelope import envelope
from fleetfeed.report.text import sentence


def failure_json(
    error: FleetfeedError,
    now: float,
    *,
    next: Iterable[str],  # noqa: A002 - it is the key's name
    remarks: Iterable[str],
) -> Json:
    """What went wrong. `now`, in seconds of UTC, is what leases are estimated by."""
    question = error.question if isinstance(error.question, Question) else None
    words = getattr(error, "words", ())
    return envelope(
        error.answer,
        error.exit_code,
        message=sentence(error),
        items=_items(question, error, now) if question else (),
        findings=map(finding_json, _findings(error)),
        retry_after=_retry_after(question, error, now) if question else None,
        op=error.op if isinstance(error, Unknown) else None,
        next=next,
        feed=feed_json(question.basis) if question else None,
        remarks=remarks,
        words=list(words),
    )


def _findings(error: FleetfeedError) -> tuple[Finding, ...]:
    if isinstance(error, CannotTell):
        return (error.finding,) if error.finding else ()
    return error.findings if isinstance(error, Refused) else ()


def _items(question: Question, error: FleetfeedError, now: float) -> list[Json]:
    """The item that the error is about first, and then those that were asked for."""
    feed = question.basis.snapshot
    about = (error.item,) if isinstance(error, Held | NoLongerYours) else ()
    collided = (found.item for found in _findings(error))
    named = dict.fromkeys((*about, *collided, *question.items))
    items = [item for name in named if name and (item := feed.item(name)).newest]
    return [item_json(feed, i, binding_lease(feed, i, now)) for i in items]


def _retry_after(question: Question, error: FleetfeedError, now: float) -> int | None:
    left = advised_seconds(getattr(error, "words", ()), _findings(error))
    if left is not None or not isinstance(error, Held):
        return left
    feed = question.basis.snapshot
    return opens(feed, binding_lease(feed, feed.item(error.item), now))


def opens(feed: Snapshot, lease: Estimate) -> int | None:
    """The seconds until what has this lease may be taken over; None: nothing tells."""
    if lease.left is None or math.isinf(lease.left):
        return None
    return max(0, math.ceil(lease.left + feed.rules.leases.grace))
