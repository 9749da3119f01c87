"""What is measured: each subject prepares its repository, is run, and puts it back.

Only `command` is timed. A subject leaves its world as it found it, so that every round
does the same work.
"""

import ast
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness import clean

from bench.feeds import FEED_REF, File
from bench.recording import Recording
from bench.timing import Command
from bench.world import Hooks, World, shelved, use

SIDE_REF = "refs/heads/side"
_STAGES_FILE = Path(__file__).with_name("stages.py")
PYTHON = (sys.executable, "-E", "-P")
"""Python as the hook files call it."""

# The question that the commit hook's shell file asks git before anything else.
DIFF = (
    "git", "diff", "--cached", "--no-ext-diff", "--no-renames",
    "--ignore-submodules=none", "--raw", "--no-abbrev", "--no-color", "--", "feed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stages:
    """What `stages.py` reports: seconds and calls by stage, first and last moment."""

    seconds: dict[str, float]
    calls: dict[str, int]
    first: float
    last: float

    @classmethod
    def read(cls, report: Path) -> "Stages":
        """The report in the file `report`."""
        return cls(**ast.literal_eval(report.read_text("utf-8")))


class Name(NamedTuple):
    """Which figure a subject gives: `claims` is how many the feed has.

    `feed` tells apart feeds with as many claims.
    """

    group: str
    variant: str
    claims: int
    feed: str = ""


COMMIT_OTHER = "git commit, no post touched"
COMMIT_POST = "git commit of one post"
PUSH_FEED = "git push of one post"
PUSH_OTHER = "git push to another branch"
ALONE = "run directly"
EMPTY_HOOK = "an empty sh hook"
OWN_DIFF = "the hook's git diff"
OWN_DIFF_POST = "the hook's git diff, one post"
NO_POST = "pre-commit, no post touched"
ONE_POST = "pre-commit, one post"
RECEIVED = "pre-receive, one post"
STAGES_OF = {
    "pre-commit": "stages of pre-commit",
    "pre-receive": "stages of pre-receive",
    "claim": "stages of a claim",
}


@dataclass(frozen=True, slots=True)
class Subject(ABC):
    """One figure: how its command is prepared, and how its traces are removed."""

    name: Name
    world: World

    @abstractmethod
    def prepare(self, file: File) -> Command:
        """Make the repository ready, with `file` as what is new; what is to be timed."""

    @property
    def post(self) -> bool:
        """Whether what is new is a post."""
        return True

    @property
    def refuses(self) -> bool:
        """Whether a hook of ours must refuse a bad post here."""
        return False

    def reset(self) -> None:
        """Put the repository back."""
        self.world.reset()

    def stages(self) -> Stages | None:
        """What the command tells of its own stages, where it tells anything."""
        return None


@dataclass(frozen=True, slots=True)
class Commit(Subject):
    """A commit of one file, under one kind of hooks."""

    hooks: Hooks

    def prepare(self, file: File) -> Command:
        """See Subject."""
        self.world.stage(file)
        use(self.world.seat, self.hooks)
        return in_seat(self.world, "git", "commit", "-q", "-m", "a commit")

    @property
    def post(self) -> bool:
        """See Subject."""
        return self.name.group == COMMIT_POST

    @property
    def refuses(self) -> bool:
        """See Subject."""
        return self.post and self.hooks is Hooks.OURS


@dataclass(frozen=True, slots=True)
class Push(Subject):
    """A push of one commit with one post; `before` runs our pre-push too."""

    hooks: Hooks
    ref: str
    before: bool = False

    @property
    def refuses(self) -> bool:
        """See Subject."""
        return self.ref == FEED_REF and self.hooks is Hooks.OURS

    def prepare(self, file: File) -> Command:
        """See Subject."""
        world = self.world
        world.commit(file)
        use(world.server, self.hooks)
        use(world.seat, Hooks.OURS if self.before else Hooks.NONE)
        return in_seat(world, "git", "push", "-q", "origin", f"HEAD:{self.ref}")

    def reset(self) -> None:
        """See Subject."""
        self.world.reset()
        self.world.reset_server()


@dataclass(frozen=True, slots=True)
class Staged(Subject):
    """A command that runs where git would run its pre-commit hook."""

    args: tuple[str, ...]
    recording: Recording
    touches: bool
    report: Path | None = None

    @property
    def post(self) -> bool:
        """See Subject."""
        return self.touches

    @property
    def refuses(self) -> bool:
        """See Subject; git alone refuses nothing."""
        return self.touches and self.args != DIFF

    def prepare(self, file: File) -> Command:
        """See Subject."""
        self.world.stage(file)
        environment = self.recording.environment
        return Command(self.args, self.world.seat.folder, environment)

    def stages(self) -> Stages | None:
        """See Subject."""
        return Stages.read(self.report) if self.report else None


@dataclass(frozen=True, slots=True)
class Received(Subject):
    """A command that runs where git would run its pre-receive hook."""

    args: tuple[str, ...]
    recording: Recording
    report: Path | None = None

    def prepare(self, file: File) -> Command:
        """See Subject; what is new was recorded before."""
        del file
        given = self.recording
        folder = self.world.server.folder
        return Command(self.args, folder, given.environment, given.stdin)

    def stages(self) -> Stages | None:
        """See Subject."""
        return Stages.read(self.report) if self.report else None


@dataclass(frozen=True, slots=True)
class Plain(Subject):
    """A command that does not depend on any repository."""

    args: tuple[str, ...]

    def prepare(self, file: File) -> Command:
        """See Subject."""
        del file
        return Command(self.args, self.world.folder, clean())

    def reset(self) -> None:
        """There is nothing to put back."""


def in_seat(world: World, *args: str) -> Command:
    """A command in the world's clone."""
    return Command(args, world.seat.folder, world.seat.environment)


def hooked(world: World) -> Iterator[Subject]:
    """What git takes with a hook and without, and the hooks by themselves."""
    yield from _commits(world)
    yield from _pushes(world)
    yield from _staged(world)
    yield from _received(world)
    bare = (*PYTHON, "-c", "pass")
    yield Plain(name_in(world, ALONE, "a bare interpreter"), world, bare)


def _commits(world: World) -> Iterator[Subject]:
    for group in (COMMIT_OTHER, COMMIT_POST):
        for hooks in (Hooks.NONE, Hooks.EMPTY, Hooks.OURS):
            yield Commit(name_in(world, group, hooks.value), world, hooks)


def _pushes(world: World) -> Iterator[Subject]:
    for group, ref in ((PUSH_FEED, FEED_REF), (PUSH_OTHER, SIDE_REF)):
        for hooks in (Hooks.NONE, Hooks.EMPTY, Hooks.OURS):
            yield Push(name_in(world, group, hooks.value), world, hooks, ref)
        both = name_in(world, group, "ours, and our pre-push")
        yield Push(both, world, Hooks.OURS, ref, before=True)


def _staged(world: World) -> Iterator[Subject]:
    given = world.record_commit(world.fresh(post=True))
    yield from in_commit(world, given)
    report, stages = stages_run(world, "pre-commit", "hook", "pre-commit")
    name = name_in(world, STAGES_OF["pre-commit"], "in all")
    yield Staged(name, world, stages, given, touches=True, report=report)


def in_commit(world: World, given: Recording) -> Iterator[Subject]:
    """The hook of a commit, in the environment `given`, and what it is held against."""
    empty, ours = (
        (str(shelved(world.seat, hooks) / "pre-commit"),)
        for hooks in (Hooks.EMPTY, Hooks.OURS)
    )
    cases: tuple[tuple[str, tuple[str, ...], bool], ...] = (
        (EMPTY_HOOK, empty, False),
        (OWN_DIFF, DIFF, False),
        (OWN_DIFF_POST, DIFF, True),
        (NO_POST, ours, False),
        (ONE_POST, ours, True),
    )
    for variant, args, touches in cases:
        yield Staged(name_in(world, ALONE, variant), world, args, given, touches)


def in_push(world: World, given: Recording, variant: str = RECEIVED) -> Received:
    """The hook of a push, in the environment `given`."""
    ours = (str(shelved(world.server, Hooks.OURS) / "pre-receive"),)
    return Received(name_in(world, ALONE, variant), world, ours, given)


def _received(world: World) -> Iterator[Subject]:
    feed, side = (world.record_push(ref) for ref in (FEED_REF, SIDE_REF))
    yield in_push(world, side, "pre-receive, another branch")
    yield in_push(world, feed)
    report, args = stages_run(world, "pre-receive", "hook", "pre-receive")
    name = name_in(world, STAGES_OF["pre-receive"], "in all")
    yield Received(name, world, args, feed, report)


def stages_run(world: World, name: str, *args: str) -> tuple[Path, tuple[str, ...]]:
    """`fleetfeed args` with a clock on each stage, and the file that it reports to."""
    report = world.folder / f"{name}.txt"
    return report, (*PYTHON, str(_STAGES_FILE), str(report), *args)


def name_in(world: World, group: str, variant: str) -> Name:
    """The name of a figure of `world`."""
    return Name(group, variant, world.shape.active, world.shape.label)
