"""Many seats at once: how many posts a second one server takes, and who has to wait.

Every seat is a clone of its own. It makes one post after another, each by a process of
its own, and all seats start at the same moment. Beside fleetfeed stands the least that
git can do: the post is a commit that is ready, which is put on the newest tip and
pushed, at once again where another push was first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness import Seat

from bench import feeds
from bench.claims import claim_of
from bench.contention.place import Fresh, Place
from bench.contention.start import Seats, Turn, together, turn, won
from bench.feeds import FEED_REF
from bench.timing import Command
from bench.world import TRACKING

MOST = 160
"""Posts of all seats of a race together: as many as eight seats make with twenty each."""

# It gives up, and says why, where it is not for a race that the push fails.
_BARE = f"""\
tries=0
while [ $tries -lt 2000 ]; do
    tries=$((tries + 1))
    git fetch -q --no-tags origin +{FEED_REF}:{TRACKING} || continue
    tree=$(git merge-tree --write-tree {TRACKING} "$1") || exit 3
    commit=$(git commit-tree -p {TRACKING} -m 'a post' "$tree") || exit 3
    said=$(git push -q --no-verify origin "$commit:{FEED_REF}" 2>&1) || continue
    echo "{{\\"tries\\": $tries}}"
    exit
done
echo "$said"
exit 3
"""


@dataclass(frozen=True, slots=True)
class Race:
    """A race in an arm. `first` is the claim before it, which found nobody working."""

    arm: str
    first: float
    seats: Seats

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


def race(place: Place, seats: int, each: int) -> Race:
    """A race of `seats`, after one post that is not counted among its turns."""
    each = each_of(seats, each)
    with place.fresh(seats + 1) as fresh:
        *racers, first = _prepared(place, fresh, each)
        begun = turn(first[0])
        run = won(together(racers))
        landed = fresh.landed(place.base)
    if landed != seats * each + 1:
        raise RuntimeError(f"{landed} posts landed, not {seats * each + 1}: {run}")
    return Race(place.arm.name, begun.sample.wall, run)


def _prepared(place: Place, fresh: Fresh, each: int) -> list[list[Command]]:
    if place.arm.bare:
        return _bare(place, fresh.seats, each)
    return [
        [claiming(place, seat, f"{n}-{k}") for k in range(each)]
        for n, seat in enumerate(fresh.seats)
    ]


def claiming(place: Place, seat: Seat, mark: str) -> Command:
    """A claim of a new item by a seat."""
    args = place.arm.fleetfeed(*claim_of(mark))
    return Command(args, seat.folder, seat.environment)


def _bare(place: Place, clones: Sequence[Seat], each: int) -> list[list[Command]]:
    found: list[list[Command]] = []
    for n, clone in enumerate(clones):
        found.append([])
        for k in range(each):
            # The feed's next items are those that were made in warming it.
            clone.stage(*feeds.another_claim(place.shape, 10 + n * each + k))
            clone.git("commit", "-q", "-m", "a post")
            args = ("sh", "-c", _BARE, "post", clone.tip())
            found[n].append(Command(args, clone.folder, clone.environment))
    return found
