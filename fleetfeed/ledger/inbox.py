"""A writer on a host that has no queue: whoever gets to land something lands all.

The first push of a commit goes to the feed ref and to a place of the inbox at once
(`model.inbox`). Where the feed ref has moved on, the commit is left at its place; where
others wait already, it is brought there alone. After a short random time whoever still
waits puts all that wait upon the newest feed, in the order of their age, each judged as
a server's queue would (`checks.queue`), and moves the feed ref and their places in one
atomic push. So of many writers a few push, and the others find that they have landed.

A post ends here in one of three ways: it is on the feed; it was withdrawn, by a move of
its place that excludes the other; or neither was confirmed. Then the next look settles
it, before anything else is written.

The push of a batch is refused as a whole by a server that judges for itself. Then it is
tried without those whom the words name, and at last alone.
"""

import hashlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from secrets import SystemRandom

from fleetfeed.checks.pushed_commit import PushedCommit
from fleetfeed.checks.queue import Answer, Pushed, Queued, judge_queue
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.diff import changes
from fleetfeed.git import queries
from fleetfeed.ledger.base import Accepted, Outcome, RaceLost, Rejected, Unconfirmed
from fleetfeed.ledger.places import Places, Waiting, aside, places
from fleetfeed.ledger.push import Move, push_all, push_each
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.inbox import INBOX
from fleetfeed.model.server import QUEUE_OLDER, Landed
from fleetfeed.repo.location import Where
from fleetfeed.repo.newest import Newest
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

MOST = 64
"""How many posts are landed together."""

LONGEST = 4.0
"""Seconds: the longest pause between two looks."""

TO_WITHDRAW = 5.0
"""Seconds beyond the deadline in which a post is withdrawn that nobody has landed."""

_POLITE = 8
"""Looks after which nobody gives way any more to those that have waited for longer.

Some may be there that nobody can land, and as many as anybody likes.
"""

_TIDIED = 4
"""Places of no more use that one push takes away, or puts aside."""


@record
class _Left:
    """What was sent to a place; `old` is what that was at before (None: nothing)."""

    ref: str
    commit: str
    old: str | None


