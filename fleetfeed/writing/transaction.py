"""The loop that every write goes through: read, look for oneself, plan, judge, swap.

Whoever loses the race is judged again on the new tip: what was free may be held by
now. Whatever ends unconfirmed is read again before anything is said, and a post that is
found under the own OP is the answer: it is never written a second time.

Where the other side has a queue, the first try is made at the tip as it was read last,
without a look, and judged here while it is on its way: what fits lands upon the newest
one, and nothing else is told than what was planned and judged at one that was read.
"""

import re
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count

from fleetfeed.checks.pushed_commit import OP
from fleetfeed.feed.question import Basis, Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import (
    Accepted,
    Failed,
    Ledger,
    Meanwhile,
    Outcome,
    RaceLost,
    Rejected,
    Sitting,
    Tip,
    Unconfirmed,
)
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.errors import (
    CANNOT_TELL,
    CannotTell,
    FleetfeedError,
    Refused,
    Unknown,
)
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.identity import NONE
from fleetfeed.model.post import Note, Post
from fleetfeed.model.server import judging
from fleetfeed.util.records import replace
from fleetfeed.writing.answering import answering
from fleetfeed.writing.idempotency import (
    WriteRequest,
    earlier_run,
    require_still_held,
)
from fleetfeed.writing.numbering import new_item, told_number
from fleetfeed.writing.planned import (
    Planned,
    judged_at,
    require_own,
    unjudged_at,
    warnings_of,
)
from fleetfeed.writing.retry import Retry, RetryPolicy

MOST_ODD = 3
"""Tries at one tip that end otherwise than by a lost race before that is said."""


_REFUSES = re.compile(r": FF\d{3} (?!warning: )")
"""A finding of the other side that refuses."""

_TOO_LATE = re.compile(r": FF506 ")
"""One that another place in line mends."""

_Block = AbstractContextManager[None]

_UNSURE = f"fleetfeed: push {CANNOT_TELL}"
"""In the words of a server's hook that could not judge."""


def write(
    ledger: Ledger, request: WriteRequest, policy: RetryPolicy, seat: str = ""
) -> Ok:
    """Land what `request` plans. A `seat` must still hold what an earlier run took.

    Raises Refused by the judge or the other side, Unknown where it may have landed or
    may yet land, CannotTell where it did not and time is up, NoLongerYours where `seat`
    has lost it, and what the plan raises.
    """
    under_way = _Write(ledger, request, policy.start())
    try:
        with _sitting(ledger, takes_any=request.takes_any):
            return _written(under_way, seat)
    except FleetfeedError as error:
        if under_way.tip:
            error.question = _question(ledger, under_way.tip, request, seat)
        raise


def _sitting(ledger: Ledger | Sitting, *, takes_any: bool) -> _Block:
    """See Sitting: nothing, where `ledger` has none."""
    begin = getattr(ledger, "sitting", None)
    found: _Block = begin(takes_any=takes_any) if begin else nullcontext()
    return found


def _written(under_way: "_Write", seat: str) -> Ok:
    try:
        ok = under_way.run()
    except Unknown:
        raise
    except FleetfeedError as error:
        told = under_way.doubt and isinstance(error, CannotTell)
        if not told and not under_way.waiting:
            raise
        op = under_way.request.op
        raise Unknown(f"{under_way.doubt}, and then: {error}", op) from error
    if seat:
        require_still_held(ok, seat)
    return ok


def _question(
    ledger: Ledger, tip: Tip, request: WriteRequest, seat: str = ""
) -> Question:
    """What the answer to `request` at `tip` answers."""
    named = (str(post.fields.get("ITEM") or "") for post in request.expected)
    items = dict.fromkeys((*named, *request.own))
    basis = Basis(tip.feed, ledger.where.ref, tip.commit)
    return Question(basis, seat or request.seat, tuple(filter(None, items)))


