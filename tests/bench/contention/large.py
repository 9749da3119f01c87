"""A push of many posts beside the claims of many seats: how long these wait for it."""

from dataclasses import dataclass
from threading import Thread

from harness import Seat, Server

from bench import feeds
from bench.contention.place import WARM, Fresh, Place
from bench.contention.races import claiming, each_of
from bench.contention.start import Seats, Turn, together, turn, won
from bench.feeds import FEED_REF
from bench.timing import Command
from fleetfeed.model.server import SERVER_REF, read_announcement

# Where there is no queue, it is put on the newest tip until no other push is first.
_PUSH = """\
while :; do
    said=$(git push -q --no-verify origin HEAD:$1 2>&1) && exit
    case $said in *FF[0-9][0-9][0-9]*) break ;; esac
    git pull -q --rebase origin main || break
done
echo "$said"
exit 3
"""


@dataclass(frozen=True, slots=True)
class Beside:
    """Claims with and without a large push beside them, and that push, alone and so.

    `judged` is what the push takes more where it is alone on a server that judges it
    than on one without hooks, in seconds.
    """

    arm: str
    without: Seats
    beside: Seats
    alone: float
    judged: float
    crowded: float


def beside(place: Place, unguarded: Place, posts: int, seats: int, each: int) -> Beside:
    """Measure the three, one after another; `unguarded` is a place without hooks."""
    each = each_of(seats, each)
    without, _ = _run(place, 0, seats, each)
    claims, crowded = _run(place, posts, seats, each)
    _, alone = _run(place, posts, 0, 0)
    _, bare = _run(unguarded, posts, 0, 0)
    return Beside(place.arm.name, without, claims, alone, alone - bare, crowded)


def _run(place: Place, posts: int, seats: int, each: int) -> tuple[Seats, float]:
    """The claims of the seats, and how long the push took; of no seat, it alone."""
    with place.fresh(seats + 2) as fresh:
        *racers, first, pusher = fresh.seats
        pushing = _pushing(place, pusher, posts) if posts else None
        won(((turn(claiming(place, first, f"{WARM}-again")),),))
        asked = [
            [claiming(place, seat, f"{n}-{k}") for k in range(each)]
            for n, seat in enumerate(racers)
        ]
        pushed: list[Turn] = []
        other = Thread(target=lambda: pushed.append(turn(pushing)) if pushing else None)
        other.start()
        run = won(together(asked)) if asked else ()
        other.join()
        _check(fresh, place, posts + seats * each + 1)
    return run, pushed[0].sample.wall if pushed else 0.0


def _check(fresh: Fresh, place: Place, wanted: int) -> None:
    landed = fresh.landed(place.base)
    if landed != wanted:
        raise RuntimeError(f"{landed} posts landed, not {wanted}: {place.arm.name}")


def _pushing(place: Place, seat: Seat, posts: int) -> Command:
    """A push of one commit with as many new items, of a prefix that nobody else takes."""
    every = (feeds.another_claim(place.shape, n) for n in range(4 * posts))
    files = [file for file in every if "/FLT-" in file[0]]
    name = "refs/heads/large"
    feeds.write_commits(seat, [files], ref=name, onto=place.base)
    seat.git("checkout", "-q", "large")
    ref = _queue(place) or FEED_REF
    return Command(("sh", "-c", _PUSH, "push", ref), seat.folder, seat.environment)


def _queue(place: Place) -> str:
    """The ref of the server's queue, where it says that it has one."""
    said = Server(place.kept / "server.git").git("show", SERVER_REF, ok=None)
    return read_announcement(said.stdout.encode()).queue
