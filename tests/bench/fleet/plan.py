"""What is measured of a fleet, and in which sizes."""

from dataclasses import dataclass

FLEET, LONG = "fleet", "long"
PARTS = (FLEET, LONG)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for.

    `seats` work off a backlog of `tickets`, each in `work` seconds, for at most `most`
    seconds. Beside that they work off tickets that are free of each other, `each` for
    every seat, in each of `works` seconds. All of it is done `runs` times. The part `long`
    has the backlog again, with `longer` seconds of work a ticket.
    """

    parts: tuple[str, ...]
    runs: int
    closed: int
    seats: int
    tickets: int
    work: float
    most: float
    works: tuple[float, ...]
    each: int
    longer: float
