"""Waiters as `claim --wait` has them, by a clock that jumps to where somebody wakes.

Each runs in a thread of its own, and only one of them at a time: what happens when, and
in which order, is the same in each run.
"""

import heapq
import math
import threading
from itertools import count
from types import SimpleNamespace

from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.heartbeat import beat_ref
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.writing.idempotency import WriteRequest
from fleetfeed.writing.line import claim_or_wait
from fleetfeed.writing.looks import Terms
from fleetfeed.writing.request import Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write
from fleetfeed.writing.turn import until_turn
from fleetfeed.writing.verbs import claim, first_post, move

KEY = "A:f:x"


class Time:
    """A clock for several threads, which goes on when all of them sleep."""

    def __init__(self):
        self.now = 0.0
        self._asleep, self._order = [], count()
        self._idle = threading.Semaphore(0)
        self.failed = []

    def sleep(self, seconds):
        """Wake up so much later, when nobody else is awake."""
        woken = threading.Semaphore(0)
        heapq.heappush(self._asleep, (self.now + seconds, next(self._order), woken))
        self._idle.release()
        woken.acquire()

    def start(self, work):
        """Do `work` beside the others."""

        def begun():
            self.sleep(0.0)
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - `run` raises it
                self.failed.append(error)
            finally:
                self._idle.release()

        threading.Thread(target=begun, daemon=True).start()
        self._idle.acquire()

    def run(self):
        """Let time go on until nobody sleeps any more."""
        while self._asleep and not self.failed:
            self.now, _, woken = heapq.heappop(self._asleep)
            woken.release()
            self._idle.acquire()
        for error in self.failed:
            raise error


class Line:
    """Seats in line for KEY; `began` says who began to hold it, and when.

    `keeps_time`: the ledger does, and keeps it to itself, as a server with hooks;
    `beats` says when the seats that wait have beaten.
    """

    def __init__(self, turn, *, keeps_time, lease="1d"):
        self.time = Time()
        policy = f"leases: {{default: {lease}, turn: {turn}s}}\n".encode()
        clock = (lambda: self.time.now) if keeps_time else None
        self.ledger = MemoryLedger(policy, clock=clock)
        self.began, self.beats, self.refs = [], {}, {}
        self._keeps_time = keeps_time
        self._ops = count()

    def comes(self, seat, *keys, **fields):
        """The seat claims what it needs, or is in line for it: its item."""
        said = {"SUBJECT": "s", "NO_OVERLAP_PROOF": "in turn", **fields}
        request = self._request(seat, SURFACE_KEY=keys or KEY, **said)

        def claimed(feed):
            return first_post(feed, "CMB", State.IN_PROGRESS, request)

        def stand(feed, _):
            return Item(str(next_number(feed, "CMB", feed.rules.max_gap)))

        return self._write(claim_or_wait(claimed, stand, request), request).post.item

    def waits(self, seat, item, work, beat_every=math.inf):
        """The seat waits for its turn, works for so many seconds, and is done."""
        beats = self.beats.setdefault(seat, [])

        def beat():
            beats.append(self.time.now)
            self.refs |= {beat_ref(item): f"{self.time.now}"}
            if self._keeps_time:
                self.ledger.beat(self._tip().snapshot.item(item), 9)
            return beat_every

        terms = Terms(None, lambda: self.time.now, lambda _: None, beat)

        def attempt(over):
            request = self._request(seat, NO_OVERLAP_PROOF="in turn")
            plan = lambda feed: claim(feed, item, request, resume=False)  # noqa: E731
            self._write(plan, request, watched=over)

        def all_of_it():
            until_turn(self, self._tip(), item, terms, attempt, repo=None)
            self.began.append((item, self.time.now))
            self.time.sleep(work)
            self.done(seat, item)

        self.time.start(all_of_it)

    def takes(self, seat, item):
        """The seat takes its turn by hand."""
        request = self._request(seat, NO_OVERLAP_PROOF="in turn")
        self._write(lambda feed: claim(feed, item, request, resume=False), request)

    def done(self, seat, item):
        """The seat lets it go."""
        request = self._request(seat)
        self._write(lambda feed: move(feed, item, State.DONE, request), request)

    # What `until_turn` asks of a ledger.

    def view(self, *, offline):
        assert not offline
        return self._tip()

    def moved_from(self, view, seconds):
        self.time.sleep(seconds)
        now = self._tip()
        return None if now.commit == view.commit else now

    def signs(self, tip):
        del tip

    def clock(self):
        """Nobody's that others are told of."""

    def _tip(self):
        tip = self.ledger.read(9)
        return SimpleNamespace(
            snapshot=tip.feed, commit=tip.commit, basis=None, refs={**self.refs}
        )

    def _request(self, seat, **fields):
        return Request({"SEAT": seat, "OP": f"op-{next(self._ops)}", **fields})

    def _write(self, plan, request, watched=frozenset()):
        wanted = WriteRequest(request.op, plan, True, (), watched)
        policy = RetryPolicy(9, sleep=lambda _: None)
        return write(self.ledger, wanted, policy)
