"""The holder's side of a beat: one small push, and an answer of three values.

Still yours, no longer yours (NoLongerYours names the successor), or could not tell.
Where the ledger has a clock of its own, a beat is one question to it (`ClockedBeats`).
Beats of several items go together, in one push (`beat_together`).
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from fleetfeed.feed.line import place_of
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.lease.heartbeat import beat_ref, is_heard, last_heard
from fleetfeed.ledger.base import Accepted, Ledger, Outcome, Rejected, Unconfirmed
from fleetfeed.ledger.fleet import FleetLedger, LeaseClock
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.push import push_objects
from fleetfeed.ledger.server import keeps_time
from fleetfeed.model.errors import CannotTell, FleetfeedError, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.post import Value
from fleetfeed.model.server import judging
from fleetfeed.repo.newest import newest
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import feed_in
from fleetfeed.writing.beat_objects import SignedBeats, TurningBeats
from fleetfeed.writing.idempotency import WriteRequest, new_op
from fleetfeed.writing.request import Request, place_lost, require_holder
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import renew

Fields = Callable[[], Mapping[str, Value]]
"""The fields of a post that renews an item, when it is asked for."""

Beaten = str | FleetfeedError
"""What became of a beat: what `Heartbeat.beat` answers, or raises."""


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
        fields: Fields,
        server: str = "",
    ) -> None:
        """`item` as it is held, and the `fields` that such a post has, when asked.

        `server` is the one that the policy names: nobody else's answer counts.
        """
        self.repo, self.item, self.server = repo, item, server
        self.objects, self._fields = objects, fields
        self.judged = False

    def beat(self, seconds: float) -> str:
        """One sign of life; why it was a post, where a beat was not wanted.

        NoLongerYours, or CannotTell where nothing was heard.
        """
        (ended,) = beat_together([self], seconds)
        if isinstance(ended, FleetfeedError):
            raise ended
        return ended

    def is_old_news(self, outcome: Outcome) -> bool:
        """Whether this very beat, or a later one, has been seen before."""
        if isinstance(outcome, Accepted):
            return not outcome.moved  # nobody saw us: to the next one
        signed = self.objects
        words = outcome.words if isinstance(outcome, Rejected) else ()
        last = last_heard(self.item, words)
        if last is None or not isinstance(signed, SignedBeats):
            return False
        # Our clock was set back, or that of a parent seat, who beat too, is ahead.
        signed.last = max(signed.last, last)
        return True

    def renew(self, seconds: float) -> None:
        """Begin the lease anew by a post."""
        _renew(GitLedger(self.repo), self.item, self._fields(), seconds)


def beat_together(beats: Sequence[Heartbeat], seconds: float) -> list[Beaten]:
    """A beat of each, all of one repository, in as few pushes as can be.

    What became of each, in their order. CannotTell where none can be made.
    """
    together = _Together(beats, seconds)
    outcomes = together.moved(beats)
    old = [beat for beat in beats if beat.is_old_news(outcomes[beat])]
    outcomes |= together.moved(old)
    return [together.ended(beat, outcomes[beat]) for beat in beats]


class _Together:
    """Beats that are sent together: what concerns all of them is asked once."""

    def __init__(self, beats: Sequence[Heartbeat], seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._repo, self._beats = beats[0].repo, beats
        self._where = self._repo.where(self._repo.at_head)

    @property
    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def moved(self, beats: Iterable[Heartbeat]) -> dict[Heartbeat, Outcome]:
        """What became of moving the refs of `beats` to their next objects."""
        git, remote = self._repo.git, self._where.remote
        blobs = {beat: _written(git, beat.objects.following()) for beat in beats}
        if not blobs or not remote:
            return {beat: _moved_here(git, beat, blob) for beat, blob in blobs.items()}
        objects = {beat_ref(beat.item.id): blob for beat, blob in blobs.items()}
        ended = push_objects(git, remote, objects, self._left)
        return dict(zip(blobs, ended, strict=True))

    def ended(self, beat: Heartbeat, outcome: Outcome) -> Beaten:
        """What a beat has come to, whose push became `outcome`."""
        if not isinstance(outcome, Accepted):
            beat.objects.not_taken()
        try:
            return self._ended(beat, outcome)
        except FleetfeedError as error:
            return error

    def _ended(self, beat: Heartbeat, outcome: Outcome) -> str:
        word, server = judging(outcome.words), beat.server
        answered = not server or (word and word.server == server)
        if answered and is_heard(beat.item, outcome.words):
            return ""
        if isinstance(outcome, Accepted) and not answered:
            message = f"the fleet's server {server} did not answer a beat"
            raise CannotTell(f"{message}; `fleetfeed doctor` says who did")
        if isinstance(outcome, Unconfirmed):
            raise CannotTell(outcome.why)
        if isinstance(outcome, Accepted) and self._judged:
            return ""
        # A server without our hook takes a beat of anybody, and so does this machine.
        now = self._newest.item(beat.item.id)
        require_same(now, beat.item)
        if isinstance(outcome, Accepted):
            return ""
        why = f"no beat was taken ({with_words(outcome.why, outcome.words)})"
        try:
            beat.renew(self._left)
        except (Refused, CannotTell) as error:
            words = error.words if isinstance(error, Refused) else ()
            said = with_words(str(error), words)
            raise CannotTell(f"{why}, and no post instead ({said})") from error
        return f"{why}, so a post renewed {now.id}"

    @cached_property
    def _judged(self) -> bool:
        """Whether the remote judges beats, which is asked until it is known to."""
        remote = self._where.remote
        if not remote:
            return False
        known = any(beat.judged for beat in self._beats)
        known = known or keeps_time(self._repo.git, remote, self._left)
        for beat in self._beats:
            beat.judged = known
        return known

    @cached_property
    def _newest(self) -> Snapshot:
        """The feed as the remote has it now. CannotTell where it does not answer."""
        commit = newest(self._repo, self._where, self._left).commit
        return feed_in(self._repo, self._where, commit)


def _written(git: Git, data: bytes) -> str:
    """The id of `data`, which is in the repository now."""
    return git.out("hash-object", "-w", "--stdin", stdin=data).decode().strip()


def _moved_here(git: Git, beat: Heartbeat, blob: str) -> Accepted:
    """Move the ref of a beat, where there is no remote."""
    ref = beat_ref(beat.item.id)
    moved = queries.exact(git, ref) != blob
    git.out("update-ref", ref, blob)
    return Accepted(blob, moved=moved)


class ClockedBeats:
    """The same where the ledger itself keeps the time of leases, by `clock`."""

    def __init__(
        self,
        ledger: FleetLedger,
        clock: LeaseClock,
        item: Item,
        fields: Fields,
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
        require_same(now, self._item)
        why = f"the lease of {now.id} was over when a beat came"
        left = deadline - time.monotonic()
        try:
            _renew(self._ledger, self._item, self._fields(), left)
        except (Refused, CannotTell) as error:
            raise CannotTell(f"{why}, and no post instead ({error})") from error
        return f"{why}, so a post renewed it"


def require_same(now: Item, item: Item) -> None:
    """NoLongerYours where `now` is not held, or in line, as `item` is."""
    if not item.turn:
        require_holder(now, item.epoch, item.holder)
    elif place_of(now) != place_of(item):
        raise place_lost(now)


def _renew(
    ledger: Ledger, item: Item, fields: Mapping[str, Value], seconds: float
) -> None:
    """Begin the lease of `item`, as it is held, anew by a post."""
    op = new_op()
    request = Request({**fields, "OP": op}, item.epoch)
    renewal = WriteRequest(op, lambda feed: renew(feed, item.id, request))
    write(ledger, renewal, RetryPolicy(seconds))


def with_words(why: str, words: tuple[str, ...]) -> str:
    """What went wrong, and what the server said of it."""
    return "; ".join((why, *words))
