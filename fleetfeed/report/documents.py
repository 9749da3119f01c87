"""Items, posts, leases and the feed as documents, by the schema of every answer."""

import math
import time
from collections.abc import Iterable, Mapping

from fleetfeed.feed.near import Near
from fleetfeed.feed.question import Basis
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.unseen import unseen_counts
from fleetfeed.model.catalogue import Rule
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.model.surface import SurfaceKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.lease.estimate import Estimate

Json = dict[str, object]


def item_json(
    feed: Snapshot,
    item: Item,
    lease: "Estimate",
    *,
    body: bool = False,
    unseen: Mapping[str, int | None] | None = None,
) -> Json:
    """An item; its `body`, what it was filed with, only where that is asked for.

    `unseen` is how many messages its reader has not seen, by item, where that is
    another number than it is on the feed.
    """
    known = unseen if unseen and item.id in unseen else unseen_counts(feed, (item,))
    return {
        **_brief(item),
        "subject": item.subject or None,
        "body": filed_with(feed, item) or None if body else None,
        "surface": surface_json(item.keys),
        "held": surface_json(item.held),
        "holder": item.holder or None,
        "owner": item.owner or None,
        "filer": item.filer or None,
        "epoch": item.epoch,
        "priority": item.priority,
        "parent": ", ".join(item.texts("PARENT")) or None,
        "branch": str(item.value("BRANCH")) or None,
        "depends_on": [brief_json(feed, name) for name in item.texts("DEPENDS_ON")],
        "since": item.renewals[0].at or None if item.renewals else None,
        "turn": item.turn or None,
        "in_line": line_json(feed, item),
        "notes_unseen": known[item.id],
        "newest": item.newest,
        "unreadable_posts": list(item.unreadable),
        "lease": _lease_json(feed, item, lease),
    }


def line_json(feed: Snapshot, item: Item) -> list[Json]:
    """Who is in line for what an item has, the first first; before its own place."""
    from fleetfeed.feed.line import ahead_of, places  # late: text tells it seldom

    families, keys = feed.rules.families, item.held
    there = places(feed, keys, families, item.id) if keys else ()
    if item.turn:
        there = ahead_of(feed, item, families)
    return [{**_brief(o), "seat": o.waiter, "turn": o.turn} for o in there]


def brief_json(feed: Snapshot, item: str) -> Json:
    """An item by its id and state alone; the state is null where it has none."""
    return _brief(feed.item(item))


def _brief(item: Item) -> Json:
    return {"item": item.id, "state": item.state.value if item.state else None}


def waiting_json(feed: Snapshot, item: Item, waits_for: Iterable[str]) -> Json:
    """An item that waits for others, and for which."""
    waits = [brief_json(feed, name) for name in waits_for]
    known = {"holder": item.holder or None, "waits_for": waits}
    return {**_brief(item), **known}


def filed_with(feed: Snapshot, item: Item) -> str:
    """What was said of the work when the item was filed; empty where nothing was."""
    first = feed.post(item.id, 1)
    return first.text("BODY") if isinstance(first, Post) else ""


def surface_json(keys: Iterable[SurfaceKey]) -> list[Json]:
    """Surface keys, each as it was written and as it is compared."""
    return [{"text": key.text, "key": str(key)} for key in keys]


def _lease_json(feed: Snapshot, item: Item, lease: "Estimate") -> Json:
    """An item's lease in seconds: null where it has no end, or there is none."""
    from fleetfeed.lease.lease import lease_of  # late: what is told as text has none

    seconds = lease_of(item, feed.rules) if item.leased else None
    return {
        "seconds": seconds_left(seconds),
        "left": seconds_left(lease.left),
        "over": lease.over,
        "last_sign": at(lease.last),
    }


def near_json(near: Near) -> Json:
    """An item that is near, the surface by which it is, and why."""
    hold = near.hold
    return {
        "item": hold.item,
        "state": hold.state or None,
        "surface": surface_json([hold.key]),
        "holder": hold.contact or None,
        "why": near.why.value,
    }


def seconds_left(left: float | None) -> int | None:
    """What is left of a lease, in whole seconds: as JSON, which knows no infinity."""
    return None if left is None or math.isinf(left) else math.floor(left)


def at(seconds: float | None) -> str | None:
    """Seconds of UTC as AT has them."""
    if seconds is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def finding_json(found: Finding) -> Json:
    """One finding; null or empty where it is about nothing of the kind."""
    surface = (SurfaceKey.of(found.surface),) if found.surface else ()
    return {
        "rule": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "path": found.place.path or None,
        "line": found.place.line or None,
        "column": found.place.column or None,
        "mended": found.mended or None,
        "item": found.item or None,
        "surface": surface_json(surface),
        "holder": found.holder or None,
    }


def rule_json(rule: Rule) -> Json:
    """A rule of the judge."""
    return {
        "rule": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "summary": rule.summary,
        "why": rule.why,
        "mend": rule.mend,
    }


def post_json(
    post: Post | Note | Unreadable, commit: str = "", signature: str = ""
) -> Json:
    """A post or a note, whole.

    `commit` is the one that brought it, where known, and `signature` who signed that.
    """
    fields = {} if isinstance(post, Unreadable) else post.fields
    why = post.findings if isinstance(post, Unreadable) else ()
    said = {name: _said(post, name.upper()) for name in _SAID}
    return {
        "item": post.item or None,
        "number": None if isinstance(post, Note) else post.number or None,
        "path": post.path,
        "state": post.state.value if isinstance(post, Post) else None,
        "seat": None if isinstance(post, Unreadable) else post.seat,
        **said,
        "fields": {name: _value(value) for name, value in fields.items()},
        "unreadable": [f"{found.code} {found.message}" for found in why],
        "commit": commit or None,
        "signature": signature or None,
    }


_SAID = ("at", "reason", "subject", "body")
"""The fields of a post that say something to a reader."""


def _said(post: Post | Note | Unreadable, field: str) -> str | None:
    value = "" if isinstance(post, Unreadable) else post.fields.get(field, "")
    return (value if isinstance(value, str) else ", ".join(value)) or None


def _value(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def feed_json(basis: Basis) -> Json:
    """Which feed was looked at, and how old the look is, in seconds."""
    return {
        "ref": basis.ref,
        "commit": basis.commit or None,
        "asked": basis.asked,
        "age": seconds_left(basis.age),
    }


def texts_json(texts: Mapping[str, str]) -> list[Json]:
    """Files by their paths."""
    return [{"path": path, "body": text} for path, text in texts.items()]