class _Write:
    """One write under way.

    `tip` is the newest that was read, `seen` that of the last try, `last` how that
    failed; `odd` are the tries at that tip that failed otherwise than by a lost race,
    `rejections` all that the other side did not want. An unconfirmed try can land only
    while the tip is the one it was built on, so what happened at an earlier tip is
    settled; but for what may be `waiting` in a queue, each by the paths that it needs.
    `sent` is how often the other side was asked; `told` is the number that it has given
    to this writer alone, for a new item. `unjudged` says that the last try was sent
    before it was judged here.
    """

    def __init__(self, ledger: Ledger, request: WriteRequest, retry: Retry) -> None:
        self.ledger, self.request, self.retry = ledger, request, retry
        self.tip: Tip | None = None
        self.seen: Tip | None = None
        self.last: Failed | None = None
        self.odd = self.rejections = self.sent = 0
        self.doubt = ""
        self.waiting: list[tuple[str, ...]] = []
        self.told = ""
        self.unjudged = False
        self.warnings: tuple[Finding, ...] = ()

    def run(self) -> Ok:
        return self._at_a_glimpse() or self._at_newest()

    def _at_a_glimpse(self) -> Ok | None:
        """The answer of a try at the tip as it was read last; None: it must be read.

        The queue will judge it anyhow, and on a newer feed than this one: so it is
        judged here while it is on its way, for what there is to be warned of.
        """
        if not self.request.at_a_glimpse:
            return None
        try:
            tip = self.ledger.glimpse()
            if tip is None:
                return None
            self.ledger.require_server(tip, self.retry.for_a_look)
            signs = tip.feed.rules.identity != NONE
            planned = (
                judged_at(tip, self.request, self.ledger)
                if signs
                else unjudged_at(tip, self.request)
            )
        except FleetfeedError:
            return None  # whatever it is: an older feed answers nothing
        if planned is None:
            return None
        self.tip = tip
        # What is raised from here on is about what was sent, and is told.
        meanwhile = None if signs else self._judging(tip, planned)
        ended = self._tried(tip, planned, meanwhile)
        return ended if isinstance(ended, Ok) else None

    def _judging(self, tip: Tip, planned: Planned) -> Meanwhile:
        """Judge `planned` when there is time for it."""

        def judge() -> None:
            from fleetfeed.checks.write import judge_write  # late: it waits for this

            with suppress(FleetfeedError):  # it is on its way
                trees = (tip.feed, planned.feed, self.ledger.where)
                self.warnings = warnings_of(judge_write(*trees, Severity.WARN))
            if self.request.meanwhile:
                self.request.meanwhile()

        return judge

    def _at_newest(self) -> Ok:
        for tries in count(self.sent + 1):
            tip = self.tip = self._read()
            self.ledger.require_server(tip, self.retry.for_a_look)
            if self.seen or not self.request.fresh:
                since = self.seen.feed.tree if self.seen else None
                known = earlier_run(self.ledger, tip, self.request, since)
                if known:
                    # Whoever took it then has said no word that was heard.
                    look = self.retry.for_a_look
                    self.ledger.require_server(tip, look, afresh=True)
                    return replace(known, tries=tries)
            self._go_on(tip)
            planned = judged_at(tip, self.request, self.ledger, self.told)
            ended = self._tried(tip, planned)
            if isinstance(ended, Ok):
                return ended
            # Whose number was taken waits no longer the more often: of 64 who claim at
            # once that is 340 a second, instead of 240.
            number = isinstance(ended, RaceLost) and ended.number
            self.retry.wait(0 if number else tries, ended.why)
        raise AssertionError  # `count` does not end

    def _tried(
        self, tip: Tip, planned: Planned, meanwhile: Meanwhile | None = None
    ) -> Ok | Failed:
        """Send what was judged at `tip`: how it failed, if it did not land for sure."""
        outcome = self._swap(tip, planned, meanwhile)
        if isinstance(outcome, Rejected) and _came_late(outcome.words):
            outcome = RaceLost(outcome.why, outcome.words)
        self.sent += 1
        self.unjudged = meanwhile is not None
        if isinstance(outcome, Accepted):
            done = self._as_landed(tip, planned, outcome)
            found = (outcome.commit, done.posts, done.feed, done.warnings)
            return Ok(*found, self.sent, remark=outcome.remark)
        self._remember(tip, planned, outcome)
        return outcome

    def _as_landed(self, tip: Tip, planned: Planned, outcome: Accepted) -> Planned:
        """What was judged at `tip`, as it is on the feed, with what others wrote."""
        merged = outcome.merged
        if merged is None:
            warnings = self.warnings if self.unjudged else planned.warnings
            return replace(planned, warnings=warnings)
        before, after = merged.before, merged.after
        from fleetfeed.checks.write import judge_write

        found = self._own_posts(tip, before, after)
        verdict = judge_write(before, after, self.ledger.where)
        posts = self.request.matched(found)
        return replace(planned, feed=after, posts=posts, warnings=warnings_of(verdict))

    def _own_posts(
        self, tip: Tip, before: Snapshot, after: Snapshot
    ) -> tuple[Post | Note, ...]:
        """What `after`, to which `before` was merged, has under this op since `tip`.

        An earlier try, of which nothing was heard, may have landed before this one. The
        first one has come by its own merge: what others wrote is not looked through.
        """
        op, first = self.request.op, self.request.fresh and self.sent == 1
        found = after.posts_by_op(op, before.tree) if first else ()
        return found or after.posts_by_op(op, tip.feed.tree)

    def _swap(self, tip: Tip, planned: Planned, meanwhile: Meanwhile | None) -> Outcome:
        left = self.retry.left
        if left <= 0:
            raise self._over("time was up before it could be sent")
        message = commit_message(planned.posts, self.request.op)
        message += "".join(f"{line}\n" for line in self.request.approvals)
        new = self._any_number(planned)
        sent = (tip, planned.files, message, left, new)
        if meanwhile is None:  # which is all that most ledgers know
            return self.ledger.swap(*sent)
        return self.ledger.swap(*sent, meanwhile=meanwhile)

    def _read(self) -> Tip:
        """The tip; after a try, asked for until the deadline is over, and once more."""
        for lost in count(1):
            left = self.retry.for_a_look if self.last else self.retry.left
            try:
                return self.ledger.read(left)
            except CannotTell as error:
                if self.last is None:
                    raise
                if self.retry.left <= 0:
                    # Also where another was first, or it was refused: a connection that
                    # was made twice, as proxies do, may have been that other itself.
                    why = self.doubt or str(error)
                    raise Unknown(why, self.request.op) from error
                self.retry.wait(lost, str(error))
        raise AssertionError  # `count` does not end

    def _go_on(self, tip: Tip) -> None:
        """Raise where another try would be of no use, or too late."""
        moved = self.seen is not None and self.seen.commit != tip.commit
        if moved:
            self.odd = 0
            self.waiting = [paths for paths in self.waiting if not _any(tip, paths)]
            self.doubt = self.doubt if self.waiting else ""
        # In doubt it is no refusal: an earlier try at this tip may still land.
        last_word = not self.doubt and (not moved or self.rejections >= MOST_ODD)
        if isinstance(self.last, Rejected) and last_word:
            require_own(tip, self.request)
            if self.unjudged:  # the own judge says who holds it, and what to do
                judged_at(tip, self.request, self.ledger, self.told)
            raise rejection(self.last)
        if self.last and (self.odd >= MOST_ODD or self.retry.left <= 0):
            raise self._over(self.last.why)

    def _remember(self, tip: Tip, planned: Planned, failed: Failed) -> None:
        self.seen, self.last = tip, failed
        self.rejections += isinstance(failed, Rejected)
        self.odd += not isinstance(failed, RaceLost)
        self.told = told_number(failed.words) or self.told
        if isinstance(failed, Unconfirmed):
            self.doubt = failed.why
            if failed.queue:
                new = self._any_number(planned)
                fixed = (path for path in planned.files if new not in path.split("/"))
                self.waiting.append(tuple(fixed))

    def _any_number(self, planned: Planned) -> str:
        """The new item whose number the feed chose; empty where there is none."""
        prefix = self.request.prefix
        return new_item(planned.files, prefix) if prefix else ""

    def _over(self, why: str) -> CannotTell:
        """The answer where nothing more is tried."""
        if self.doubt:
            return Unknown(self.doubt, self.request.op)
        return CannotTell(f"nothing was written: {why}; run it again")


