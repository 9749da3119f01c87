"""Faults that are planted: each takes one thing away, and the world must find it.

A fault is what a world is made of (`of`), and names of the code, or of the world, that
stand for something else (`instead`).
"""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from fleetfeed.checks import queue, server_leases
from fleetfeed.checks.next_commit import Next
from fleetfeed.checks.write import judge_write
from fleetfeed.feed.diff import changes
from fleetfeed.judge import line
from fleetfeed.lease import line as lease_line
from fleetfeed.lease.lease import standing
from fleetfeed.lease.stamps import SeenStamps, Stamps
from fleetfeed.model import item as items
from fleetfeed.model.findings import Verdict
from fleetfeed.model.liveness import Sign
from fleetfeed.model.server import Landed, Word
from fleetfeed.queue.follower import END, HEARD
from fleetfeed.writing import transaction
from simulator.network import Rates
from simulator.queue_door import Door, Entry
from simulator.server import FEED, NAME, Server

Instead = list[tuple[object, str, object]]


@dataclass(frozen=True)
class Fault:
    """What is taken away, by what it is found, and how the world is made for that.

    It is found `within` so many seeds, from 1 on.
    """

    text: str
    found: str
    within: int
    instead: Callable[[], Instead] = list
    busy: bool = False
    queue: bool | None = None
    more: tuple[tuple[str, Any], ...] = ()

    def of(self, setup: Any) -> Any:
        """The world in which it is looked for."""
        asked = dict(self.more)
        if self.queue is not None:
            asked["queue"] = self.queue
        if self.busy:  # many at once, for few surfaces
            asked = {"pause": 600.0, "parts": 2, "seats": 10, **asked}
        return replace(setup, **asked)

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Within this it is there."""
        with ExitStack() as stack:
            for owner, name, new in self.instead():
                stack.enter_context(mock.patch.object(owner, name, new))
            yield


def _answers_first() -> Instead:
    real = Server._set  # noqa: SLF001 - here, and below, the inside is what is changed

    def answered(
        self: Server, ref: str, old: str | None, new: str, *, forced: bool
    ) -> str:
        if ref != FEED or old is None:
            return real(self, ref, old, new, forced=forced)
        dice = self.world.dice

        def late() -> None:
            real(self, ref, old, new, forced=forced)

        self.world.at(dice.expovariate(4.0), late)
        return f" \t{new}:{ref}\t{old[:9]}..{new[:9]}"

    return [(Server, "_set", answered)]


def _no_compare() -> Instead:
    real = Server._set  # noqa: SLF001

    def moved(
        self: Server, ref: str, old: str | None, new: str, *, forced: bool
    ) -> str:
        return (
            real(self, ref, self.refs.get(ref), new, forced=forced)
            if new
            else (real(self, ref, old, new, forced=forced))
        )

    return [(Server, "_set", moved)]


def _judged_at(self: Any, following: Next, onto: str) -> Verdict:
    """The verdict on what is next, as if it came upon `onto`."""
    repo = self._repo
    repo.objects.made.update(following.made)
    before, new = repo.snapshot(onto), repo.tree(following.commit)
    found = changes(repo.tree(self.tip), new)
    files = {c.path: new.content(c.new, c.path) for c in found if c.new}
    after = before.with_files(files)
    signs = self._leases.signs_of(before, before.rules)
    return judge_write(before, after, self._where, signs=signs)


def _older_tip() -> Instead:
    def judged(self: Any, following: Next, pusher: object) -> Verdict:
        del pusher
        older = self.tip
        for _ in range(6):
            older = next(iter(self._repo.git.store.parents.get(older, ())), older)
        return _judged_at(self, following, older)

    return [(queue._Line, "_judged", judged)]  # noqa: SLF001


def _first_of_batch() -> Instead:
    real = queue._Line._judged  # noqa: SLF001

    def judged(self: Any, following: Next, pusher: Any) -> Verdict:
        if self.tip == self._first:
            return real(self, following, pusher)
        return _judged_at(self, following, self._first)

    return [(queue._Line, "_judged", judged)]  # noqa: SLF001


def _same_epoch() -> Instead:
    real = items._epoch  # noqa: SLF001

    def kept(item: items.Item, post: Any, holder: str) -> tuple[int, bool]:
        return (item.epoch, False) if item.epoch else real(item, post, holder)

    return [(items, "_epoch", kept)]


def _dead_entry() -> Instead:
    real = Door._has_ended  # noqa: SLF001

    def answered(self: Door) -> None:
        for each in self.heard:
            _says_yes(each)
        real(self)

    return [(Door, "_has_ended", answered)]


def _says_yes(entry: Entry) -> None:
    """What its leader would have said."""
    commit = bytes.fromhex(entry.request.split(b"\n", 1)[0].split(b" ")[1].decode())
    words = (Landed(commit.decode(), FEED).text, Word(NAME, "feed", FEED).text)
    said = "".join(f"fleetfeed: {each}\n" for each in words).encode()
    entry.said = HEARD + b"\n" + said + END


def _no_turn() -> Instead:
    return [(line, "not_your_turn", lambda _: iter(()))]


def _endless_turn() -> Instead:
    return [(lease_line, "places_over", lambda *_, **__: lambda _: math.inf)]


def _lost_is_old() -> Instead:
    real = Stamps.seen

    def seen(self: Stamps, item: str, epoch: int, objects: Any) -> SeenStamps:
        known = real(self, item, epoch, ())
        found = real(self, item, epoch, objects)
        old = dict.fromkeys(found.at, found.now - 1e9)
        return SeenStamps(found.now, {**old, **known.at}, found.last)

    return [(Stamps, "seen", seen)]


def _forgets_op() -> Instead:
    return [(transaction, "earlier_run", lambda *_: None)]


def _forgets_doubt() -> Instead:
    real = transaction._Write._remember  # noqa: SLF001

    def remember(self: Any, *what: Any) -> None:
        real(self, *what)
        self.doubt, self.waiting = "", []

    return [(transaction._Write, "_remember", remember)]  # noqa: SLF001


def _no_grace() -> Instead:
    def ended(over: float, now: float, grace: float) -> Sign:
        del grace
        return standing(over, now, 0.0)

    return [(server_leases, "standing", ended)]


_OUT_OF_STEP = Rates(drift=0.03, partitions=10.0, naps=0.0)
_CUT_OFF = Rates(partitions=10.0, naps=0.0)
_LOSSY = Rates(answer_lost=0.05)

PLANTED: dict[str, Fault] = {
    "no-self-fencing": Fault(
        "a seat that is cut off works on",
        "two never work at once",
        10,
        more=(("keep_going", True), ("rates", _CUT_OFF), ("takers", 80.0)),
    ),
    "grace-below-drift": Fault(
        "clocks drift apart by more than the grace",
        "two never work at once",
        20,
        more=(("grace", "1s"), ("rates", _OUT_OF_STEP), ("takers", 80.0)),
    ),
    "no-grace": Fault(
        "a lease that is over may be taken over at once",
        "no takeover before its time",
        10,
        _no_grace,
        more=(("takers", 80.0),),
    ),
    "answer-before-move": Fault(
        "the answer goes out before the ref has moved",
        "no wrong answer",
        2,
        _answers_first,
        queue=False,
    ),
    "no-compare-and-set": Fault(
        "the ref is moved from wherever it is",
        "no post is lost",
        3,
        _no_compare,
        queue=False,
        more=(("pause", 150.0),),
    ),
    "older-tip": Fault(
        "what is queued is judged at the tip before the last six posts",
        "no double owner",
        10,
        _older_tip,
        queue=True,
        more=(("pause", 1800.0), ("parts", 20)),
    ),
    "batch-at-first-tip": Fault(
        "a batch is judged at the tip before it, and not each after the other",
        "no double owner",
        5,
        _first_of_batch,
        busy=True,
        queue=True,
        more=(("window", 20.0), ("pause", 120.0), ("parts", 1)),
    ),
    "dead-entry-answered": Fault(
        "who waits with a leader that dies is told what that would have said",
        "no wrong answer",
        5,
        _dead_entry,
        busy=True,
        queue=True,
        more=(("rates", Rates(leaders_killed=100.0)),),
    ),
    "same-epoch": Fault(
        "who takes over has the epoch of who had it", "epochs rise", 3, _same_epoch
    ),
    "turn-not-checked": Fault(
        "a free surface is anybody's",
        "nobody is passed in line",
        3,
        _no_turn,
        busy=True,
    ),
    "endless-turn": Fault(
        "a turn that nobody takes never ends",
        "a dead seat keeps nothing for ever",
        3,
        _endless_turn,
        busy=True,
    ),
    "lost-stamp-is-old": Fault(
        "what has no stamp counts as seen long ago",
        "no takeover before its time",
        10,
        _lost_is_old,
        more=(("rates", Rates(stamps_lost=20.0)),),
    ),
    "op-forgotten": Fault(
        "a command that is run again does not look for itself",
        "no wrong answer",
        3,
        _forgets_op,
        more=(("rates", _LOSSY),),
    ),
    "doubt-forgotten": Fault(
        "an unconfirmed try counts as none",
        "no wrong answer",
        10,
        _forgets_doubt,
        more=(("rates", Rates(server_naps=40.0)),),
    ),
}
"""The faults by their names."""
