"""What was measured, asked for by feed; and the one table of cost against size."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.claims import FETCH, PUSH
from bench.rounds import Series
from bench.scale.sizes import Size
from bench.scale.subjects import (
    ACTIVE,
    APPEND,
    BOARD,
    FULL_DIFF,
    FULL_NO_POST,
    GUARDED,
    GUARDED_EMPTY,
    INDEXED,
    MANY_RECEIVED,
    WIRE,
)
from bench.spread import Spread
from bench.subjects import (
    ALONE,
    EMPTY_HOOK,
    NO_POST,
    ONE_POST,
    OWN_DIFF,
    OWN_DIFF_POST,
    RECEIVED,
    Name,
)
from bench.tables import Cell, Row, Table

Values = Sequence[float]
"""Seconds, one value a round; none where the feed was not measured in this way."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The values of all rounds."""

    wall: Series

    def alone(self, size: Size, variant: str, group: str = ALONE) -> Values:
        """What was run directly."""
        return self.wall.get(Name(group, variant, size.active, size.label), ())

    def wire(self, size: Size, variant: str) -> Values:
        """What goes over the wire."""
        return self.alone(size, variant, WIRE)

    def full(self, size: Size, variant: str) -> Values:
        """What was run where git's index has every file."""
        return self.alone(size, variant, INDEXED)

    def judged(self, size: Size) -> Values:
        """The commit hook with one post, its git diff apart."""
        return less(self.alone(size, ONE_POST), self.alone(size, OWN_DIFF_POST))

    def append_adds(self, size: Size) -> Values:
        """What append takes beside the bare fetch and push."""
        return less(
            self.wire(size, APPEND), self.wire(size, FETCH), self.wire(size, PUSH)
        )

    def receive_adds(self, size: Size) -> Values:
        """What our pre-receive adds to a push, over an empty one."""
        return less(self.wire(size, GUARDED), self.wire(size, GUARDED_EMPTY))


def less(whole: Values, *parts: Values) -> Values:
    """What is left of each round's `whole`."""
    if not all(parts):
        return ()
    return [one - sum(rest) for one, *rest in zip(whole, *parts, strict=True)]


def times(one: Values, other: Values) -> Values:
    """How many times `other`, round by round."""
    return list(map(operator.truediv, one, other)) if other else ()


def tables(figures: Figures, sizes: Sequence[Size]) -> Iterator[Table]:
    """Cost against size, and the parts of it that only some feeds were measured in."""
    yield _table("Cost against size", _main(figures, sizes))
    yield _table("Beside it", _more(figures, sizes))


Columns = dict[str, list[Values]]


def _main(f: Figures, sizes: Sequence[Size]) -> tuple[list[str], Columns]:
    columns: Columns = {
        "git diff": [f.alone(s, OWN_DIFF) for s in sizes],
        "git diff, one post": [f.alone(s, OWN_DIFF_POST) for s in sizes],
        "commit hook, no post": [f.alone(s, NO_POST) for s in sizes],
        "commit hook, one post": [f.alone(s, ONE_POST) for s in sizes],
        "pre-receive": [f.alone(s, RECEIVED) for s in sizes],
        "active": [f.alone(s, ACTIVE) for s in sizes],
        "board": [f.alone(s, BOARD) for s in sizes],
        "git fetch": [f.wire(s, FETCH) for s in sizes],
        "git push": [f.wire(s, PUSH) for s in sizes],
        "append adds": [f.append_adds(s) for s in sizes],
    }
    return [size.words for size in sizes], columns


def _more(f: Figures, sizes: Sequence[Size]) -> tuple[list[str], Columns]:
    some = [s for s in sizes if f.wire(s, PUSH) or f.full(s, FULL_DIFF)]
    columns: Columns = {
        EMPTY_HOOK: [f.alone(s, EMPTY_HOOK) for s in some],
        MANY_RECEIVED: [f.alone(s, MANY_RECEIVED) for s in some],
        "git push, guarded": [f.wire(s, GUARDED) for s in some],
        "ours adds to an empty hook": [f.receive_adds(s) for s in some],
        APPEND: [f.wire(s, APPEND) for s in some],
        "full index: git diff": [f.full(s, FULL_DIFF) for s in some],
        "full index: commit hook, no post": [f.full(s, FULL_NO_POST) for s in some],
    }
    return [size.words for size in some], columns


def _table(title: str, of: tuple[list[str], Columns]) -> Table:
    labels, columns = of
    by_feed = zip(labels, *columns.values(), strict=True)
    rows: list[Row] = [(label, tuple(map(_cell, cells))) for label, *cells in by_feed]
    return Table(title, tuple(columns), tuple(rows))


def _cell(values: Values) -> Cell:
    return Spread.of(values) if values else ""
