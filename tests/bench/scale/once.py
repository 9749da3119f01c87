"""What is measured by itself: a memo from nothing, and the audit of a long history."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import Seat, command

from bench.progress import tell
from bench.scale.cache import Cache
from bench.scale.memo import REBUILD, Memo
from bench.scale.memory import peak
from bench.scale.places import without_checkout
from bench.scale.plan import Plan
from bench.scale.sizes import Size
from bench.timing import Command, timed


@dataclass(frozen=True, slots=True)
class Once:
    """Seconds for each cold memo, its peak in bytes, and commits audited a second.

    No seconds, and None, where this fleetfeed keeps no memo.
    """

    cold: Sequence[float]
    memory: int | None
    audited: float


def measure_once(folder: Path, plan: Plan, cache: Cache) -> Once:
    """Everything that the rounds over all feeds leave out."""
    seat = without_checkout(cache.base(Size(plan.cold)), folder / "cold")
    memo = Memo.make(seat)
    cold, memory = _cold(seat, memo, plan.rounds) if memo.files else ((), None)
    return Once(cold, memory, _audited(folder, plan, cache))


def _cold(seat: Seat, memo: Memo, rounds: int) -> tuple[list[float], int]:
    rebuild = Command(command(*REBUILD), seat.folder, seat.environment)
    found = []
    for number in range(rounds):
        tell(f"a memo from nothing, {number + 1} of {rounds}")
        memo.drop()
        found.append(timed(rebuild)[0].wall)
    tell("a memo from nothing, its memory")
    memo.drop()
    return found, peak(rebuild)


def _audited(folder: Path, plan: Plan, cache: Cache) -> float:
    seat = without_checkout(cache.history(plan.commits), folder / "audited")
    tell(f"an audit of {plan.commits:,} commits")
    asked = command("audit", "--offline")
    sample, _ = timed(Command(asked, seat.folder, seat.environment))
    return plan.commits / sample.wall
