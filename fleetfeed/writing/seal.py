"""The seal as a write: planned at a tip, judged there, and swapped in or tried anew.

A seal is nobody's claim: whoever finds the shard sealed already, by another or by the
own push that ended without an answer, is done. So no OP is needed to know one's own.
"""

from collections.abc import Callable, Sequence
from itertools import count

from fleetfeed.checks.write import judge_write
from fleetfeed.feed.objects import object_id
from fleetfeed.feed.overlay import with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Landed, Ledger, Moved, Tip, TurnedDown, Unclear
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.util.records import mutable_record, record
from fleetfeed.writing.retry import Patience, Waiting
from fleetfeed.writing.sealing import Sealing
from fleetfeed.writing.transaction import turned

Plan = Callable[[Tip], Sequence[Sealing]]
"""From the feed ref's tip to the shards that are sealed together."""

MOST_ODD = 3
"""Pushes that end otherwise than by a lost race before that is said."""


@record
class Sealed:
    """The shards that are sealed now; `remark` is about a checkout left behind."""

    shards: Sequence[Sealing] = ()
    remark: str = ""


def seal_shards(ledger: Ledger, plan: Plan, patience: Patience) -> Sealed:
    """Seal what `plan` finds; no shards where nothing is left.

    Raises Refused by the judge or the other side, CannotTell where time is up.
    """
    return _Seal(ledger, plan, patience.start()).run()


@mutable_record
class _Seal:
    """One seal under way: where it was tried last, with what, and to what end."""

    ledger: Ledger
    plan: Plan
    waiting: Waiting
    tried: Sequence[Sealing] = ()
    at: str = ""
    last: Moved | TurnedDown | Unclear | None = None
    odd: int = 0

    def run(self) -> Sealed:
        for tries in count(1):
            left = self.waiting.for_a_look if self.last else self.waiting.left
            tip = self.ledger.read(left)
            if self.last and _are_sealed(tip.feed, self.tried):
                return Sealed(self.tried)
            self._go_on(tip)
            todo = self.plan(tip)
            if not todo:
                return Sealed()
            files = _judged(self.ledger, tip.feed, todo)
            left = max(self.waiting.left, 0.0)
            outcome = self.ledger.swap(tip, files, _message(todo), left)
            if isinstance(outcome, Landed):
                return Sealed(todo, outcome.remark)
            self.tried, self.at, self.last = todo, tip.commit, outcome
            self.odd += not isinstance(outcome, Moved)
            self.waiting.wait(tries, outcome.why)
        raise AssertionError  # `count` does not end

    def _go_on(self, tip: Tip) -> None:
        """Raise where another try would be of no use, or too late."""
        if isinstance(self.last, TurnedDown) and tip.commit == self.at:
            raise turned(self.last)
        if self.last and (self.odd >= MOST_ODD or self.waiting.left <= 0):
            raise CannotTell(f"nothing more was sealed: {self.last.why}; run it again")


def _are_sealed(feed: Snapshot, shards: Sequence[Sealing]) -> bool:
    """Whether `feed` has the files of `shards`."""
    size = len(feed.tree.root or "") // 2
    for each in shards:
        entry = feed.tree.entry(each.file)
        if entry is None or entry.id != object_id("blob", each.data, size):
            return False
    return True


def _judged(
    ledger: Ledger, feed: Snapshot, todo: Sequence[Sealing]
) -> dict[str, bytes | None]:
    """The files of `todo`. Refused where the judge says so."""
    files = {path: data for each in todo for path, data in each.files.items()}
    after = Snapshot(with_files(feed.tree, files), feed.memo)
    verdict = judge_write(feed, after, ledger.where)
    first = next((found for found in verdict.findings if found.rejects), None)
    if first:
        raise Refused(f"{first.code} {first.message}", verdict.findings)
    return files


def _message(todo: Sequence[Sealing]) -> str:
    return f"Seal {', '.join(each.shard for each in todo)}\n\n"
