"""What is measured of the ledger on PostgreSQL, and in which sizes."""

from dataclasses import dataclass

LEDGER, DAY = "ledger", "day"
PARTS = (LEDGER, DAY)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for.

    `writers`, in `processes`, make `each` posts apiece; `ready` items await them. Beside
    them `seats` claim from git's servers. Appends are measured at each of `sizes`, in
    posts, `pairs` times. The rest is done `runs` times. The day has `fleet` seats, is
    pressed into `seconds`, and of it a `share` is played.
    """

    parts: tuple[str, ...]
    runs: int
    closed: int
    writers: int
    processes: int
    each: int
    ready: int
    seats: int
    sizes: tuple[int, ...]
    pairs: int
    fleet: int
    seconds: float
    share: float
