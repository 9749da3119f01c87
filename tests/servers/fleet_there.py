"""A fleet on a real server: its seats, and what they cost the server."""

from dataclasses import dataclass
from pathlib import Path

from harness import Seat, clean
from servers.host import SEATS, Host


@dataclass(frozen=True)
class FleetThere:
    """Seats are clones below `folder`, made when they are first asked for."""

    host: Host
    folder: Path

    def begin(self):
        """Start the feed, unless a test has done it."""
        if (self.folder / SEATS[0]).exists():
            return
        first = self._clone(SEATS[0])
        first.fleetfeed("init", "--steward", "FLEET-01")
        policy = first.folder / "feed/policy.yaml"
        policy.write_text(policy.read_text().replace("grace: 60s", "grace: 2s"))
        first.commit("start the feed")
        first.git("push", "-q", "-u", "origin", "HEAD")
        first.install()

    def seat(self, name):
        """The clone of a seat, with the client hooks."""
        if not (self.folder / name).exists():
            self._clone(name).install()
        return Seat(self.folder / name, clean(FLEETFEED_SEAT=name))

    def _clone(self, name):
        seat = self.host.address(name).clone(self.folder / name)
        seat.git("config", "user.name", name)
        return Seat(seat.folder, clean(FLEETFEED_SEAT=name))

    def plays(self, seat, *args, ok=True):
        """`fleetfeed args` of a seat: how it ended, and the connections it made."""
        clone, before = self.seat(seat), self.host.connections(seat)
        said = clone.fleetfeed(*args, ok=ok)
        return said, self.host.connections(seat) - before

    def posts(self, item):
        """How many posts an item has on the server."""
        listed = self.host.git("ls-tree", "-r", "--name-only", "HEAD")
        return listed.count(f"/{item}/")


def new(surface, *options):
    """The words for a new item on `CAMBER:job:surface`."""
    key = ("--surface", f"CAMBER:job:{surface}", "--proof", "new work")
    return ("--new", "CMB", "--subject", surface, *key, *options)
