"""The loop that every write goes through: read, look for oneself, plan, judge, swap.

Whoever loses the race is judged again on the new tip: what was free may be held by
now. Whatever ends unclear is read again before anything is said, and a post that is
found under the own OP is the answer: it is never written a second time.
"""

import time
from collections.abc import Mapping
from itertools import count

from fleetfeed.checks.push import judge_write
from fleetfeed.feed.overlay import with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.ledger.base import Accepted, Ledger, RaceLost, Rejected, Tip, Unconfirmed
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.errors import CANNOT_TELL, CannotTell, Refused, Unknown
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.post import Note, Post
from fleetfeed.model.post_writer import Draft
from fleetfeed.util.records import mutable_record, record, replace
from fleetfeed.writing.conflicts import held_surface
from fleetfeed.writing.idempotency import WriteRequest, posts_by_op
from fleetfeed.writing.retry import Retry, RetryPolicy

MOST_ODD = 3
"""Tries at one tip that end otherwise than by a lost race before that is said."""

_LAPSE = "FF501"
"""Whether a lease has lapsed cannot be told here: a server that keeps time can."""

_UNSURE = f"fleetfeed: push {CANNOT_TELL}"
"""In the words of a server's hook that could not judge."""


@record
class Judged:
    """What a plan came to at one tip: the files, and the feed with them."""

    files: Mapping[str, bytes]
    after: Snapshot
    posts: tuple[Post | Note, ...]
    warnings: tuple[Finding, ...]


def prepared(tip: Tip, intent: WriteRequest, ledger: Ledger) -> Judged:
    """What would be written at `tip`. Refused where the judge says so."""
    drafts = intent.plan(tip.feed)
    files = {draft.path: draft.text.encode() for draft in drafts}
    after = tip.feed.changed_to(with_files(tip.feed.tree, files))
    verdict = judge_write(tip.feed, after, ledger.where, signs=intent.signs)
    if any(found.code == _LAPSE for found in verdict.findings) and ledger.keeps_time():
        verdict = judge_write(tip.feed, after, ledger.where, Severity.WARN)
    if verdict.refused:
        raise _refusal(tip.feed, verdict.findings, intent.seat)
    posts = tuple(_landed(after, draft) for draft in drafts)
    told = tuple(found for found in verdict.findings if found.code != _LAPSE)
    return Judged(files, after, posts, told)


def _refusal(feed: Snapshot, findings: tuple[Finding, ...], seat: str) -> Refused:
    """The judge's refusal; by a collision, with who holds the surface since when."""
    first = next(found for found in findings if found.rejects)
    for found in findings:
        if found.code == "FF401" and feed.item(found.item).held:
            return held_surface(feed, findings, found, seat, time.time())
    return Refused(f"{first.code} {first.message}", findings)


def _landed(after: Snapshot, draft: Draft) -> Post | Note:
    """A draft that the judge has passed, as it is read."""
    read = after.post_or_note(draft.path)
    if not isinstance(read, Post | Note):
        raise TypeError(draft.path)
    return read


def found(
    ledger: Ledger, tip: Tip, intent: WriteRequest, since: FeedTree | None = None
) -> Ok | None:
    """The answer where the posts of `intent` are at `tip` already.

    With `since`, an earlier feed, only what was added after that is looked at.
    """
    there = posts_by_op(tip.feed, intent.op, since)
    if not there:
        return None
    posts = intent.matched(there)
    path = posts[0].path.removeprefix(f"{tip.feed.tree.folder}/")
    commit, remark = ledger.commit_of(tip, path), ledger.brought_up(tip)
    return Ok(commit, posts, tip.feed, again=True, remark=remark)


def write(ledger: Ledger, intent: WriteRequest, patience: RetryPolicy) -> Ok:
    """Land what `intent` plans.

    Raises Refused by the judge or the other side, Unknown where it may have landed or
    may yet land, CannotTell where it did not and time is up, and what the plan raises.
    """
    under_way = _Write(ledger, intent, patience.start())
    try:
        return under_way.run()
    except Unknown:
        raise
    except CannotTell as error:
        if not under_way.doubt:
            raise
        raise Unknown(f"{under_way.doubt}, and then: {error}", intent.op) from error


