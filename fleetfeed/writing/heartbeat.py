"""The holder's side of a beat: one small push, and an answer of three values.

Still yours, no longer yours (NoLongerYours names the successor), or could not tell.
Where the ledger has a clock of its own, a beat is one question to it (`ClockedBeats`).
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fleetfeed.feed.line import place_of
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import remote_refs
from fleetfeed.lease.heartbeat import (
    BEATS,
    beat_ref,
    is_heard,
    item_of_ref,
    last_heard,
)
from fleetfeed.ledger.base import Accepted, Ledger, Outcome, Rejected, Unconfirmed
from fleetfeed.ledger.fleet import FleetLedger, LeaseClock
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.push import push_away, push_object
from fleetfeed.ledger.server import keeps_time
from fleetfeed.model.errors import CannotTell, NoLongerYours, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.post import Value
from fleetfeed.model.server import judging
from fleetfeed.repo.newest import newest
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import feed_in
from fleetfeed.writing.beat_objects import SignedBeats, TurningBeats
from fleetfeed.writing.idempotency import WriteRequest, new_op
from fleetfeed.writing.request import Request, require_holder
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import renew

_CLEARED = 50
"""Refs that are taken away in one push."""

_KEPT = "fleetfeed/beats-are-kept"
"""A file in the clone's repository: what a remote said that lets nobody delete refs."""

_DAY = 86400.0

_JUDGED = "fleetfeed: push refused"
"""In the words of a server's hook of ours that refuses, whatever its reason."""


class Heartbeat:
    """What shows that the holder of an item is alive.

    `objects` are what its beats are made of. A beat that comes too late for the server
    is made good by a post: it is accepted if nobody has taken over.
    """

    def __init__(
        self,
        repo: Repo,
        item: Item,
        objects: TurningBeats | SignedBeats,
        fields: Callable[[], Mapping[str, Value]],
        server: str = "",
    ) -> None:
        """`item` as it is held, and the `fields` that such a post has, when asked.

        `server` is the one that the policy names: nobody else's answer counts.
        """
        self._repo, self._item, self._fields = repo, item, fields
        self._objects = objects
        self._judged, self._server = False, server

    def beat(self, seconds: float) -> str:
        """One sign of life; why it was a post, where a beat was not wanted.

        NoLongerYours, or CannotTell where nothing was heard.
        """
        deadline = time.monotonic() + seconds
        remote = self._repo.where(self._repo.at_head).remote
        outcome = self._move(remote, seconds)
        if self._is_old_news(outcome):
            outcome = self._move(remote, seconds)
        if not isinstance(outcome, Accepted):
            self._objects.not_taken()
        word = judging(outcome.words)
        answered = not self._server or (word and word.server == self._server)
        if answered and is_heard(self._item, outcome.words):
            return ""
        if isinstance(outcome, Accepted) and not answered:
            message = f"the fleet's server {self._server} did not answer a beat"
            raise CannotTell(f"{message}; `fleetfeed doctor` says who did")
        if isinstance(outcome, Unconfirmed):
            raise CannotTell(outcome.why)
        left = deadline - time.monotonic()
        if remote and isinstance(outcome, Accepted):
            # Whether the server judges beats is asked until it is known to.
            self._judged = self._judged or keeps_time(self._repo.git, remote, left)
            if self._judged:
                return ""
        # A server without our hook takes a beat of anybody, and so does this machine.
        now = newest_item(self._repo, self._item.id, left)
        _require_same(now, self._item)
        if isinstance(outcome, Accepted):
            return ""
        why = f"no beat was taken ({_with_words(outcome.why, outcome.words)})"
        try:
            self._renew(deadline - time.monotonic())
        except (Refused, CannotTell) as error:
            words = error.words if isinstance(error, Refused) else ()
            said = _with_words(str(error), words)
            raise CannotTell(f"{why}, and no post instead ({said})") from error
        return f"{why}, so a post renewed {now.id}"

    def _is_old_news(self, outcome: Outcome) -> bool:
        """Whether this very beat, or a later one, has been seen before."""
        if isinstance(outcome, Accepted):
            return not outcome.moved  # nobody saw us: to the other one
        signed = self._objects
        words = outcome.words if isinstance(outcome, Rejected) else ()
        last = last_heard(self._item, words)
        if last is None or not isinstance(signed, SignedBeats):
            return False
        # Our clock was set back, or that of a parent seat, who beat too, is ahead.
        signed.last = max(signed.last, last)
        return True

    def _move(self, remote: str | None, seconds: float) -> Outcome:
        git, data = self._repo.git, self._objects.following()
        blob = git.out("hash-object", "-w", "--stdin", stdin=data).decode().strip()
        ref = beat_ref(self._item.id)
        if remote:
            return push_object(git, remote, ref, blob, seconds)
        moved = queries.exact(git, ref) != blob
        git.out("update-ref", ref, blob)
        return Accepted(blob, moved=moved)

    def _renew(self, seconds: float) -> None:
        _renew(GitLedger(self._repo), self._item, self._fields(), seconds)


