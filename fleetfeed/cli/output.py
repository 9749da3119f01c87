"""Items, leases and answers as text and as JSON: the same facts in both.

The keys are stable and documented in docs/commands.md.
"""

import math
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from fleetfeed.cli.context import echo_json, uncut
from fleetfeed.feed.near import Near
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate, estimate
from fleetfeed.lease.heartbeat import item_of_ref
from fleetfeed.lease.stamps import server_clock
from fleetfeed.ledger.contract import Ok
from fleetfeed.model import names
from fleetfeed.model.errors import Usage
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.post import Note, Post
from fleetfeed.repo.observed_beats import observed_beats
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.report.formats import finding_json, seconds_left
from fleetfeed.report.text import finding_lines
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.records import field, record
from fleetfeed.writing.idempotency import gone_on_since
from fleetfeed.writing.transaction import Judged


@record
class More:
    """What one command adds to the answer of all."""

    lines: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)


@record
class Answer:
    """`lines` for standard output, `remarks` for standard error; or the document."""

    lines: tuple[str, ...]
    remarks: tuple[str, ...]
    document: dict[str, object]

    def show(self, *, as_json: bool) -> None:
        """Print it."""
        for remark in self.remarks:
            click.echo(remark, err=True)
        if as_json:
            echo_json(self.document)
        else:
            click.echo("\n".join(self.lines))


def won(ok: Ok, op: str, more: More) -> Answer:
    """The answer where the posts are on the feed."""
    facts = {"commit": ok.commit or None, "op": op, "tries": ok.tries}
    remarks = [f"fleetfeed: {remark}" for remark in (*_again(ok), ok.remark) if remark]
    lines = [line for post in ok.posts for line in _lines(post, ok.feed)]
    return Answer(
        (*lines, *more.lines),
        (*_warnings(ok.warnings), *remarks),
        {**_document("won", ok), **facts, "again": ok.again, **more.facts, "code": 0},
    )


def _again(ok: Ok) -> Iterator[str]:
    """What is to be said where an earlier run of the command wrote its posts."""
    if ok.again:
        yield "an earlier run of this command wrote it, and nothing was written now"
    for post, now in gone_on_since(ok):
        message = f"that was post {post.number}; {now.id} has gone on to"
        yield f"{message} post {now.newest}, and is as it stands above"


def would_be(judged: Judged) -> Answer:
    """The answer to a dry run: the posts as they would be written."""
    folder = judged.feed.tree.folder
    texts = {f"{folder}/{path}": data.decode() for path, data in judged.files.items()}
    lines = [f"# {path}\n{text.rstrip()}" for path, text in texts.items()]
    document = {**_document("dry run", judged), "texts": texts, "code": 0}
    return Answer(tuple(lines), tuple(_warnings(judged.warnings)), document)


def _lines(post: Post | Note, feed: Snapshot) -> tuple[str, ...]:
    """A post's item, alone on its line, and how the item is now; a note's path."""
    if isinstance(post, Note):
        return (uncut(post.path),)
    item = feed.item(post.item)
    return (item.id, f"{row(item)} epoch={item.epoch} post={post.number}")


def _document(answer: str, made: Ok | Judged) -> dict[str, object]:
    main, feed, left = made.posts[0], made.feed, None
    item = feed.item(main.item) if isinstance(main, Post) else None
    if item and item.active:  # what is left of its lease by the posts alone
        left = estimate(item, feed.rules, time.time()).left
    return {
        "answer": answer,
        "item": main.item or None,
        "state": item.state.value if item and item.state else None,
        "surface": [str(key) for key in item.keys] if item else [],
        "holder": item.holder if item else None,
        "epoch": item.epoch if item else None,
        "lease_left": seconds_left(left),
        "posts": [_post_json(post) for post in made.posts],
        "findings": [finding_json(found) for found in made.warnings],
    }


def _post_json(post: Post | Note) -> dict[str, object]:
    number = post.number if isinstance(post, Post) else None
    return {"item": post.item or None, "number": number, "path": post.path}


def _warnings(warnings: tuple[Finding, ...]) -> list[str]:
    return [line for found in warnings for line in finding_lines(found)]


def known_item(text: str) -> str:
    """`text` where it spells an item rightly; Usage with the right spelling if not."""
    if names.parse(text):
        return text
    right = names.meant(text)
    hint = f"; write {right}" if right else " such as CMB-1438"
    raise Usage(f"{printable(text)} is no item{hint}")


def row(item: Item, lease: Estimate | None = None) -> str:
    """An item as `item=… state=… owner=… surface=…`, behind it what its lease is.

    `-` stands for nothing, `~` says that it is an estimate. Programs read it, and a
    resting post may have recorded a key of any shape: what parts words and keys is
    escaped in a key.
    """
    keys = ",".join(_one_word(key.text) for key in item.held or item.keys)
    state = item.state.value if item.state else "UNREADABLE"
    owner = item.holder or item.owner
    fields = {"item": item.id, "state": state, "owner": owner, "surface": keys}
    if lease:
        fields |= {"lease_left": _left(lease.left), "last_sign": _at(lease.last) or ""}
    return " ".join(f"{name}={uncut(text) or '-'}" for name, text in fields.items())


def _one_word(key: str) -> str:
    return "".join(f"\\x{ord(ch):02x}" if ch in " ,=\\" else ch for ch in key)


def item_json(item: Item, lease: Estimate) -> dict[str, object]:
    """An item for a program; the shape is documented in docs/commands.md."""
    return {
        "item": item.id,
        "state": item.state.value if item.state else None,
        "owner": item.holder or item.owner,
        "filer": item.filer,
        "holder": item.holder,
        "epoch": item.epoch,
        "subject": item.subject,
        "surface": [str(key) for key in item.keys],
        "held": [str(key) for key in item.held],
        "posts": item.newest,
        "unreadable": list(item.unreadable),
        "lease": item.lease,
        **lease_json(lease),
    }


def near_json(near: Near) -> dict[str, object]:
    """One that is near; the shape is documented in docs/commands.md."""
    hold = near.hold
    return {
        "item": hold.item,
        "surface": str(hold.key),
        "why": near.why.value,
        "holder": hold.contact,
        "state": hold.state or None,
    }


class LeaseEstimates:
    """The leases in one view of the feed, as of now."""

    def __init__(self, repo: Repo, view: View) -> None:
        """The beats that the remote told of are kept in mind for the next time."""
        beats = {name: at for name, at in view.refs.items() if item_of_ref(name)}
        since = observed_beats(repo, view.snapshot, beats, server_clock())
        self._rules, self._now = view.snapshot.rules, time.time()
        self._heard = {item: self._now - age for item, age in since.items()}

    def of(self, item: Item) -> Estimate:
        """The lease of `item`; nothing where none is in anybody's way.

        That is so where the item is at rest, or anyone may claim it as it is.
        """
        if not item.active or not (item.holder or item.owner):
            return Estimate()
        return estimate(item, self._rules, self._now, self._heard.get(item.id))


def lease_json(lease: Estimate) -> Mapping[str, object]:
    """A lease for a program: whole seconds, not positive where it is over."""
    return {
        "lease_left": seconds_left(lease.left),
        "lease_over": lease.over,
        "last_sign": _at(lease.last),
    }


def _left(left: float | None) -> str:
    if left is None:
        return ""
    if math.isinf(left):
        return "none"
    return "over" if left <= 0 else f"~{durations.in_words(left).replace(' ', '')}"


def _at(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
