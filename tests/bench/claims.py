"""What a claim adds to the fetch and the push that it contains.

A claim is run in a clone that is one commit behind, as clones are. Beside it, in the
same clone and under the same environment, plain git fetches that commit, and pushes one
that carries a post.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import command

from bench.feeds import FEED_REF, File
from bench.subjects import STAGES_OF, Stages, Subject, in_seat, name_in, stages_run
from bench.timing import Command
from bench.world import TRACKING, Hooks, World, use

CLAIM = "fleetfeed claim"
FETCH, PUSH = "git fetch", "git push"
GROUPS = {
    Hooks.NONE: "a claim, on a server without hooks",
    Hooks.OURS: "a claim, on a guarded server",
}
_FETCHED = ("git", "fetch", "-q", "--no-tags", "origin", f"+{FEED_REF}:{TRACKING}")
_PUSHED = ("git", "push", "-q", "--no-verify", "origin", f"HEAD:{FEED_REF}")


def claim_of(mark: str) -> tuple[str, ...]:
    """A claim of a new item, near to nothing that has another mark."""
    asked = ("--new", "CMB", "--surface", f"CAMBER:bench-{mark}:page-{mark}")
    said = ("--subject", f"measurement {mark}", "--proof", "nobody else works on it")
    return ("claim", *asked, *said, "--timeout", "300s", "--json")


ARGS = (*claim_of("one"), "--seat", "CAMBER-06")


@dataclass(frozen=True, slots=True)
class Ahead(Subject):
    """A subject of a clone that is one commit, `ahead`, behind its server."""

    ahead: str
    hooks: Hooks

    def prepare(self, file: File) -> Command:
        """See Subject."""
        server = self.world.server
        use(server, self.hooks)
        server.git("update-ref", FEED_REF, self.ahead)
        return self.ready(file)

    def ready(self, file: File) -> Command:
        """What is to be timed, the server being ahead; here, git's fetch."""
        del file
        return in_seat(self.world, *_FETCHED)

    def reset(self) -> None:
        """See Subject."""
        self.world.reset()
        self.world.reset_server()


@dataclass(frozen=True, slots=True)
class Claim(Ahead):
    """A claim of a new item, by the command `args`."""

    args: tuple[str, ...]
    report: Path | None = None

    def ready(self, file: File) -> Command:
        """See Ahead; the post is made by the command itself."""
        del file
        return in_seat(self.world, *self.args)

    def stages(self) -> Stages | None:
        """See Subject."""
        return Stages.read(self.report) if self.report else None


@dataclass(frozen=True, slots=True)
class Pushed(Ahead):
    """git's push of a commit with one post, on what was fetched before."""

    @property
    def refuses(self) -> bool:
        """See Subject."""
        return self.hooks is Hooks.OURS

    def ready(self, file: File) -> Command:
        """See Ahead."""
        world = self.world
        world.seat.git(*_FETCHED[1:])
        world.seat.git("reset", "-q", "--hard", TRACKING)
        world.commit(file)
        return in_seat(world, *_PUSHED)


def claims(world: World) -> Iterator[Subject]:
    """A claim and the git in it, on both kinds of servers; and the claim's stages."""
    ahead = world.advance()
    for hooks, group in GROUPS.items():
        args = command(*ARGS)
        yield Claim(name_in(world, group, CLAIM), world, ahead, hooks, args)
        yield Ahead(name_in(world, group, FETCH), world, ahead, hooks)
        yield Pushed(name_in(world, group, PUSH), world, ahead, hooks)
    report, args = stages_run(world, "claim", *ARGS)
    name = name_in(world, STAGES_OF["claim"], "in all")
    yield Claim(name, world, ahead, Hooks.NONE, args, report)