class Inbox:
    """The inbox of the feed's remote, for one writer."""

    def __init__(self, repo: Repo, where: Where) -> None:
        """Nothing is asked before the first look."""
        self._repo, self._where, self._remote = repo, where, str(where.remote)
        self._seen: Places | None = None
        self._left: _Left | None = None
        self._tip, self._dice = "", SystemRandom().random
        self.avoided = False
        """Whether the next try is better made without: nobody could land it for us."""

    @property
    def tip(self) -> str:
        """The feed ref's commit, as it is known."""
        if self._seen is None:
            raise TypeError(self)
        return self._tip or self._seen.tip

    def look(self, seconds: float) -> Newest:
        """The newest feed; what was left unconfirmed is settled by then.

        CannotTell where the remote does not answer, or that cannot be settled.
        """
        until = time.monotonic() + seconds
        seen = self._look(seconds)
        if self._left is None or self._landed(seen.tip, self._left.commit):
            self._left = None
            return seen.newest
        ended = self._withdrawn(until - time.monotonic())
        if isinstance(ended, RaceLost):  # somebody has landed it, or put it away
            self._left = None
            return self._look(until - time.monotonic()).newest
        if not isinstance(ended, Accepted):
            raise CannotTell(f"what waits in the inbox is not withdrawn ({ended.why})")
        return seen.newest

    def land(self, tip: str, new: str, seconds: float) -> Outcome | None:
        """Bring `new`, a child of `tip`, onto the feed ref, as it is or by a merge.

        None where the host takes no places: then nothing was sent that could land.
        """
        until = time.monotonic() + seconds
        earlier = self._earlier_run(new, seconds)
        if earlier:
            return earlier
        try:
            ended = self._sent(tip, new, until - time.monotonic())
            if ended is not None or self._left is None:
                return ended
            return self._waited(until, seconds - (until - time.monotonic()))
        except KeyboardInterrupt:
            self._withdrawn(TO_WITHDRAW)
            raise

    def _look(self, seconds: float) -> Places:
        self._seen, self._tip = places(self._repo, self._where, seconds), ""
        return self._seen

    def _landed(self, tip: str, commit: str) -> Landed | None:
        """As what `commit` is on the feed at `tip`; None where it is not there."""
        queued, _ = self._judged(tip, (commit,))
        (answer,) = queued.answers
        return answer.landed if queued.tip == tip else None

    def _judged(
        self, tip: str, commits: Sequence[str]
    ) -> tuple[Queued, dict[str, tuple[str, bytes]]]:
        """What becomes of `commits` upon `tip`, as nobody judges who keeps time.

        And the merges by which those that get another number wait no more.
        """
        nobody = ServerLeases(self._repo, lambda: None)
        pushes = [Pushed(commit) for commit in commits]
        try:
            queued = judge_queue(self._repo, self._where, tip, pushes, nobody)
            pairs = zip(commits, queued.answers, strict=True)
            renamed = {
                commit: aside(self._repo, commit, answer.landed.commit, "landed")
                for commit, answer in pairs
                if answer.landed and answer.landed.renamed
            }
        finally:
            self._repo.objects.made.clear()
        return queued, renamed

    def _sent(self, tip: str, new: str, seconds: float) -> Outcome | None:
        """The first push. None where it waits now, or no place is to be had for it."""
        until, seen = time.monotonic() + seconds, self._seen
        straight = [] if seen and seen.waiting else [Move(self._where.ref, tip, new)]
        tidy = list(self._tidied())
        for ref in self._names():
            self._left = _Left(ref, new, seen.values.get(ref) if seen else None)
            moves = [*straight, Move(ref, self._left.old, new), *tidy]
            left = until - time.monotonic()
            ended = push_each(self._repo.git, self._remote, moves, left)
            place, feed = ended[len(straight)], ended[0] if straight else None
            if isinstance(feed, Accepted):
                self._left = None
                return feed
            if isinstance(place, Unconfirmed):
                return place
            if isinstance(place, Accepted):
                self._seen = seen and replace(seen, values={**seen.values, ref: new})
                self._left = _Left(ref, new, new)
                known = feed is None or isinstance(feed, RaceLost)
                return None if known else self._without(feed or place)
            forward = self._left.old is None or (seen and ref in seen.free)
            self._left = None
            if isinstance(place, Rejected) and forward and not tidy:
                break
            straight, tidy = [] if isinstance(feed, RaceLost) else straight, []
        self.avoided = True  # the host takes no places, or not this post
        return None

    def _earlier_run(self, new: str, seconds: float) -> Outcome | None:
        """Put aside what an earlier run of the command that made `new` has left.

        None where there is nothing of it any more.
        """
        op, seen = PushedCommit.read(self._repo, new).op, self._seen
        for each in (*seen.waiting, *seen.stale) if seen and op else ():
            if each.op == op:
                self._left = _Left(each.ref, each.commit, each.commit)
                ended = self._withdrawn(seconds)
                if not isinstance(ended, Accepted):
                    return ended
        return None

    def _names(self) -> Iterator[str]:
        """Places to try: this work tree's own, where nobody waits, or new ones.

        They are taken again and again, so that there are no more than writers at a
        time; but for what was put aside on a host that moves refs forward alone.
        """
        seen = self._seen
        index = Path(self._repo.git_path("index")).absolute()
        here = os.fsencode(f"{socket.gethostname()}\0{index}")
        own = f"{INBOX}{hashlib.sha256(here).hexdigest()[:16]}"
        if seen is None or own not in seen.busy:
            yield own
        yield from (ref for ref in (seen.free if seen else ()) if ref.startswith(own))
        for _ in range(3):
            yield f"{own}-{os.urandom(4).hex()}"

    def _tidied(self) -> Iterator[Move]:
        """The moves that take away what is of no more use."""
        seen = self._seen
        for ref in seen.old[:_TIDIED] if seen else ():
            yield Move(ref, seen.values[ref] if seen else None, None)

    def _without(self, ended: Outcome) -> Outcome:
        """`ended`, once what was left at a place is withdrawn."""
        gone = self._withdrawn(TO_WITHDRAW)
        if isinstance(gone, Accepted):
            return ended
        return Unconfirmed(f"it may wait in the inbox still: {gone.why}")

    def _withdrawn(self, seconds: float) -> Outcome:
        """Have what was left never land. RaceLost where its place has moved on."""
        left, seen = self._left, self._seen
        if left is None:
            return Accepted("")
        there = seen.values.get(left.ref) if seen else left.old
        if there not in (left.commit, left.old):
            return RaceLost("its place in the inbox has moved on")
        # What was sent and has not arrived would move the place from where it is: one
        # of the two finds it elsewhere.
        onto = seen.tip if seen else left.commit
        id_, data = aside(self._repo, left.commit, onto, "withdrawn")
        self._repo.objects.write((("commit", data),), len(id_) // 2)
        move = Move(left.ref, there, id_)
        (ended,) = push_each(self._repo.git, self._remote, (move,), seconds)
        if isinstance(ended, Accepted):
            self._left = None
        return ended

    def _waited(self, until: float, took: float) -> Outcome:
        """What became of the post that waits: others land it, or it lands them."""
        lost = gave_way = 0
        tip, pause = "", took * self._dice()
        while True:
            time.sleep(max(0.0, min(pause, LONGEST, until - time.monotonic())))
            began, left = time.monotonic(), until - time.monotonic()
            try:
                seen = self._look(max(left, 0.0) + TO_WITHDRAW)
            except CannotTell as error:
                return Unconfirmed(str(error))
            ended = self._found(seen)
            if ended is None and left <= 0:
                ended = self._without(RaceLost("time was up while it waited"))
            # Where the feed moves on, somebody is at work.
            gave_way = gave_way if seen.tip == tip else 0
            tip, older = seen.tip, min(self._older(seen), _POLITE)
            if ended is None and gave_way < older:
                gave_way += 1
                pause = (took + time.monotonic() - began) * (1.0 + self._dice())
                continue
            ended = ended or self._combined(seen, until)
            if ended is not None:
                return ended
            took, lost, gave_way = time.monotonic() - began, lost + 1, 0
            pause = took * 2.0 ** min(lost, 6) * self._dice()

    def _older(self, seen: Places) -> int:
        """How many have been waiting for longer."""
        own = self._left.ref if self._left else ""
        refs = [each.ref for each in seen.waiting]
        return refs.index(own) if own in refs else 0

    def _found(self, seen: Places) -> Outcome | None:
        """What others have made of the post; None where it waits still."""
        left = self._left
        there = left and seen.values.get(left.ref) == left.commit
        if left is None or (there and left.ref not in seen.free):
            return None
        self._left = None
        landed = self._landed(seen.tip, left.commit)
        if landed is None:
            return RaceLost("it was put away in the inbox")
        if landed.renamed:
            return Accepted(landed.commit, moved=False)
        by = queries.landed_by(self._repo.git, seen.tip, left.commit)
        return Accepted(by or left.commit, moved=False)

    def _combined(self, seen: Places, until: float) -> Outcome | None:
        """Land all that wait. None where that was not to be, and the post waits on."""
        left, among = self._left, list(seen.waiting)
        if left is None:
            raise TypeError(left)
        own = next((one for one in among if one.ref == left.ref), None)
        own = own or Waiting(left.ref, left.commit, 0, seen.tip)
        among = [one for one in among if one != own][: MOST - 1]
        among = sorted((*among, own), key=lambda each: each.place_in_line)
        while True:
            queued, renamed = self._judged(seen.tip, [each.commit for each in among])
            answer = queued.answers[among.index(own)]
            if queued.tip == seen.tip:
                return self._turned_down(answer)
            moves = self._moves(seen, among, queued, renamed)
            seconds = until - time.monotonic()
            ended = push_all(self._repo.git, self._remote, moves, seconds)
            if isinstance(ended, Accepted):
                return self._after(answer, ended)
            if not isinstance(ended, Rejected):
                return None
            if among == [own]:
                return self._without(ended)
            among = self._without_named(among, own, ended.words)

    def _after(self, answer: Answer, ended: Accepted) -> Outcome:
        """What became of the own post, by a push that landed."""
        if answer.landed is None:
            return self._turned_down(answer)
        self._left, self._tip = None, ended.commit
        return Accepted(answer.landed.commit, words=ended.words)

    def _moves(
        self,
        seen: Places,
        among: Sequence[Waiting],
        queued: Queued,
        renamed: dict[str, tuple[str, bytes]],
    ) -> list[Move]:
        """The feed ref to its new tip, and with it the places of whatever lands."""
        moves = [Move(self._where.ref, seen.tip, queued.tip)]
        made = list(queued.made.values())
        for each, answer in zip(among, queued.answers, strict=True):
            if answer.landed:
                id_, _ = renamed.get(each.commit, (queued.tip, b""))
                moves.append(Move(each.ref, each.commit, id_))
        asides = [*renamed.values()]
        for each in seen.stale[:_TIDIED]:
            gone = aside(self._repo, each.commit, seen.tip, "nobody waits for it")
            moves.append(Move(each.ref, each.commit, gone[0]))
            asides.append(gone)
        made += (("commit", data) for _, data in asides)
        if made:
            self._repo.objects.write(made, len(seen.tip) // 2)
        return moves

    def _turned_down(self, answer: Answer) -> Outcome:
        """The answer where the own post does not fit upon the newest feed any more.

        Who wrote it makes it anew, or learns why not.
        """
        found = [f for f in answer.verdict.findings if f.rejects]
        why = found[0].sentence if found else str(answer.cannot)
        # What only a server, or whoever has watched, could let through, others do not.
        self.avoided = any(each.code != QUEUE_OLDER for each in found) or not found
        return self._without(RaceLost(why, tuple(each.sentence for each in found)))

    def _without_named(
        self, among: Sequence[Waiting], own: Waiting, words: Sequence[str]
    ) -> list[Waiting]:
        """Those of `among` whom `words` do not name; `own` alone where that is all."""
        kept = [one for one in among if one == own or not self._named(one, words)]
        return kept if len(kept) < len(among) else [own]

    def _named(self, each: Waiting, words: Sequence[str]) -> bool:
        """Whether `words` have the path of a post that `each` brings."""
        before, after = self._repo.tree(each.parent), self._repo.tree(each.commit)
        paths = (printable(after.display_path(c.path)) for c in changes(before, after))
        return any(path in word for path in paths for word in words)
