"""Tables out of races: how fast they were, and how fair."""

import statistics
from collections.abc import Iterator, Sequence

from bench.races import WAYS, Race
from bench.tables import Row, Table
from bench.world import Hooks

TITLES = {
    Hooks.OURS: "Many seats at once, on a guarded server",
    Hooks.NONE: "Many seats at once, on a server without hooks",
}
POSTS_A_SECOND = "posts a second"
FAIRNESS = "the slowest seat to the median seat (times)"


def standings(races: Sequence[Race]) -> Iterator[Table]:
    """A table for each kind of server, a column for each number of seats."""
    for hooks, title in TITLES.items() if races else ():
        rows: list[Row] = []
        for way in WAYS:
            found = [race for race in races if (race.hooks, race.way) == (hooks, way)]
            kinds = [_figures(race) for race in found]
            rows += [
                (f"{way}: {name}", tuple(figures[name] for figures in kinds))
                for name in kinds[0]
            ]
        columns = tuple(_seats(len(race.seats)) for race in found)
        yield Table(title, columns, tuple(rows), "", 1.0)


def _seats(count: int) -> str:
    return f"{count} seats" if count > 1 else "1 seat"


def _figures(race: Race) -> dict[str, float]:
    times = [turn.sample.wall for turn in race.turns]
    tries = [turn.tries for turn in race.turns]
    ends = race.finished
    return {
        POSTS_A_SECOND: len(times) / max(ends),
        "p50 (s)": statistics.median(times),
        "p95 (s)": _p95(times),
        "tries, mean": statistics.mean(tries),
        "tries, most": max(tries),
        "the slowest seat (s)": max(ends),
        FAIRNESS: max(ends) / statistics.median(ends),
    }


def _p95(values: Sequence[float]) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
