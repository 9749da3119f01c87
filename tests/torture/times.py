"""Between which steps each run has its place, and when each step can have landed.

Whatever ended before a run began is known to it, and whatever began after its end is
not. So each run has a lowest and a highest state that it can be told from: a state is
the number of steps that have landed. All of it is a walk over begins, and one over ends.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torture.history import Run


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a run's place: of which state it has told, if of any.

    At its end it knew the state `knew`. What it did, or saw, was not before `since`: it
    had not begun when the state was a lower one.
    """

    knew: int | None = None
    since: int | None = None


def lowest(runs: Sequence[Run], places: Sequence[Place]) -> list[int]:
    """For each run, the highest state that anybody was told of before it began."""
    ended = sorted(
        (run.end, place.knew)
        for run, place in zip(runs, places, strict=True)
        if place.knew is not None and run.code is not None
    )
    found, at, known = list[int](), 0, 0
    for run in runs:
        while at < len(ended) and ended[at][0] < run.begin:
            known = max(known, ended[at][1])
            at += 1
        found.append(known)
    return found


def highest(runs: Sequence[Run], places: Sequence[Place], steps: int) -> list[int]:
    """For each run, the highest state that was possible at its end."""
    found, at, possible = [steps] * len(runs), len(runs) - 1, steps
    by_end = sorted(range(len(runs)), key=lambda each: runs[each].end, reverse=True)
    for number in by_end:
        while at >= 0 and runs[at].begin > runs[number].end:
            since = places[at].since
            possible = possible if since is None else min(possible, since)
            at -= 1
        found[number] = possible
    return found


def landed_by(seen: Iterable[tuple[int, float]], steps: int) -> list[float]:
    """For each step (from 1 on) a time when it had landed; infinite where nobody says.

    `seen` are steps, each with a time when somebody had been told of it; whatever
    stands before such a step had landed by then, too.
    """
    found = [math.inf] * (steps + 1)
    for step, time in seen:
        found[step] = min(found[step], time)
    for step in range(steps - 1, 0, -1):
        found[step] = min(found[step], found[step + 1])
    return found
