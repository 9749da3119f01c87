"""A fleet that holds and beats for days, as fast as its beats can be judged.

Claims, ends, the clearing away of beats, and a sample of the beats are real pushes
through the real hook, which only takes its time from a file. All other beats are moved
as `git receive-pack` does it once its hook has let them pass: the same judge, asked in
this process by the same clock, then the object stored and the ref moved. Two programs
for each of 60,000 beats would take the better part of a day.
"""

import secrets
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass

from lease import fake_clock_hook

from fleetfeed.checks.receive import Update, judge_receive
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.objects import object_id
from fleetfeed.git.process import Git
from fleetfeed.lease.heartbeat import beat_ref, beats
from fleetfeed.lease.stamps import FILE
from fleetfeed.ledger.base import Accepted
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.push import push_object
from fleetfeed.model.post import State
from fleetfeed.repo.location import locate
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.ended_beats import clear
from fleetfeed.writing.idempotency import WriteRequest
from fleetfeed.writing.request import Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import first_post, move

DAY = 24 * 3600
_LONG = 600.0


@dataclass(slots=True)
class Holder:
    """A seat, the item that it holds until some time, and its beats, by id."""

    seat: str
    until: float
    item: str = ""
    beats: tuple[str, ...] = ()
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Census:
    """What has been done, and what there is of it on the server.

    `loose`, `packed` and `kib` are git's objects, `stamps` the rows in the file of
    stamps and `stamped` its bytes.
    """

    beats: int
    posts: int
    commits: int
    refs: int
    beating: int
    loose: int
    packed: int
    kib: int
    stamps: int
    stamped: int


class Work:
    """`holders` seats, each of which holds one item after another for `shift` seconds.

    Leases are of `lease` seconds, and the clock goes on from one beat to the next.
    """

    def __init__(self, fleet, *, holders, lease, shift):
        self.server, self.seat = fleet.server, fleet.seat("CAMBER-00")
        self.lease, self.shift = lease, shift
        self.time, self.posts, self.epochs, self.moved, self.pushed = 0.0, 0, 0, 0, 0
        hook = self.server.folder / "hooks/pre-receive"
        hook.unlink()
        hook.write_text(
            f"#!/bin/sh\nexec {sys.executable} -P {fake_clock_hook.__file__}\n"
        )
        hook.chmod(0o755)
        self._stored = set()
        self.go_to(0.0)
        self._look()
        self.holders = [
            Holder(f"CAMBER-{n:02d}", shift * (n + 1) / holders) for n in range(holders)
        ]
        for each in self.holders:
            self._claim(each)

    def go_to(self, time):
        """The clock is at `time` now."""
        self.time = time
        (self.server.folder / fake_clock_hook.FILE).write_text(str(time))

    def beat(self, sample=0):
        """The next beat of everyone, of the first `sample` by a push of their own."""
        for each in self.holders[:sample]:
            self._push(each)
        lines = [self._judged(each) for each in self.holders[sample:]]
        self.server.git("update-ref", "--stdin", stdin="".join(lines))
        self.moved += len(lines)
        self.pushed += sample

    def change(self):
        """Whoever has come to an end of its item ends it, and claims another."""
        for each in self.holders:
            if each.until <= self.time:
                self._end(each)
                each.until += self.shift
                self._claim(each)

    def collect(self, *options):
        """Let git collect garbage; what it throws away has to be sent again."""
        self.server.git("gc", "-q", *options)
        self._stored.clear()
        self._look()

    def census(self):
        """What there is now."""
        server = self.server
        rows = server.line("count-objects", "-v").splitlines()
        known = {
            name: int(value) for name, _, value in (r.partition(": ") for r in rows)
        }
        refs = server.line("for-each-ref", "--format=%(refname)").splitlines()
        file = server.folder / FILE
        with closing(sqlite3.connect(file)) as db:
            ((stamps,),) = db.execute("SELECT count(*) FROM stamp")
        return Census(
            self.moved + self.pushed,
            self.posts,
            int(server.line("rev-list", "--count", "main")),
            len(refs),
            sum(ref.startswith("refs/fleetfeed/beats/") for ref in refs),
            known["count"],
            known["in-pack"],
            known["size"] + known["size-pack"],
            stamps,
            sum(f.stat().st_size for f in file.parent.glob(f"{file.name}*")),
        )

    def unreached(self):
        """How many objects there are that the feed does not lead to."""
        every = ("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        known = ("rev-list", "--objects", "main", "refs/fleetfeed/server")
        reached = {row.split()[0] for row in self.server.line(*known).splitlines()}
        return len(set(self.server.line(*every).splitlines()) - reached)

    def _look(self):
        """The feed has moved: each push sees the repository anew."""
        git = Git(self.server.folder)
        self._repo = Repo(git)
        self._where = locate(None, self._repo.told, self._repo.settings)
        clock = fake_clock_hook.clock(self.server.folder)
        self._witness = ServerLeases(self._repo, lambda: clock)

    def _judged(self, holder):
        """Judge the next beat of `holder`, and store it: what moves its ref."""
        ref, blob = beat_ref(holder.item), self._next(holder)
        update = Update(None, blob, ref)
        verdict = judge_receive(self._repo, [update], self._where, self._witness)
        assert not verdict.findings
        if blob not in self._stored:
            data = self.seat.git("cat-file", "blob", blob).stdout
            self.server.git("hash-object", "-w", "--stdin", stdin=data)
            self._stored.add(blob)
        return f"update {ref} {blob}\n"

    def _push(self, holder):
        blob = self._next(holder)
        git, ref = self._own.git, beat_ref(holder.item)
        assert push_object(git, "origin", ref, blob, _LONG) == Accepted(blob)
        self._stored.add(blob)

    def _next(self, holder):
        holder.turn = (holder.turn + 1) % len(holder.beats)
        return holder.beats[holder.turn]

    @property
    def _own(self):
        """The seats' clone, as a command finds it."""
        return Repo(Git(self.seat.folder))

    def _claim(self, holder):
        fields = {"SUBJECT": "a shift", "LEASE": f"{self.lease}s"}
        job = {"SURFACE_KEY": f"CAMBER:{holder.seat}:job", "NO_OVERLAP_PROOF": "mine"}

        def plan(feed, asked):
            return first_post(feed, "CMB", State.IN_PROGRESS, asked)

        made = self._write(plan, holder, **fields, **job)
        holder.item = made.post.item
        data = beats(made.feed.item(holder.item))
        for each in data:
            self.seat.git("hash-object", "-w", "--stdin", stdin=each.decode())
        holder.beats = tuple(object_id("blob", each) for each in data)
        self.epochs += 1

    def _end(self, holder):
        """As `hold` does it: a post, and away with the beats of what is over."""

        def plan(feed, asked):
            return move(feed, holder.item, State.DONE, asked)

        clear(self._own, self._write(plan, holder).feed, _LONG)

    def _write(self, plan, holder, **fields):
        op = secrets.token_hex(8)
        asked = Request({"SEAT": holder.seat, "OP": op, **fields})
        request = WriteRequest(op, lambda feed: plan(feed, asked))
        made = write(GitLedger(self._own), request, RetryPolicy(_LONG))
        self.posts += 1
        self._look()
        return made
