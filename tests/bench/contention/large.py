"""A push of many posts beside the claims of many seats: how long these wait for it."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Thread

from harness import Seat, Server

from bench import feeds
from bench.contention.metered import RECEIVE, forget, served
from bench.contention.place import WARM, Fresh, Place, server_in
from bench.contention.races import claiming, each_of
from bench.contention.start import Seats, Turn, together, turn, won
from bench.feeds import FEED_REF
from bench.timing import Command
from bench.world import TRACKING
from fleetfeed.model.server import SERVER_REF, read_announcement

# Where there is no queue, it is put on the newest tip until no other push is first.
_PUSH = """\
while :; do
    said=$(git push -q --no-verify "$2" HEAD:$1 2>&1) && exit
    case $said in *"fleetfeed: push refused"*) break ;; esac
    git pull -q --rebase origin main || break
done
echo "$said"
exit 3
"""


# What a clone needs git for where it meets these posts, whoever writes what.
_CATCHES_UP = f"""\
git fetch -q --no-tags origin +{FEED_REF}:{TRACKING} && git merge -q --ff-only {TRACKING}
"""

_ALONE = 3
"""How often what is alone is measured: a single one is soon over."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Claims with and without a large push beside them, and that push, alone and so.

    `waits` are the seconds that each push of the claims took at the server itself,
    without the large one and beside it. `judged` is what the push takes more where it
    is alone on a server that judges it than on one without hooks, in seconds. `meets`
    is what one claim takes longer, beside nobody, that meets these posts, and `by_git`
    the CPU time of a fetch and a checkout of them in one clone, by git alone.
    """

    arm: str
    without: Seats
    beside: Seats
    waits: tuple[list[float], list[float]]
    alone: float
    judged: float
    crowded: float
    meets: float
    by_git: float


def beside(place: Place, unguarded: Place, posts: int, seats: int, each: int) -> Beside:
    """Measure the three, one after another; `unguarded` is a place without hooks.

    Both were made over `metered.METERED`.
    """
    each = each_of(seats, each)
    without, _ = _run(place, 0, seats, each)
    waits = _waits(place)
    claims, crowded = _run(place, posts, seats, each)
    both = waits, _waits(place)
    alone, bare = (
        _median(partial(_pushed_alone, one, posts)) for one in (place, unguarded)
    )
    few, many = (_median(partial(_meeting, place, n)) for n in (0, posts))
    known = (place.arm.name, without, claims, both, alone, alone - bare, crowded)
    return Beside(*known, many - few, _median(partial(_by_git, place, posts)))


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(_ALONE))


def _pushed_alone(place: Place, posts: int) -> float:
    return _run(place, posts, 0, 0)[1]


def _meeting(place: Place, posts: int) -> float:
    """How long a claim takes, alone, that meets so many posts and one claim."""
    with place.fresh(3) as fresh:
        one, first, pusher = fresh.seats
        pushing = _pushing(place, pusher, posts) if posts else None
        won(((turn(claiming(place, first, f"{WARM}-again")),),))
        if pushing:
            turn(pushing)
        ((claim,),) = won(((turn(claiming(place, one, "meeting")),),))
        _check(fresh, place, posts + 2)
    return claim.sample.wall


def _by_git(place: Place, posts: int) -> float:
    """CPU seconds in which git fetches so many posts, and checks them out."""
    with place.fresh(2) as fresh:
        one, pusher = fresh.seats
        turn(_pushing(place, pusher, posts))
        asked = Command(("sh", "-c", _CATCHES_UP), one.folder, one.environment)
        return turn(asked).sample.cpu


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
        forget(place)
        pushed: list[Turn] = []
        other = Thread(target=lambda: pushed.append(turn(pushing)) if pushing else None)
        other.start()
        run = won(together(asked)) if asked else ()
        other.join()
        _check(fresh, place, posts + seats * each + 1)
    return run, pushed[0].sample.wall if pushed else 0.0


def _waits(place: Place) -> list[float]:
    """How long each push of a claim took at the server; the large one goes by its path."""
    return [row.wall for row in served(place) if row.verb == RECEIVE]


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
    args = ("sh", "-c", _PUSH, "push", ref, str(server_in(place.live.parent).folder))
    return Command(args, seat.folder, seat.environment)


def _queue(place: Place) -> str:
    """The ref of the server's queue, where it says that it has one."""
    said = Server(place.kept / "server.git").git("show", SERVER_REF, ok=None)
    return read_announcement(said.stdout.encode()).queue
