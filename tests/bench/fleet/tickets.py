"""The backlog: what is to be done, which of it twice, and which of it in one place."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench.rounds import SEED

FOLDERS = ("page", "job", "data", "branch", "helper", "hook", "report", "mail")
LANE = "CODE"
SECTIONS = ("head", "body", "side", "foot")
"""Of each file: a ticket for the whole file changes all, a part's ticket its own."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket: what it wants changed. Tickets of one `work` want the same done.

    `section` is the part of the file that it is about; empty where it is the whole.
    """

    name: str
    folder: str
    file: str
    section: str = ""

    @property
    def work(self) -> str:
        """What becomes of the code, by a word that is nowhere else in it."""
        return "_".join(filter(None, (self.folder, self.file, self.section)))

    @property
    def path(self) -> str:
        """Its file in the code."""
        return f"src/{self.folder}/{self.file}.py"

    @property
    def sections(self) -> tuple[str, ...]:
        """The parts of the file that it changes."""
        return (self.section,) if self.section else SECTIONS

    @property
    def key(self) -> str:
        """Its surface."""
        return ":".join(filter(None, (LANE, self.folder, self.file, self.section)))


def backlog(count: int) -> list[Ticket]:
    """So many tickets. A third of them is related to one of the others.

    Every other one of that third wants what another ticket wants, too; the rest want a
    part changed of a file that another ticket changes as a whole.
    """
    alone = count - count // 3
    dice = random.Random(SEED)  # noqa: S311 - the same backlog every time
    found = list(free(alone))
    for number, one in enumerate(dice.sample(found, count - alone)):
        section = dice.choice(SECTIONS) if number % 2 else ""
        name = f"T{alone + number:03d}"
        found.append(Ticket(name, one.folder, one.file, section))
    dice.shuffle(found)
    return found


def free(count: int) -> Iterator[Ticket]:
    """So many tickets that have nothing to do with each other, over all folders."""
    for number in range(count):
        folder = FOLDERS[number % len(FOLDERS)]
        yield Ticket(f"T{number:03d}", folder, f"part{number:03d}")
