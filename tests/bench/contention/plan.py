"""What is measured of many writers, and in which sizes."""

from dataclasses import dataclass
from pathlib import Path

from harness import Transport

RACES, RESERVE, CONTEST = "races", "reserve", "contest"
SERVER, LARGE, INBOX = "server", "large", "inbox"
PARTS = (RACES, RESERVE, CONTEST, SERVER, LARGE, INBOX)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for.

    Races are of each number of `seats`, with at most `each` posts a seat, over
    `transport`; `many` reserve at once, `rivals` want one thing, and `posts` are in the
    large push, beside the claims of `rivals`. Everything is done `runs` times, by each
    of `arms` in turn; `beside` is the folder with another fleetfeed's commands.
    """

    parts: tuple[str, ...]
    runs: int
    closed: int
    seats: tuple[int, ...]
    each: int
    many: int
    rivals: int
    posts: int
    arms: tuple[str, ...]
    beside: Path | None
    transport: Transport