def _any(tip: Tip, paths: tuple[str, ...]) -> bool:
    """Whether one of `paths` is on the feed at `tip`."""
    return any(tip.feed.tree.entry(path) for path in paths)


def _came_late(words: tuple[str, ...]) -> bool:
    """Whether others were quicker to the place in line, and nothing else is wrong.

    It was the next one by the feed that was read: by a newer one it is another.
    """
    refusing = [word for word in words if _REFUSES.search(word)]
    return bool(refusing) and all(map(_TOO_LATE.search, refusing))


def rehearse(ledger: Ledger, request: WriteRequest, seconds: float) -> Planned | None:
    """What would be written now; None where it is there already."""
    tip = ledger.read(seconds)
    with answering(_question(ledger, tip, request)):
        ledger.require_server(tip, seconds)
        if not request.fresh and earlier_run(ledger, tip, request):
            ledger.require_server(tip, seconds, afresh=True)
            return None
        return judged_at(tip, request, ledger)


def rejection(rejected: Rejected) -> CannotTell | Refused:
    """What to raise where the other side does not want it, or cannot tell."""
    if rejected.broken:
        why = "; ".join((rejected.why, *rejected.words))
        return CannotTell(f"nothing was written: {why}; run it again when it can")
    unsure = next((word for word in rejected.words if _UNSURE in word), None)
    if unsure:
        return CannotTell(unsure.removeprefix("fleetfeed: "))
    words = tuple(word for word in rejected.words if judging((word,)) is None)
    return Refused(rejected.why, words=words)


def commit_message(posts: tuple[Post | Note, ...], op: str) -> str:
    """A commit's message: what its posts do, and the command that wrote them."""
    subject = ", ".join(_summary(post) for post in posts)
    return f"{subject} by {posts[0].seat}\n\n{OP}: {op}\n"


def _summary(post: Post | Note) -> str:
    if isinstance(post, Post):
        return f"{post.item} {post.state.value}"
    return f"note on {post.item}" if post.item else "note"