@mutable_record
class _Write:
    """One write under way.

    `seen` is the tip of the last try, `last` how that ended; `odd` are the tries at
    that tip that ended otherwise than by a lost race, `turned` all that the other side
    did not want. An unclear try can land only while the tip is the one it was built
    on, so what happened at an earlier tip is settled.
    """

    ledger: Ledger
    intent: WriteRequest
    waiting: Retry
    seen: Tip | None = None
    last: RaceLost | Rejected | Unconfirmed | None = None
    odd: int = 0
    turned: int = 0
    doubt: str = ""

    def run(self) -> Ok:
        for tries in count(1):
            tip = self._read()
            known = self._found(tip, tries)
            if known:
                return known
            self._go_on(tip)
            judged = prepared(tip, self.intent, self.ledger)
            outcome = self._swap(tip, judged)
            if isinstance(outcome, Accepted):
                return _won(outcome, judged, tries)
            self._remember(tip, outcome)
            self.waiting.wait(tries, outcome.why)
        raise AssertionError  # `count` does not end

    def _swap(
        self, tip: Tip, judged: Judged
    ) -> Accepted | RaceLost | Rejected | Unconfirmed:
        left = self.waiting.left
        if left <= 0:
            raise self._over("time was up before it could be sent")
        said = message(judged.posts, self.intent.op)
        return self.ledger.swap(tip, judged.files, said, left)

    def _read(self) -> Tip:
        """The tip; after a try, asked for until the deadline is over, and once more."""
        lost = 0
        while True:
            first = self.last is None
            seconds = self.waiting.left if first else self.waiting.for_a_look
            try:
                return self.ledger.read(seconds)
            except CannotTell as error:
                if self.last is None:
                    raise
                if self.waiting.left <= 0:
                    raise self._over(str(error)) from error
                lost += 1
                self.waiting.wait(lost, str(error))

    def _found(self, tip: Tip, tries: int) -> Ok | None:
        """The answer where the posts of this command are on the feed already."""
        if self.seen is None and self.intent.fresh:
            return None
        since = self.seen.feed.tree if self.seen else None
        known = found(self.ledger, tip, self.intent, since)
        return replace(known, tries=tries) if known else None

    def _go_on(self, tip: Tip) -> None:
        """Raise where another try would be of no use, or too late."""
        moved = self.seen is not None and self.seen.commit != tip.commit
        if moved:
            self.odd, self.doubt = 0, ""
        # In doubt it is no refusal: an earlier try at this tip may still land.
        last_word = not self.doubt and (not moved or self.turned >= MOST_ODD)
        if isinstance(self.last, Rejected) and last_word:
            raise turned(self.last)
        if self.last and (self.odd >= MOST_ODD or self.waiting.left <= 0):
            raise self._over(self.last.why)

    def _remember(self, tip: Tip, outcome: RaceLost | Rejected | Unconfirmed) -> None:
        self.seen, self.last = tip, outcome
        self.turned += isinstance(outcome, Rejected)
        self.odd += not isinstance(outcome, RaceLost)
        if isinstance(outcome, Unconfirmed):
            self.doubt = outcome.why

    def _over(self, why: str) -> CannotTell:
        """The answer at the end of all patience."""
        if self.doubt:
            return Unknown(self.doubt, self.intent.op)
        return CannotTell(f"nothing was written: {why}; run it again")


def turned(ended: Rejected) -> CannotTell | Refused:
    """What to raise where the other side does not want it, or cannot tell."""
    if ended.broken:
        said = "; ".join((ended.why, *ended.words))
        return CannotTell(f"nothing was written: {said}; run it again when it can")
    unsure = next((word for word in ended.words if _UNSURE in word), None)
    return CannotTell(unsure) if unsure else Refused(ended.why, words=ended.words)


def _won(landed: Accepted, judged: Judged, tries: int) -> Ok:
    commit, remark = landed.commit, landed.remark
    posts, warnings = judged.posts, judged.warnings
    return Ok(commit, posts, judged.after, warnings, tries, remark=remark)


def message(posts: tuple[Post | Note, ...], op: str) -> str:
    """A commit's message: what its posts do, and the command that wrote them."""
    said = ", ".join(_said(post) for post in posts)
    return f"{said} by {posts[0].seat}\n\nOP: {op}\n"


def _said(post: Post | Note) -> str:
    if isinstance(post, Post):
        return f"{post.item} {post.state.value}"
    return f"note on {post.item}" if post.item else "note"
