"""A server, the clones that race for what is on it, and the way between them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Address, Fleet, Seat, Server, Transport, clean, path
from harness.starting import FLEETFEED, Ended, Start, Starter
from harness.transport import FORCED_COMMAND, GIT_DAEMON, HTTP, PATH
from race.oracle_feed import Feed

ROUNDS = 30

PATIENT = ("--timeout", "10m")
"""How a race ends is asked, not how soon: no command gives up on a busy machine."""


@dataclass(frozen=True, slots=True)
class Way:
    """A transport to a server that has the hooks, its queue's too, or has none."""

    transport: Transport
    guarded: bool
    queue: bool = True

    def __str__(self) -> str:
        kind = "guarded" if self.queue else "without-a-queue"
        return f"{self.transport}-{kind if self.guarded else 'hook-less'}"


WAYS = tuple(
    Way(transport, guarded)
    for transport in (GIT_DAEMON, HTTP, FORCED_COMMAND, PATH)
    for guarded in (True, False)
)

DIRECT = Way(PATH, guarded=True, queue=False)


def spread(*small: int):
    """A test for each way, `small` (by place in WAYS) always, the rest under stress."""
    rows = [
        pytest.param(
            way, id=str(way), marks=[] if place in small else pytest.mark.large
        )
        for place, way in enumerate(WAYS)
    ]
    return pytest.mark.parametrize("way", rows)


def rounds_of(way: Way) -> range:
    """The rounds that fall to a way, so that all WAYS together have ROUNDS of them."""
    if way not in WAYS:
        return range(len(WAYS))
    return range(WAYS.index(way), ROUNDS, len(WAYS))


@dataclass(frozen=True, slots=True)
class Arena:
    """A fresh server and its clones. What happens on it is read by plain git."""

    server: Server
    address: Address
    starter: Starter
    folder: Path

    def clone(self, name: str) -> Seat:
        """The clone `name`, a copy of the first one, made when it is asked for."""
        first, seat = (Seat(self.folder / each, clean()) for each in ("first", name))
        if not first.folder.exists():
            self.address.clone(first.folder, "--template=")
        if not seat.folder.exists():
            shutil.copytree(first.folder, seat.folder, symlinks=True)
        return seat

    def start(self, clone: str, seat: str, *args: str, program: str = FLEETFEED):
        """A command of `seat` in a clone, to be run by `run`."""
        folder = str(self.clone(clone).folder)
        environment = clean(FLEETFEED_SEAT=seat)
        return Start(folder, environment, (*args, *PATIENT), program)

    def run(self, starts: list[Start]) -> list[Ended]:
        """Start all commands at one moment."""
        return self.starter.together(starts)

    def file(self, posts: dict[str, str]) -> None:
        """Put the first posts of items on the feed, by a plain push."""
        first = self.clone("first")
        for item, text in posts.items():
            first.write(path(item), text)
        first.commit("what is there before the race")
        first.push()

    @property
    def queued(self) -> bool:
        """Whether a queue's leader has been at work."""
        return (self.server.folder / "fleetfeed/queue.lock").exists()

    def feed(self) -> Feed:
        """What is on the server."""
        return Feed.read(self.server)

    def audit(self) -> None:
        """`fleetfeed audit` in a fresh clone, and git's own check of the server."""
        fresh = self.address.clone(self.folder / "fresh", "--template=")
        start = Start(str(fresh.folder), clean(), ("audit",))
        (ended,) = self.starter.together([start])
        assert ended.code == 0, ended
        self.server.git("fsck", "--strict", "--no-dangling")


@contextmanager
def new_arena(
    fleet: Fleet, way: Way, starter: Starter, folder: Path
) -> Iterator[Arena]:
    """An arena with an empty feed, reachable while the block lasts."""
    shutil.copytree(fleet.server.folder, folder / "server.git", symlinks=True)
    server = Server(folder / "server.git", clean())
    if not way.guarded:
        server.disarm()
    elif not way.queue:
        server.install("--no-queue")
    with way.transport.open(server) as address:
        yield Arena(server, address, starter, folder)
    shutil.rmtree(folder)
