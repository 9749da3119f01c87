"""Many who ask at once: numbers for each of them, or one thing that one of them gets."""

from collections.abc import Callable
from dataclasses import dataclass

from harness import Seat

from bench.claims import claim_of
from bench.contention.place import WARM, Place
from bench.contention.races import claiming
from bench.contention.start import Seats, together, turn, wall, won
from bench.timing import Command

RESERVE, SURFACE, ITEM = "reserve", "one surface", "one item"
_ABOUT = ("--timeout", "300s", "--json")


@dataclass(frozen=True, slots=True)
class Crowd:
    """What many asked for at once in an arm, and what they were told."""

    arm: str
    what: str
    seats: Seats

    @property
    def wall(self) -> float:
        """Seconds until all were answered."""
        return wall(self.seats)

    @property
    def tries(self) -> list[int]:
        """How many pushes each of those took who won."""
        return [one.tries for (one,) in self.seats if not one.code]


def reserve(place: Place, seats: int) -> Crowd:
    """All reserve a number. RuntimeError where two have the same."""
    crowd = _crowd(place, RESERVE, seats, _reserving)
    won(crowd.seats)
    numbers = {one.answer["items"][0]["item"] for (one,) in crowd.seats}
    if len(numbers) != seats:
        raise RuntimeError(f"{seats} seats were given {len(numbers)} numbers: {crowd}")
    return crowd


def contest(place: Place, what: str, seats: int) -> Crowd:
    """All want one surface, or one item. RuntimeError unless one gets it."""
    crowd = _crowd(place, what, seats, _SAME[what])
    if len(crowd.tries) != 1:
        raise RuntimeError(f"{len(crowd.tries)} seats have won {what}: {crowd}")
    return crowd


def _crowd(
    place: Place, what: str, seats: int, asking: Callable[[Place, Seat], Command]
) -> Crowd:
    with place.fresh(seats + 1) as fresh:
        *many, first = fresh.seats
        won(((turn(claiming(place, first, f"{WARM}-again")),),))
        run = together([[asking(place, seat)] for seat in many])
    return Crowd(place.arm.name, what, run)


def _reserving(place: Place, seat: Seat) -> Command:
    subject = f"the work of {seat.environment['FLEETFEED_SEAT']}"
    return _command(place, seat, "reserve", "CMB", "--subject", subject, *_ABOUT)


def _taking(place: Place, seat: Seat) -> Command:
    return _command(place, seat, "claim", place.thing, *_ABOUT)


def _claiming(place: Place, seat: Seat) -> Command:
    return _command(place, seat, *claim_of("same"))


_SAME = {SURFACE: _claiming, ITEM: _taking}


def _command(place: Place, seat: Seat, *args: str) -> Command:
    return Command(place.arm.fleetfeed(*args), seat.folder, seat.environment)
