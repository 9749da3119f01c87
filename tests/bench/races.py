"""Many seats at once: how many posts a second one server takes, and who has to wait.

Every seat is a clone of its own. It makes one post after another, each by a process of
its own, and all seats start at the same moment. Beside fleetfeed stands the least that
git can do: the post is a commit that is ready, which is put on the newest tip and
pushed, at once again where another push was first.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier

from harness import Address, Seat, Transport, clean, command

from bench import feeds
from bench.claims import claim_of
from bench.feeds import FEED_REF
from bench.timing import Command, Sample, timed
from bench.world import TRACKING, Hooks, World, use

MOST = 160
"""Posts of all seats of a race together: as many as eight seats make with twenty each."""

# It gives up, and says why, where it is not for a race that the push fails.
_BARE = f"""\
tries=0
while [ $tries -lt 500 ]; do
    tries=$((tries + 1))
    git fetch -q --no-tags origin +{FEED_REF}:{TRACKING} || continue
    tree=$(git merge-tree --write-tree {TRACKING} "$1") || exit 1
    commit=$(git commit-tree -p {TRACKING} -m 'a post' "$tree") || exit 1
    said=$(git push -q --no-verify origin "$commit:{FEED_REF}" 2>&1) || continue
    echo "{{\\"tries\\": $tries}}"
    exit
done
echo "$said"
exit 1
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """One post of one seat, from its start to its success."""

    sample: Sample
    tries: int

    @property
    def end(self) -> float:
        """When it was done."""
        return self.sample.start + self.sample.wall


@dataclass(frozen=True, slots=True)
class Race:
    """The turns of each seat, one after another."""

    hooks: Hooks
    way: str
    seats: tuple[tuple[Turn, ...], ...]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of all seats."""
        return tuple(turn for seat in self.seats for turn in seat)

    @property
    def finished(self) -> tuple[float, ...]:
        """After how many seconds each seat was done."""
        start = min(turn.sample.start for turn in self.turns)
        return tuple(seat[-1].end - start for seat in self.seats)


def each_of(seats: int, each: int) -> int:
    """How many posts each of `seats` makes, where `each` is wanted."""
    return max(1, min(each, MOST // seats))


def _claims(clones: Sequence[Seat], world: World, each: int) -> list[list[Command]]:
    del world
    return [
        [
            Command(command(*claim_of(f"{n}-{k}")), clone.folder, clone.environment)
            for k in range(each)
        ]
        for n, clone in enumerate(clones)
    ]


def _bare(clones: Sequence[Seat], world: World, each: int) -> list[list[Command]]:
    """Plain git; one seat alone needs no fetch, and pushes what is ready."""
    alone = len(clones) == 1
    found: list[list[Command]] = []
    for n, clone in enumerate(clones):
        found.append([])
        for k in range(each):
            clone.stage(*feeds.another_claim(world.shape, n * each + k))
            clone.git("commit", "-q", "-m", "a post")
            push = ("git", "push", "-q", "--no-verify", "origin")
            here = (*push, f"{clone.tip()}:{FEED_REF}")
            args = here if alone else ("sh", "-c", _BARE, "post", clone.tip())
            found[n].append(Command(args, clone.folder, clone.environment))
    return found


Prepare = Callable[[Sequence[Seat], World, int], list[list[Command]]]

WAYS: dict[str, Prepare] = {"fleetfeed claim": _claims, "plain git": _bare}


@dataclass(frozen=True, slots=True)
class Arena:
    """A server for races, and the way to it."""

    world: World
    transport: Transport

    def races(
        self, seats: Sequence[int], each: int, tell: Callable[[str], None]
    ) -> Iterator[Race]:
        """A race of each number of seats, on both kinds of servers, in both ways."""
        with self.transport.open(self.world.server) as address:
            for count in seats:
                for hooks in (Hooks.OURS, Hooks.NONE):
                    for way in WAYS:
                        tell(f"a race: {count} seats, {way}, hooks: {hooks.value}")
                        yield self._race(address, hooks, way, count, each)

    def _race(
        self, address: Address, hooks: Hooks, way: str, seats: int, each: int
    ) -> Race:
        folder, server = self.world.folder / "racers", self.world.server
        use(server, hooks)
        clones = [_clone(address, folder / f"{n}") for n in range(1, seats + 1)]
        each = each_of(seats, each)
        prepared = WAYS[way](clones, self.world, each)
        race = Race(hooks, way, _together(prepared))
        landed = server.line("rev-list", "--count", f"{self.world.base}..{FEED_REF}")
        if int(landed) != seats * each:
            raise RuntimeError(f"{landed} posts landed, not {seats * each}: {race}")
        self.world.reset_server()
        shutil.rmtree(folder)
        return race


def _clone(address: Address, folder: Path) -> Seat:
    folder.parent.mkdir(exist_ok=True)
    made = address.join(address.clone(folder))
    return replace(made, environment=clean(FLEETFEED_SEAT=f"CAMBER-{folder.name}"))


def _together(prepared: list[list[Command]]) -> tuple[tuple[Turn, ...], ...]:
    """Run the commands of each seat one after another, all seats from one start."""
    start = Barrier(len(prepared))

    def run(own: list[Command]) -> tuple[Turn, ...]:
        start.wait()
        return tuple(map(_turn, own))

    with ThreadPoolExecutor(len(prepared)) as pool:
        return tuple(pool.map(run, prepared))


def _turn(asked: Command) -> Turn:
    sample, said = timed(asked)
    # A push by git itself says at most what the server's hook says.
    return Turn(sample, json.loads(said)["tries"] if said.startswith("{") else 1)
