"""A server of one arm and a clone, made once; and copies of both for each measurement.

A clone is copied after its first claim: what a clone learns of a server, it knows, as
every clone knows that is in use. Each measurement has fresh copies, so that the first
and the last of them do the same work.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness import Address, Seat, Server, clean

from bench import feeds
from bench.claims import claim_of
from bench.contention.arms import Arm, rules_of
from bench.contention.orphans import Orphans, adopted
from bench.feeds import FEED_REF, Shape
from bench.world import TRACKING

WARM = "warm"
"""The mark of the claims that are made before anything is counted."""
_FETCHED = f"+{FEED_REF}:{TRACKING}"


@dataclass(frozen=True, slots=True)
class Fresh:
    """A server and clones as they were made, for one measurement."""

    server: Server
    seats: tuple[Seat, ...]
    orphans: Orphans

    def landed(self, base: str) -> int:
        """How many posts have landed since the commit `base`."""
        args = ("diff", "--name-only", "--diff-filter=A", base, FEED_REF, "--", "feed")
        return len(self.server.line(*args).splitlines())


@dataclass(frozen=True, slots=True)
class Place:
    """Where an arm works: `kept` is copied, and the copies are in `live`.

    `base` is the feed's commit that every measurement begins with, `thing` an item that
    waits for its claim there.
    """

    arm: Arm
    shape: Shape
    kept: Path
    live: Path
    base: str
    thing: str

    @classmethod
    def make(cls, arm: Arm, folder: Path, shape: Shape, address: Address) -> "Place":
        """The place in `folder`; `address` leads to its server, `server_in(folder)`."""
        server = server_in(folder)
        feeds.write(server, shape)
        rules_of(server, arm.guard)
        server.git("symbolic-ref", "HEAD", FEED_REF)
        arm.fleetfeed.guard(server, arm.guard)
        live, kept = server.folder.parent, folder / "kept"
        seat = named(address.join(address.clone(live / "seat")), 0)
        with adopted():
            thing = _warmed(arm, seat)
        server.git("repack", "-a", "-d", "-q")
        _copy(live, kept)
        return cls(arm, shape, kept, live, server.line("rev-parse", FEED_REF), thing)

    @contextmanager
    def fresh(self, seats: int) -> Iterator[Fresh]:
        """The server as it was made, and as many clones as there are `seats`."""
        self._clear()
        _copy(self.kept / "server.git", self.live / "server.git")
        server = Server(self.live / "server.git", clean())
        clones = tuple(self._clone(number) for number in range(1, seats + 1))
        with adopted() as orphans:
            yield Fresh(server, clones, orphans)
        self._clear()

    def _clone(self, number: int) -> Seat:
        folder = self.live / f"{number}"
        _copy(self.kept / "seat", folder)
        seat = named(Seat(folder), number)
        # A copy's files have other inodes than its index says.
        seat.git("update-index", "-q", "--refresh")
        return seat

    def _clear(self) -> None:
        for entry in self.live.iterdir():
            shutil.rmtree(entry)


def server_in(folder: Path) -> Server:
    """The server of a place in `folder`, made where it is not there yet."""
    server = folder / "live/server.git"
    if server.exists():
        return Server(server, clean())
    return Server.create(server, install=False)


def named(seat: Seat, number: int) -> Seat:
    """The clone, as the seat of that number."""
    return replace(seat, environment=clean(FLEETFEED_SEAT=f"CAMBER-{number:02d}"))


def _warmed(arm: Arm, seat: Seat) -> str:
    """Let a clone claim and reserve; the item that it reserved."""
    seat.run(arm.fleetfeed(*claim_of(WARM)))
    about = ("--subject", "one thing for many", "--timeout", "300s", "--json")
    made = seat.run(arm.fleetfeed("reserve", "CMB", *about))
    answer: Mapping[str, list[Mapping[str, str]]] = json.loads(made.stdout)
    seat.git("fetch", "-q", "--no-tags", "origin", _FETCHED)
    seat.git("reset", "-q", "--hard", TRACKING)
    return answer["items"][0]["item"]


def _copy(source: Path, target: Path) -> None:
    """Copy a repository; by `cp`, which is quicker than Python at many small files."""
    subprocess.run(("cp", "-a", str(source), str(target)), check=True)
