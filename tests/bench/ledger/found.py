"""What was measured of writers on PostgreSQL, as figures of one run."""

import statistics
from collections.abc import Sequence

from bench.contention.found import FIRST_TRY, MEAN, P50, P95, RATE, p95
from bench.ledger.tasks import Write

OF_WRITERS = (RATE, P50, P95, MEAN, FIRST_TRY)


def of_writers(writers: Sequence[Sequence[Write]]) -> dict[str, float]:
    """How many writes a second, and how long each took. RuntimeError without one."""
    writes = [write for own in writers for write in own]
    if not writes:
        raise RuntimeError("nobody has written anything")
    times = [end - start for start, end, _, _ in writes]
    tries = [each for _, _, each, _ in writes]
    begun = min(start for start, _, _, _ in writes)
    return {
        RATE: len(writes) / (max(end for _, end, _, _ in writes) - begun),
        P50: statistics.median(times),
        P95: p95(times),
        MEAN: statistics.mean(tries),
        FIRST_TRY: 100 * tries.count(1) / len(tries),
    }


def each_once(writers: Sequence[Sequence[Write]], count: int) -> None:
    """RuntimeError where the items of `writers` are not `count`, each of them once."""
    items = [item for own in writers for *_, item in own]
    if len(items) != count or len({*items}) != count:
        raise RuntimeError(f"{len(items)} writes of {len({*items})} items, not {count}")
