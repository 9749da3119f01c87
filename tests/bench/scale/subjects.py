"""What is measured at each size."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness import Seat, command

from bench.claims import FETCH, PUSH, Ahead, Claim, Pushed
from bench.feeds import FEED_REF, File
from bench.recording import Recording
from bench.scale.places import indexed
from bench.subjects import ALONE, DIFF, Subject, in_commit, in_push, in_seat, name_in
from bench.timing import Command
from bench.world import Hooks, World, shelved

MANY = 500
ACTIVE, BOARD = "active", "board --html"
MANY_RECEIVED = f"pre-receive, {MANY} posts"
WIRE = "over the wire"
APPEND = "fleetfeed append"
GUARDED, GUARDED_EMPTY = "git push, our pre-receive", "git push, an empty pre-receive"
INDEXED = "full index"
FULL_DIFF, FULL_NO_POST = "full index: git diff", "full index: pre-commit"

ASKED = ("active", "--offline", "--surface-claim", "CAMBER:bench:free-page")


@dataclass(frozen=True, slots=True)
class Asked(Subject):
    """A question of the clone, which changes nothing."""

    args: tuple[str, ...]

    def prepare(self, file: File) -> Command:
        """See Subject."""
        del file
        return in_seat(self.world, *self.args)

    def reset(self) -> None:
        """There is nothing to put back."""


@dataclass(frozen=True, slots=True)
class Standing(Subject):
    """A command that runs where a commit of the clone `seat` would run its hook."""

    args: tuple[str, ...]
    seat: Seat
    recording: Recording

    def prepare(self, file: File) -> Command:
        """See Subject; what is new is staged all the time."""
        del file
        return Command(self.args, self.seat.folder, self.recording.environment)

    def reset(self) -> None:
        """There is nothing to put back."""


def hooks(world: World) -> Iterator[Subject]:
    """The hooks, run directly, the question for a surface, and the board as a page."""
    yield from in_commit(world, world.record_commit(world.fresh(post=True)))
    yield in_push(world, world.record_push(FEED_REF))
    yield Asked(name_in(world, ALONE, ACTIVE), world, command(*ASKED))
    page = command("board", "--html", str(world.folder / "board.html"), "--offline")
    yield Asked(name_in(world, ALONE, BOARD), world, page)


def wire(world: World) -> Iterator[Subject]:
    """What goes over the wire, by plain git and by ours; and a push of many posts."""
    ahead, none = world.advance(), Hooks.NONE
    yield Claim(name_in(world, WIRE, APPEND), world, ahead, none, _append(world))
    yield Ahead(name_in(world, WIRE, FETCH), world, ahead, none)
    for variant, kind in (
        (PUSH, none),
        (GUARDED_EMPTY, Hooks.EMPTY),
        (GUARDED, Hooks.OURS),
    ):
        yield Pushed(name_in(world, WIRE, variant), world, ahead, kind)
    yield in_push(world, world.record_many(MANY), MANY_RECEIVED)


def full_index(world: World) -> Iterator[Subject]:
    """The hook of a commit that touches no post, where git's index has every file."""
    seat = indexed(world)
    given = world.record_commit(world.fresh(post=False))
    given = given.moved(str(world.seat.folder), str(seat.folder))
    ours = (str(shelved(world.seat, Hooks.OURS) / "pre-commit"),)
    for variant, args in ((FULL_DIFF, DIFF), (FULL_NO_POST, ours)):
        yield Standing(name_in(world, INDEXED, variant), world, args, seat, given)


def _append(world: World) -> tuple[str, ...]:
    item = world.shape.next_item()
    said = ("--subject", "measurement", "--surface", "CAMBER:bench:append")
    proof = ("--proof", "nobody else works on it", "--seat", "CAMBER-06")
    state = ("--state", "IN_PROGRESS", "--timeout", "300s", "--json")
    return command("append", item, *said, *proof, *state)
