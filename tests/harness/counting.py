"""How much work something is, by counting: a time would depend on the machine.

Python tells a profiler of each call, its own and those of functions in C. Twice as much
to look at may be a little more than twice as many calls; four times as many show that
each thing was held against all the others.
"""

import sys
from collections.abc import Callable

MOST_FOR_TWICE = 2.5
"""How many times the calls twice as much may cost: what is there anyway makes it less,
sorting and the like a little more."""


def calls(work: Callable[[], object]) -> int:
    """How many calls of Python functions, and out of Python, `work` makes."""
    counted = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    earlier = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(earlier)
    return counted


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times as many calls `work(2 * size)()` makes as `work(size)()` does.

    The first time counts for nothing: what is imported and compiled late is so once.
    """
    work(2)()
    once, twice = (calls(work(each)) for each in (size, 2 * size))
    return twice / once
