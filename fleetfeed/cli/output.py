"""Items, leases and answers as text and as JSON: the same facts in both.

The keys are those of the schema (`report/answer.schema.json`).
"""

import math
import time
from collections.abc import Iterator, Mapping

from fleetfeed.cli.context import Shell, uncut
from fleetfeed.cli.messages import news_of
from fleetfeed.cli.streams import echo
from fleetfeed.feed.question import Basis
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.post import Note, Post
from fleetfeed.model.surface_parts import escaped
from fleetfeed.report.documents import (
    at,
    feed_json,
    filed_with,
    finding_json,
    item_json,
    post_json,
    texts_json,
)
from fleetfeed.report.text import finding_lines
from fleetfeed.util import durations
from fleetfeed.util.records import field, record
from fleetfeed.writing.idempotency import gone_on_since
from fleetfeed.writing.planned import Planned
from fleetfeed.writing.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fleetfeed.lease.estimate import Estimate


@record
class More:
    """What one command adds to the answer of all."""

    lines: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)


@record
class Answer:
    """`lines` for standard output, `remarks` for standard error; or the document.

    That is `answer`, and `facts` by the schema of all answers.
    """

    answer: str
    lines: tuple[str, ...]
    remarks: tuple[str, ...]
    facts: "dict[str, Any]"

    def show(self, shell: Shell) -> None:
        """Print it."""
        if shell.as_json:
            shell.show(self.answer, **self.facts)
            return
        for remark in self.remarks:
            echo(remark, err=True)
        echo("\n".join(self.lines))


@record
class Asked:
    """What a command that writes was asked for, on the feed `ref`.

    `work` says that its seat takes work up, and is to be told what that is.
    """

    request: Request
    ref: str
    work: bool = False


def won(shell: Shell, ok: Ok, asked: Asked, more: More) -> Answer:
    """The answer where the posts are on the feed."""
    again = [remark for remark in (*_again(ok), ok.remark) if remark]
    lines = [line for post in ok.posts for line in _lines(post, ok.feed)]
    news = news_of(ok, filed=not asked.work)
    if asked.work:
        lines += work_lines(ok.feed, ok.feed.item(ok.post.item))
    facts: dict[str, Any] = {}
    if shell.as_json:
        facts = {
            **_facts(shell, ok, asked, ok.newest or ok.commit, news.unseen),
            "notes": news.notes,
            "remarks": again,
            "op": asked.request.op,
            "commit": ok.commit or None,
            "tries": ok.tries,
            "again": ok.again,
            "posts": [post_json(post, ok.commit) for post in ok.posts],
            **more.facts,
        }
    remarks = (*_warnings(ok.warnings), *(f"fleetfeed: {text}" for text in again))
    return Answer("won", (*lines, *more.lines, *news.lines), remarks, facts)


def _again(ok: Ok) -> Iterator[str]:
    """What is to be said where an earlier run of the command wrote its posts."""
    if ok.again:
        yield "an earlier run of this command wrote it, and nothing was written now"
    for post, now in gone_on_since(ok):
        message = f"that was post {post.number}; {now.id} has gone on to"
        yield f"{message} post {now.newest}, and is as it stands above"


def would_be(shell: Shell, planned: Planned, asked: Asked) -> Answer:
    """The answer to a dry run: the posts as they would be written."""
    lines = [f"# {path}\n{text.rstrip()}" for path, text in planned.texts.items()]
    facts: dict[str, Any] = {}
    if shell.as_json:
        facts = {
            **_facts(shell, planned, asked, "", {}),
            "next": (),
            "posts": [post_json(post) for post in planned.posts],
            "texts": texts_json(planned.texts),
        }
    return Answer("dry run", tuple(lines), tuple(_warnings(planned.warnings)), facts)


def _facts(
    shell: Shell,
    made: Ok | Planned,
    asked: Asked,
    commit: str,
    unseen: Mapping[str, int | None],
) -> "dict[str, Any]":
    """The items that the posts are of, and how one goes on with the first."""
    from fleetfeed.lease.estimate import binding_lease  # late: a document has more
    from fleetfeed.writing.next_steps import steps_to_ready, steps_with

    feed, now, seat = made.feed, time.time(), asked.request.seat
    ids = dict.fromkeys(post.item for post in made.posts if post.item)
    items = [item for name in ids if (item := feed.item(name)).newest]
    leases = [binding_lease(feed, item, now) for item in items]
    steps = list(steps_with(feed, items[0], seat)) if items else []
    pairs = zip(items, leases, strict=True)
    return {
        "items": [
            item_json(feed, *pair, body=asked.work, unseen=unseen) for pair in pairs
        ],
        "findings": [finding_json(found) for found in made.warnings],
        "next": shell.typed(steps or steps_to_ready(feed, seat)),
        "feed": feed_json(Basis(feed, asked.ref, commit)),
    }


def work_lines(feed: Snapshot, item: Item) -> list[str]:
    """What the work on `item` is, for who takes it up."""
    body = filed_with(feed, item).rstrip().split("\n")
    said = [f"    {uncut(line)}" if line else "" for line in body if any(body)]
    return [f"  {uncut(item.subject)}", *said, *dependency_lines(feed, item)]


def dependency_lines(feed: Snapshot, item: Item) -> list[str]:
    """What `item` depends on, and how far that is."""
    names = item.texts("DEPENDS_ON")
    states = ((name, feed.item(name).state) for name in names)
    return [f"  depends on {n}: {s.value if s else 'not there'}" for n, s in states]


def _lines(post: Post | Note, feed: Snapshot) -> tuple[str, ...]:
    """A post's item, alone on its line, and how the item is now; a note's path."""
    if isinstance(post, Note):
        return (uncut(post.path),)
    item = feed.item(post.item)
    return (item.id, f"{row(item)} epoch={item.epoch} post={post.number}")


def _warnings(warnings: tuple[Finding, ...]) -> list[str]:
    return [line for found in warnings for line in finding_lines(found)]


def row(item: Item, lease: "Estimate | None" = None) -> str:
    """An item as `item=… state=… owner=… surface=…`, behind it what its lease is.

    `-` stands for nothing, `~` says that it is an estimate. Programs read it, and a
    resting post may have recorded a key of any shape: what parts words and keys is
    escaped in a key, which is another spelling of it.
    """
    keys = ",".join(_one_word(key.text) for key in item.held or item.keys)
    state = item.state.value if item.state else "UNREADABLE"
    owner = item.holder or item.owner
    fields = {"item": item.id, "state": state, "owner": owner, "surface": keys}
    if lease:
        fields |= {"lease_left": _left(lease), "last_sign": at(lease.last) or ""}
    return " ".join(f"{name}={uncut(text) or '-'}" for name, text in fields.items())


def _one_word(key: str) -> str:
    return "".join(escaped(ch) if ch in " ,=\\" else ch for ch in key)


def _left(lease: "Estimate") -> str:
    if lease.left is None:
        return ""
    if math.isinf(lease.left):
        return "none"
    about = durations.in_words(lease.left).replace(" ", "")
    return "over" if lease.over else f"{'' if lease.exact else '~'}{about}"
