"""The feed ref of a git repository as a ledger: git is the log, the lock and the wire.

A write is built beside the checkout: objects, then a commit on the remote's tip, then a
push, which git's own compare-and-set takes or not. Where there is no remote the local
ref is moved in the same way.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import cached_property, partial

from fleetfeed.checks.pushed_commit import (
    ANY_NUMBER,
    EXPORTED,
    parents_of,
)
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.ledger.base import (
    Accepted,
    Failed,
    Files,
    Meanwhile,
    Merged,
    Outcome,
    RaceLost,
    Tip,
    Unconfirmed,
)
from fleetfeed.ledger.brought import is_brought, may_be_brought
from fleetfeed.ledger.checkout import Standing, follow, move_here, standing
from fleetfeed.ledger.commits import Vanished, commit_upon, is_here
from fleetfeed.ledger.push import push
from fleetfeed.ledger.queued import NoQueue, push_queued, queue_there
from fleetfeed.ledger.server import (
    require_server,
    require_word,
    said_by,
    stamps_by,
)
from fleetfeed.model.errors import CannotTell, FleetfeedError, GitFailed
from fleetfeed.model.identity import SIGNED, Speakers
from fleetfeed.model.liveness import Signs
from fleetfeed.model.policy import BY_INBOX
from fleetfeed.model.server import landed
from fleetfeed.repo.location import Where
from fleetfeed.repo.newest import Newest, heard_ref, last_fetched, newest
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View, feed_in, newest_view
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.ledger.inbox import Inbox

_ELSEWHERE = (
    "what is pushed to {remote} does not arrive where the feed is fetched from: its"
    " pushurl is another repository"
)

_UNJUDGED = "no queue took it, and nobody else would judge it"

_A_MOMENT = 10.0
"""Seconds in which git moves a ref of this clone."""


class GitLedger:
    """The feed ref as `repo` sees it: at its remote, or here where it has none.

    For one thread at a time: one git answers its questions, in turn.
    """

    def __init__(self, repo: Repo) -> None:
        """Nothing is asked before the first `read`."""
        self._repo, self._server = repo, ""
        self._said: str | None = None
        self._queues, self._disappointed = False, False
        self._brings = False
        self._inbox: Inbox | None = None

    @cached_property
    def where(self) -> Where:
        """See Ledger."""
        return self._repo.where(self._repo.at_head)

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        if self._inbox or self._lands_for_others(self._repo.at_head):
            return self._tip(self._inbox_there.look(seconds))
        return self._tip(newest(self._repo, self.where, seconds))

    def glimpse(self) -> Tip | None:
        """See Ledger: as it was fetched last, where the remote has a queue."""
        found = last_fetched(self._repo, self.where)
        tip = self._tip(found) if found and found.said else None
        return tip if self._queues else None

    def _tip(self, found: Newest) -> Tip:
        """The feed at what was fetched; whether there is a queue is noted, too."""
        self._said = found.said
        alone = not self._disappointed and not self._has_two_addresses()
        there = queue_there(self._repo, self.where, found.said) if alone else None
        self._queues = there is not None
        self._brings = there is not None and there.brings
        return Tip(found.commit, feed_in(self._repo, self.where, found.commit))

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        *,
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """See Ledger."""
        until = time.monotonic() + seconds
        queues, inbox = self._queues, self._lands_for_others(tip.feed)
        if any_number and (queues or inbox):
            message += f"{ANY_NUMBER}: {any_number}\n"
        try:
            new = self.commit(tip, files, message)
        except Vanished as error:
            return Unconfirmed(str(error))
        if queues:
            outcome = self._queued(tip, new, seconds, meanwhile)
            if outcome is not None:
                return outcome
            if meanwhile:
                return RaceLost(_UNJUDGED)
            seconds = max(until - time.monotonic(), 0.0)
        elif inbox:
            outcome = self._by_inbox(tip, new, seconds)
            if outcome is not None:
                return outcome
            seconds = max(until - time.monotonic(), 0.0)
        return self.land(tip, new, seconds)

    def _lands_for_others(self, feed: Snapshot) -> bool:
        """Whether seats land one another's posts, by the policy in `feed`."""
        alone = self.where.remote is None or self._has_two_addresses()
        return not alone and feed.rules.queue == BY_INBOX

    @property
    def _inbox_there(self) -> "Inbox":
        """The inbox at the feed's remote."""
        from fleetfeed.ledger.inbox import Inbox  # late: few fleets have one

        self._inbox = self._inbox or Inbox(self._repo, self.where)
        return self._inbox

    def _by_inbox(self, tip: Tip, new: str, seconds: float) -> Outcome | None:
        """What became of `new`, a child of `tip`; None where it is to go alone."""
        inbox = self._inbox_there
        if inbox.avoided:
            inbox.avoided = False
            return None
        outcome = inbox.land(tip.commit, new, seconds)
        if not isinstance(outcome, Accepted):
            return None if outcome is None else self._failed(outcome, new)
        if self._server and outcome.moved:
            require_word(self._repo, self.where, self._server, outcome.words)
        elif self._server:
            self.require_server(tip, seconds, afresh=True)
        if outcome.commit == new:
            return Accepted(new, follow(self._repo.git, self.where, new))
        return self._put_upon(outcome.commit, inbox.tip)

    def _queued(
        self, tip: Tip, new: str, seconds: float, meanwhile: Meanwhile | None
    ) -> Outcome | None:
        """What became of `new`, a child of `tip`, in the queue; None: none works."""
        git, where, until = self._repo.git, self.where, time.monotonic() + seconds
        known: Standing | None = None

        def under_way() -> None:
            nonlocal known
            if meanwhile:
                meanwhile()
            known = standing(git, where)

        brings = self._brings and may_be_brought(self._repo, where)
        outcome = push_queued(git, where, new, seconds, under_way, brings=brings)
        if isinstance(outcome, NoQueue):
            self._turned_away(outcome, tip, until - time.monotonic())
            return None
        if not isinstance(outcome, Accepted):
            return self._failed(outcome, new)
        if self._server:
            require_word(self._repo, where, self._server, outcome.words)
        word = landed(outcome.words)
        if word is None:
            raise TypeError(outcome)
        if word.commit != new:
            if is_brought(self._repo, tip.commit, word.commit, outcome.pack):
                keep = partial(self._kept, tip, word.commit, known)
                return self._merged(word.commit, keep)
            return self._fetched(word.commit, until - time.monotonic(), known)
        return Accepted(new, self._kept(tip, new, known))

    def _kept(
        self,
        tip: Tip,
        new: str,
        known: Standing | None,
        meanwhile: Meanwhile | None = None,
    ) -> str:
        """Note that the feed has gone from `tip` to `new`; see `follow`."""
        git, where, said = self._repo.git, self.where, list[str]()

        def bring_up() -> None:
            said.append(follow(git, where, new, known, meanwhile))

        if where.tracking is None:
            bring_up()
        else:
            # The remote's feed ref is not what was pushed to; another may be first.
            moved = ("-m", "fleetfeed: landed", where.tracking, new, tip.commit)
            with suppress(GitFailed):
                git.within(_A_MOMENT, "update-ref", *moved, meanwhile=bring_up)
        return said[0]

    def _fetched(self, commit: str, seconds: float, known: Standing | None) -> Outcome:
        """The answer where the queue has put a write upon a newer tip, as `commit`."""
        try:
            found = newest(self._repo, self.where, seconds)
        except CannotTell as error:
            return _unreadable(commit, error)
        self._said = found.said
        return self._put_upon(commit, found.commit, known)

    def _put_upon(
        self, commit: str, tip: str, known: Standing | None = None
    ) -> Outcome:
        """The answer where a write landed as `commit`, and the feed is at `tip`."""
        keep = partial(follow, self._repo.git, self.where, tip, known)
        return self._merged(commit, keep)

    def _merged(self, commit: str, keep: Callable[[Meanwhile | None], str]) -> Outcome:
        """The answer where a write landed as `commit`, upon what others wrote.

        `keep` sees to the checkout, and says what is to be said of that. While git
        writes the files, what the judge will ask about is read.
        """
        repo, where = self._repo, self.where
        try:
            before, *_ = parents_of(repo.objects.read(commit)[1])
            merged = Merged(*(feed_in(repo, where, each) for each in (before, commit)))
        except CannotTell as error:
            keep(None)
            return _unreadable(commit, error)
        return Accepted(commit, keep(partial(_read, merged.before)), merged=merged)

    def _turned_away(self, outcome: NoQueue, tip: Tip, seconds: float) -> None:
        """Do without the queue from now on, and ask anew who the other side is.

        CannotTell where it is not the fleet's server after all.
        """
        self._queues, self._disappointed = False, True
        if not outcome.taken:
            return
        kept = heard_ref(str(self.where.remote))
        self._repo.git.run("update-ref", "-d", kept, accept=(0, 1, 128))
        self.require_server(tip, max(seconds, 0.0), afresh=True)

    def land(self, tip: Tip, new: str, seconds: float) -> Outcome:
        """Move the feed ref from `tip` to its child `new`, as `swap` does."""
        git, where = self._repo.git, self.where
        if where.remote is None:
            return move_here(git, where.ref, tip.commit, new)
        outcome = push(
            git, where.remote, where.ref, old=tip.commit, new=new, seconds=seconds
        )
        if not isinstance(outcome, Accepted):
            return self._failed(outcome, new)
        if self._server:
            require_word(self._repo, where, self._server, outcome.words)
        if not self._is_there(new, seconds):
            return Unconfirmed(_ELSEWHERE.format(remote=printable(where.remote)))
        return Accepted(new, follow(git, where, new))

    def _failed(self, outcome: Failed, new: str) -> Failed:
        """`outcome` of a push; Unconfirmed where `new` was not here to be sent."""
        known = isinstance(outcome, RaceLost) or is_here(self._repo.git, new)
        return outcome if known else Unconfirmed(str(Vanished()))

    def _is_there(self, commit: str, seconds: float) -> bool:
        """Whether what was pushed is where the feed is read: a pushurl may differ."""
        git, where = self._repo.git, self.where
        if not self._has_two_addresses():
            return True
        there = newest(self._repo, where, seconds).commit
        return queries.is_within(git, commit, there)

    def _has_two_addresses(self) -> bool:
        """Whether the remote may be pushed to elsewhere than it is fetched from."""
        known = self._repo.settings
        other = f"remote.{self.where.remote}.pushurl" in known
        return other or any(name.endswith(".pushinsteadof") for name in known)

    def brought_up(self, tip: Tip) -> str:
        """See Ledger."""
        return follow(self._repo.git, self.where, tip.commit)

    def require_server(self, tip: Tip, seconds: float, *, afresh: bool = False) -> None:
        """See Ledger: also where `.fleetfeed.yaml` names it.

        Nor does it count here where the feed is what a database was told elsewhere.
        """
        self._require_no_export(tip)
        self._server = tip.feed.rules.server or self._repo.told.server
        if self._server:
            known = (self._repo, self.where, self._server, tip.commit, seconds)
            require_server(*known, afresh=afresh)

    def _require_no_export(self, tip: Tip) -> None:
        """CannotTell where posts land in a database, of which nobody says so here."""
        if self._repo.told.ledger is not None:
            return
        _, data = self._repo.objects.read(tip.commit)
        if f"\n{EXPORTED}: ".encode() not in data:
            return
        message = f"{self.where.ref} tells what a ledger in a database was told, and"
        todo = "`git config fleetfeed.ledger URL` names it, as `.fleetfeed.yaml` may"
        back = "`git config fleetfeed.ledger git` goes back to git"
        raise CannotTell(f"{message} this clone knows of none; {todo}; {back}")

    def speakers(self, tip: Tip) -> Speakers | None:
        """See Ledger: by the key that will sign. Who pushes, the server alone knows."""
        if tip.feed.rules.identity != SIGNED:
            return None
        from fleetfeed.checks.committer import own_speaker
        from fleetfeed.repo.signing import signing_key

        key = signing_key(self._repo, tip.feed.rules.stewards)
        speaker = own_speaker(key, tip.feed, time.time())
        return lambda _: (speaker,)

    def view(self, *, offline: bool) -> View:
        """See Ledger."""
        return newest_view(self._repo, offline=offline)

    def signs(self, tip: Tip) -> Signs | None:
        """See Ledger: a server keeps its time to itself."""
        del tip
        return None

    def keeps_time(self) -> bool:
        """See Ledger."""
        remote, id_ = self.where.remote, self._said
        if remote is None or id_ is None:
            return False
        said = said_by(self._repo, remote, id_)
        if not self._server:
            return stamps_by(self._repo.git, remote, said)
        return said.stamps

    def commit_of(self, tip: Tip, path: str) -> str:
        """See Ledger."""
        from fleetfeed.git.log import added  # late: asked about an earlier run alone

        git, full = self._repo.git, f"{self.where.folder}/{path}"
        with closing(added(git, tip.commit, (full,))) as rows:
            commit = next((commit for commit, _ in rows), "")
        # Where a shallow clone's history ends, everything looks as if it began there.
        shallow = git.line("rev-parse", "--is-shallow-repository") == "true"
        cut = shallow and commit and queries.commit_of(git, f"{commit}^") is None
        return "" if cut else commit

    def commit(self, tip: Tip, files: Mapping[str, bytes | None], message: str) -> str:
        """A commit on `tip` that changes `files` (paths within the feed); its id."""
        named = {f"{self.where.folder}/{path}": data for path, data in files.items()}
        return commit_upon(self._repo, tip, named, message)


def _read(feed: Snapshot) -> None:
    """Read what is alive in `feed`; what cannot be read, the judge will say."""
    with suppress(FleetfeedError):
        _ = feed.summary


def _unreadable(commit: str, error: CannotTell) -> Unconfirmed:
    why = f"it landed as {commit}, which cannot be read ({error})"
    return Unconfirmed(why, queue=True)
