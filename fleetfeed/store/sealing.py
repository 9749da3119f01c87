"""The seal as a write: planned at a tip, judged there, and swapped in or tried anew.

A seal is nobody's claim: whoever finds the shard sealed already, by another or by the
own push that ended without an answer, is done. So no OP is needed to know one's own.
"""

from collections.abc import Callable, Sequence
from itertools import count

from fleetfeed.claim.sealing import Sealing
from fleetfeed.entrance.write import judge_write
from fleetfeed.errors import CannotTell, Refused
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.ledger import Landed, Ledger, TurnedDown, Unclear
from fleetfeed.store.patience import Patience
from fleetfeed.tree import with_files

Plan = Callable[[str, Snapshot], Sequence[Sealing]]
"""From the feed's commit and the feed to the shards that are sealed together."""

MOST_ODD = 3
"""Pushes that end otherwise than by a lost race before that is said."""


def seal_shards(ledger: Ledger, plan: Plan, patience: Patience) -> Sequence[Sealing]:
    """Seal what `plan` finds; what was sealed, nothing where nothing is left.

    Raises Refused by the judge or the other side, CannotTell where time is up.
    """
    waiting, odd = patience.start(), 0
    for tries in count(1):
        tip = ledger.read(waiting.for_a_look if tries > 1 else waiting.left)
        todo = plan(tip.commit, tip.feed)
        if not todo:
            return ()
        files = _judged(ledger, tip.feed, todo)
        outcome = ledger.swap(tip, files, _message(todo), max(waiting.left, 0.0))
        if isinstance(outcome, Landed):
            return todo
        odd += isinstance(outcome, TurnedDown | Unclear)
        if isinstance(outcome, TurnedDown) and odd >= MOST_ODD and not outcome.broken:
            raise Refused(outcome.why, words=outcome.words)
        if odd >= MOST_ODD or waiting.left <= 0:
            raise CannotTell(f"nothing more was sealed: {outcome.why}; run it again")
        waiting.wait(tries, outcome.why)
    raise AssertionError  # `count` does not end


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