class ClockedBeats:
    """The same where the ledger itself keeps the time of leases, by `clock`."""

    def __init__(
        self,
        ledger: FleetLedger,
        clock: LeaseClock,
        item: Item,
        fields: Callable[[], Mapping[str, Value]],
    ) -> None:
        """`item` as it is held, and the `fields` of a post that renews it."""
        self._ledger, self._clock = ledger, clock
        self._item, self._fields = item, fields

    def beat(self, seconds: float) -> str:
        """See Heartbeat."""
        deadline = time.monotonic() + seconds
        if self._clock.beat(self._item, seconds):
            return ""
        tip = self._ledger.read(deadline - time.monotonic())
        now = tip.feed.item(self._item.id)
        _require_same(now, self._item)
        why = f"the lease of {now.id} was over when a beat came"
        left = deadline - time.monotonic()
        try:
            _renew(self._ledger, self._item, self._fields(), left)
        except (Refused, CannotTell) as error:
            raise CannotTell(f"{why}, and no post instead ({error})") from error
        return f"{why}, so a post renewed it"


def _require_same(now: Item, item: Item) -> None:
    """NoLongerYours where `now` is not held, or in line, as `item` is."""
    if not item.turn:
        require_holder(now, item.epoch, item.holder)
    elif place_of(now) != place_of(item):
        raise NoLongerYours(now.id, now.epoch, now.holder, "; the place is given up")


def _renew(
    ledger: Ledger, item: Item, fields: Mapping[str, Value], seconds: float
) -> None:
    """Begin the lease of `item`, as it is held, anew by a post."""
    op = new_op()
    request = Request({**fields, "OP": op}, item.epoch)
    renewal = WriteRequest(op, lambda feed: renew(feed, item.id, request))
    write(ledger, renewal, RetryPolicy(seconds))


def _with_words(why: str, words: tuple[str, ...]) -> str:
    """What went wrong, and what the server said of it."""
    return "; ".join((why, *words))


def newest_item(repo: Repo, item: str, seconds: float) -> Item:
    """The item as the remote has it now. CannotTell where it does not answer."""
    where = repo.where(repo.at_head)
    return feed_in(repo, where, newest(repo, where, seconds).commit).item(item)


def clear(repo: Repo, feed: Snapshot, seconds: float) -> None:
    """Take away the beats of items that nobody has in progress in `feed`.

    Not all at once: whoever comes next takes the next ones. Errors are those of a
    remote that does not answer. One that lets nobody delete is left alone for a day.
    """
    where = repo.where(repo.at_head)
    if where.remote is None:
        clear_here(repo.git, feed)
        return
    kept = Path(repo.common_folder, _KEPT)
    if _keeps_refs(kept):
        return
    known = remote_refs(repo.git, where.remote, (f"{BEATS}*",), seconds)
    over = [ref for ref in known if _is_over(feed, item_of_ref(ref))][:_CLEARED]
    ended = push_away(repo.git, where.remote, over, seconds) if over else None
    # Where it was our hook, an item is in progress again, or nothing could be told.
    if isinstance(ended, Rejected) and not any(_JUDGED in w for w in ended.words):
        with contextlib.suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(f"{_with_words(ended.why, ended.words)}\n", "utf-8")


def clear_here(git: Git, feed: Snapshot) -> None:
    """The same for the refs of the repository in which `git` runs."""
    for ref, value in queries.below(git, BEATS).items():
        if _is_over(feed, item_of_ref(ref)):
            git.out("update-ref", "-d", ref, value)


def _keeps_refs(kept: Path) -> bool:
    """Whether the remote has refused, less than a day ago, to have refs taken away."""
    try:
        return abs(time.time() - kept.stat().st_mtime) < _DAY
    except OSError:
        return False


def _is_over(feed: Snapshot, item: str | None) -> bool:
    return item is not None and not feed.item(item).beating
