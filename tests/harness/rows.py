"""Which rows of a table `make test` plays, and which are left to `make stress`."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def of_each_kind(
    rows: Iterable[Any], small: Callable[[Any], bool]
) -> list[ParameterSet]:
    """`rows` for `parametrize`: all but the `small` ones are further cases."""
    return [
        pytest.param(
            *(row if isinstance(row, tuple) else (row,)),
            marks=() if small(row) else pytest.mark.large,
        )
        for row in rows
    ]


def pairs_of(*columns: Sequence[Any]) -> list[ParameterSet]:
    """All combinations; of three equally long columns small are a Latin square's.

    There each two values meet once; of two columns, each value is met once.
    """
    every = itertools.product(*(enumerate(column) for column in columns))
    size = max(map(len, columns))
    return [
        pytest.param(
            *(value for _, value in row),
            marks=() if sum(at for at, _ in row) % size == 0 else pytest.mark.large,
        )
        for row in every
    ]
