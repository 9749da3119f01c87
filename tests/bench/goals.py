"""Figures, each beside what was wanted of it.

Nothing fails where one is missed: a busy machine would fail it, too.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.spread import Spread
from bench.tables import Table


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, and the bound that it should keep, from above or from below, if any."""

    text: str
    bound: float | None
    found: Spread
    least: bool = False

    @property
    def met(self) -> str:
        """Whether the median keeps the bound."""
        if self.bound is None:
            return ""
        over = self.found.median - self.bound
        return "yes" if not over or (over > 0) == self.least else "no"

    @property
    def wanted(self) -> str:
        """The bound, in words."""
        if self.bound is None:
            return ""
        return f"at {'least' if self.least else 'most'} {self.bound:,g}"


def table(goals: Iterable[Goal]) -> Table:
    """A row for each figure."""
    rows = tuple((goal.text, (goal.wanted, goal.found, goal.met)) for goal in goals)
    return Table("Done when", ("wanted", "measured", "met"), rows, "", 1.0)
