"""What was measured of many writers, by arm and size, one value a run."""

import os
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bench.contention.arms import NAMES
from bench.contention.crowds import Crowd
from bench.contention.large import Beside
from bench.contention.metered import Used
from bench.contention.races import Race
from bench.contention.start import wall

Values = list[float]

RATE, P50, P95 = "posts a second", "p50 (s)", "p95 (s)"
MEAN, MOST, FIRST_TRY = "tries, mean", "tries, most", "in one try (%)"
SLOWEST = "the slowest seat (s)"
FAIRNESS = "the slowest seat to the median seat (times)"
ALONE = "a claim that finds nobody working (s)"
OF_RACES = (RATE, P50, P95, MEAN, MOST, FIRST_TRY, SLOWEST, FAIRNESS, ALONE)

WALL = "until all are answered (s)"
OF_CROWDS = (WALL, MEAN, MOST)

RECEIVING, SENDING = "git receive-pack, with its hooks (ms)", "git upload-pack (ms)"
LEFT, SERVER = "what they leave running (ms)", "the server in all (ms)"
CLIENTS = "its clients (ms)"
PUSHES, FETCHES = "pushes a post", "fetches a post"
OF_SERVERS = (RECEIVING, SENDING, LEFT, SERVER, CLIENTS, PUSHES, FETCHES)
OF_INBOXES = (PUSHES, FETCHES, RATE, P50, P95)

WITHOUT, CROWDED = "p95 of claims alone (s)", "p95 of claims beside the push (s)"
GROWN = "the claims' p95 grows by (s)"
WAITED = "p95 of their pushes at the server grows by (s)"
PUSH_ALONE, PUSH_CROWDED = "the push alone (s)", "the push beside the claims (s)"
JUDGED = "of it, judging (s)"
MEETS = "a claim alone that meets these posts takes longer by (s)"
BY_GIT = "git alone fetches them and checks them out, in all clones (s)"
OF_LARGE = (
    WITHOUT,
    CROWDED,
    GROWN,
    WAITED,
    PUSH_ALONE,
    JUDGED,
    PUSH_CROWDED,
    MEETS,
    BY_GIT,
)

Key = tuple[str, str, int, str]
"""What was measured, in which arm, with how many seats, and which figure of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Every figure; values of one index were taken in one run, side by side."""

    values: dict[Key, Values] = field(default_factory=lambda: defaultdict(list))

    def add(self, what: str, arm: str, seats: int, figures: dict[str, float]) -> None:
        """Take in one measurement."""
        for name, value in figures.items():
            self.values[what, arm, seats, name].append(value)

    def of(self, what: str, arm: str, seats: int, name: str) -> Values:
        """One value a run; none where it was not measured."""
        return self.values.get((what, arm, seats, name), [])

    def arms(self, what: str) -> list[str]:
        """The arms in which something was measured, in the tables' order."""
        known = {arm for kind, arm, _, _ in self.values if kind == what}
        return [name for name in NAMES if name in known]

    def seats(self, what: str) -> list[int]:
        """With how many seats it was measured, from the least to the most."""
        return sorted({seats for kind, _, seats, _ in self.values if kind == what})


def of_race(race: Race) -> dict[str, float]:
    """How fast a race was, and how fair."""
    times = [turn.sample.wall for turn in race.turns]
    ends = race.finished
    return {
        RATE: len(times) / max(ends),
        P50: statistics.median(times),
        P95: p95(times),
        **_tries([turn.tries for turn in race.turns]),
        SLOWEST: max(ends),
        FAIRNESS: max(ends) / statistics.median(ends),
        ALONE: race.first,
    }


def of_crowd(crowd: Crowd) -> dict[str, float]:
    """How long all waited, and how often the winners pushed."""
    return {WALL: crowd.wall, **_tries(crowd.tries)}


def of_server(used: Used) -> dict[str, float]:
    """What a post took of the server, and of its clients; and how fast it was."""
    times = [turn.sample.wall for seat in used.run for turn in seat]
    return {
        RATE: len(times) / wall(used.run),
        P50: statistics.median(times),
        P95: p95(times),
        PUSHES: used.pushes,
        FETCHES: used.fetches,
        RECEIVING: 1000 * used.receiving,
        SENDING: 1000 * used.sending,
        LEFT: 1000 * used.left,
        SERVER: 1000 * used.server,
        CLIENTS: 1000 * used.clients,
    }


def of_large(beside: Beside) -> dict[str, float]:
    """How much longer claims take beside a large push, and what that takes itself."""
    without, crowded = (
        p95([turn.sample.wall for seat in seats for turn in seat])
        for seats in (beside.without, beside.beside)
    )
    return {
        WITHOUT: without,
        CROWDED: crowded,
        GROWN: crowded - without,
        WAITED: p95(beside.waits[1]) - p95(beside.waits[0]),
        PUSH_ALONE: beside.alone,
        JUDGED: beside.judged,
        PUSH_CROWDED: beside.crowded,
        MEETS: beside.meets,
        BY_GIT: beside.by_git * len(beside.beside) / len(os.sched_getaffinity(0)),
    }


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def paired(
    ours: Iterable[float],
    others: Iterable[float],
    compare: Callable[[float, float], float],
) -> Values:
    """What `compare` says of the two in each run."""
    return [compare(a, b) for a, b in zip(ours, others, strict=False)]


def _tries(tries: Sequence[int]) -> dict[str, float]:
    once = sum(count == 1 for count in tries)
    return {
        MEAN: statistics.mean(tries),
        MOST: max(tries),
        FIRST_TRY: 100 * once / len(tries),
    }
