"""Medians with their spread: a mean would follow whatever else the machine does."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, and the quartiles below and above it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of `values`; of one value, that value, of none, no time at all.

        A stage that does not occur, such as an import that a small feed does not need,
        has no value.
        """
        if not values:
            return cls(0.0, 0.0, 0.0)
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


def paired(
    ours: Sequence[float],
    base: Sequence[float],
    compare: Callable[[float, float], float],
) -> Spread:
    """The spread of what `compare` says inside each round."""
    return Spread.of([compare(a, b) for a, b in zip(ours, base, strict=True)])
