"""The rounds: every subject once, in another order each time."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.subjects import Name, Stages, Subject
from bench.timing import Sample, timed

START, END = "start of the interpreter", "end of the interpreter"
SEED = 20261120

Series = dict[Name, list[float]]
"""Seconds by name, one value a round: values of one index were taken side by side."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What all rounds gave. `calls` is how often a stage was entered, in one run."""

    wall: Series = field(default_factory=lambda: defaultdict(list))
    cpu: Series = field(default_factory=lambda: defaultdict(list))
    calls: dict[Name, int] = field(default_factory=dict)

    def add(self, name: Name, sample: Sample, stages: Stages | None) -> None:
        """Take in one run."""
        self.wall[name].append(sample.wall)
        self.cpu[name].append(sample.cpu)
        if stages is None:
            return
        for stage, seconds in _with_ends(sample, stages).items():
            self.wall[name._replace(variant=stage)].append(seconds)
        for stage, calls in stages.calls.items():
            self.calls[name._replace(variant=stage)] = calls


def _with_ends(sample: Sample, stages: Stages) -> dict[str, float]:
    start = stages.first - sample.start
    end = sample.start + sample.wall - stages.last
    return {START: start, **stages.seconds, END: end}


def measure(
    subjects: Sequence[Subject], rounds: int, tell: Callable[[int], None]
) -> Measured:
    """Run every subject once a round, `rounds` times after a round that does not count.

    `tell` hears the number of each round.
    """
    found, order = Measured(), list(subjects)
    for subject in order:
        found.wall[subject.name] = []  # the tables' order is not that of the rounds
    shuffle = random.Random(SEED).shuffle  # noqa: S311 - the same order every time
    for number in range(rounds + 1):
        shuffle(order)
        tell(number)
        for subject in order:
            sample, stages = _run(subject)
            if number:
                found.add(subject.name, sample, stages)
    return found


def _run(subject: Subject) -> tuple[Sample, Stages | None]:
    """One run of a subject, and its repository put back."""
    command = subject.prepare(subject.world.fresh(post=subject.post))
    sample, _ = timed(command)
    stages = subject.stages()
    subject.reset()
    return sample, stages
