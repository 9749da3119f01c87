"""What is measured by itself: a memo from nothing, and the proof of a long history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import Repo, command
from harness.progress import tell

from bench.scale.cache import Cache
from bench.scale.memo import REBUILD, Memo
from bench.scale.memory import peak
from bench.scale.places import without_checkout
from bench.scale.plan import Plan
from bench.scale.sizes import Size
from bench.scale.subjects import ASKED
from bench.timing import Command, timed


@dataclass(frozen=True, slots=True)
class Once:
    """Seconds for each cold memo and each question to it, and its peak in bytes.

    Nothing, and None, where this fleetfeed keeps no memo. `audited` is in commits a
    second, and `verified` in signatures.
    """

    audited: float
    verified: float
    cold: Sequence[float] = ()
    warm: Sequence[float] = ()
    memory: int | None = None


def measure_once(folder: Path, plan: Plan, cache: Cache) -> Once:
    """Everything that the rounds over all feeds leave out."""
    seat = without_checkout(cache.base(Size(plan.cold)), folder / "cold")
    memo = Memo.make(seat)
    audited = _per_second(cache.history, "audit", folder, plan)
    verified = _per_second(cache.signed, "verify", folder, plan)
    if not memo.files:
        return Once(audited, verified)
    rebuild = Command(command(*REBUILD), seat.folder, seat.environment)
    ask = Command(command(*ASKED), seat.folder, seat.environment)
    cold, warm = [], []
    for number in range(plan.rounds):
        tell(f"a memo from nothing, {number + 1} of {plan.rounds}")
        memo.drop()
        cold.append(timed(rebuild)[0].wall)
        warm.append(timed(ask)[0].wall)
    tell("a memo from nothing, its memory")
    memo.drop()
    return Once(audited, verified, cold, warm, peak(rebuild))


def _per_second(
    made: Callable[[int], Repo], name: str, folder: Path, plan: Plan
) -> float:
    """How many commits a second of a history a command goes through."""
    seat = without_checkout(made(plan.commits), folder / name)
    tell(f"{name} of {plan.commits:,} commits")
    sample, _ = timed(
        Command(command(name, "--offline"), seat.folder, seat.environment)
    )
    return plan.commits / sample.wall
