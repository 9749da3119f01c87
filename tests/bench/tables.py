"""Tables out of what was measured: what is compared with what."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.claims import CLAIM, FETCH, GROUPS, PUSH
from bench.identity import BY_IDENTITY, PLAIN
from bench.rounds import END, START, Measured
from bench.spread import Spread, paired
from bench.subjects import (
    ALONE,
    COMMIT_OTHER,
    COMMIT_POST,
    NO_POST,
    OWN_DIFF,
    PUSH_FEED,
    PUSH_OTHER,
    STAGES_OF,
    Name,
)
from bench.world import Hooks

_EMPTY, _OURS = Hooks.EMPTY.value, Hooks.OURS.value
ADDED = "ours adds to the empty one"
CLAIM_ADDS = "a claim adds to the two"
GIT = "git "
IN_GIT = "git processes"


Cell = Spread | float | str

Row = tuple[str, tuple[Cell, ...]]
"""A label, and for each column a spread, a plain number, or words."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures, a column for each feed, or race; `scale` takes them to `unit`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = "ms"
    scale: float = 1000.0


@dataclass(frozen=True, slots=True)
class Tables:
    """Makes the tables of one measurement, over feeds with `claims` active claims."""

    measured: Measured
    claims: tuple[int, ...]

    def all(self) -> Iterator[Table]:
        """Every table, in the order in which they are read."""
        known = {name.group for name in self.measured.wall}
        for group in (COMMIT_OTHER, COMMIT_POST, PUSH_FEED, PUSH_OTHER):
            if group in known:
                yield self._guarded(group)
        if ALONE in known:
            yield self._alone()
            yield self._ratios()
        for group in GROUPS.values():
            if group in known:
                yield self._claimed(group)
        for group in STAGES_OF.values():
            if group in known:
                yield self._stages(group)
        for group in dict.fromkeys(name.group for name in self.measured.wall):
            if group.startswith(BY_IDENTITY):
                yield self._by_identity(group)

    def _guarded(self, group: str) -> Table:
        """What git takes under each kind of hooks, and what ours adds."""
        rows = [self._row(group, variant) for variant in self._variants(group)]
        return self._table(group, [*rows, self._compared(group, _OURS, _EMPTY, ADDED)])

    def _by_identity(self, group: str) -> Table:
        """What an act takes in each mode, and what asking who it was adds to it."""
        modes = self._variants(group)
        rows = [self._row(group, mode) for mode in modes]
        rows += [
            self._compared(group, mode, PLAIN, f"{mode} adds")
            for mode in modes
            if mode != PLAIN
        ]
        return self._table(group.capitalize(), rows)

    def _claimed(self, group: str) -> Table:
        """What a claim takes, the git in it, and what is left in each round."""
        rows = [self._row(group, variant) for variant in self._variants(group)]
        wall, left = self.measured.wall, []
        for claims in self.claims:
            parts = (wall[Name(group, v, claims)] for v in (CLAIM, FETCH, PUSH))
            rounds = zip(*parts, strict=True)
            left.append(
                Spread.of([all_ - fetch - push for all_, fetch, push in rounds])
            )
        return self._table(group.capitalize(), [*rows, (CLAIM_ADDS, tuple(left))])

    def _alone(self) -> Table:
        rows = [self._row(ALONE, variant) for variant in self._variants(ALONE)]
        return self._table("The hooks, run directly under git's environment", rows)

    def _ratios(self) -> Table:
        label = "pre-commit with no post touched, to its git diff"
        row = self._compared(ALONE, NO_POST, OWN_DIFF, label, divide=True)
        return Table("Ratios", self._columns(), (row,), "times", 1.0)

    def _stages(self, group: str) -> Table:
        """Stages in the order of their cost, git's processes apart and together."""
        plain = [n for n in self._variants(group) if not n.startswith(GIT)]
        in_git = [n for n in self._variants(group) if n.startswith(GIT)]
        ends = [START, END, "in all"]
        stages = sorted((n for n in plain if n not in ends), key=self._weight(group))
        rows = [self._row(group, stage) for stage in (START, *stages)]
        rows.append(self._together(group, in_git))
        rows += [
            self._called(group, n) for n in sorted(in_git, key=self._weight(group))
        ]
        rows += [self._row(group, stage) for stage in (END, "in all")]
        return self._table(f"Where the time goes: {group}", rows)

    def _together(self, group: str, variants: list[str]) -> Row:
        calls = sum(self._calls(group, v) for v in variants)
        sums = []
        for claims in self.claims:
            names = [Name(group, v, claims) for v in variants]
            series = [self.measured.wall[n] for n in names if n in self.measured.wall]
            rounds = zip(*series, strict=True)
            sums.append(Spread.of([sum(values) for values in rounds]))
        return f"{IN_GIT} ({calls})", tuple(sums)

    def _called(self, group: str, variant: str) -> Row:
        label, cells = self._row(group, variant)
        return f"  {label} ({self._calls(group, variant)})", cells

    def _calls(self, group: str, variant: str) -> int:
        calls = self.measured.calls
        names = (Name(group, variant, claims) for claims in self.claims)
        return max(calls.get(name, 0) for name in names)

    def _weight(self, group: str) -> Callable[[str], float]:
        def weight(variant: str) -> float:
            last = Name(group, variant, self.claims[-1])
            return -Spread.of(self.measured.wall.get(last, ())).median

        return weight

    def _variants(self, group: str) -> list[str]:
        names = (name for name in self.measured.wall if name.group == group)
        return list(dict.fromkeys(name.variant for name in names))

    def _row(self, group: str, variant: str) -> Row:
        wall = self.measured.wall
        return variant, tuple(
            Spread.of(wall.get(Name(group, variant, claims), ()))
            for claims in self.claims
        )

    def _compared(
        self, group: str, ours: str, base: str, label: str, *, divide: bool = False
    ) -> Row:
        wall = self.measured.wall
        compare = operator.truediv if divide else operator.sub
        pairs = (
            (wall[Name(group, ours, c)], wall[Name(group, base, c)])
            for c in self.claims
        )
        return label, tuple(paired(one, other, compare) for one, other in pairs)

    def _table(self, title: str, rows: list[Row]) -> Table:
        return Table(title, self._columns(), tuple(rows))

    def _columns(self) -> tuple[str, ...]:
        return tuple(f"{claims:,} claims" for claims in self.claims)
