"""That the hooks which are measured do their work: what they must refuse, they refuse.

A hook that is not found, or that looks at nothing, is the fastest of all.
"""

from collections.abc import Iterable

from harness.progress import tell

from bench import feeds
from bench.subjects import Subject
from bench.timing import timed

_CODE = "FF101"


class NoProof(Exception):
    """A hook let through what it must refuse: its figures would be worth nothing."""


def prove_all(every: Iterable[Subject]) -> None:
    """Prove every subject with our hooks. NoProof where one lets a bad post pass."""
    for subject in every:
        if subject.refuses:
            group, variant, _, feed = subject.name
            tell(f"a bad post must be refused: {group}, {variant} {feed}")
            prove(subject)


def prove(subject: Subject) -> None:
    """Run a subject with a post that no feed accepts. NoProof where it passes."""
    command = subject.prepare(feeds.refused_claim(subject.world.shape))
    try:
        _, said = timed(command, code=1)
    except RuntimeError as error:
        raise NoProof(f"{subject.name}: nothing was refused") from error
    finally:
        subject.reset()
    if _CODE not in said:
        raise NoProof(f"{subject.name}: refused, but not with {_CODE}:\n{said}")
