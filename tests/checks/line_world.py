"""A fleet in which others are in line for the map, which is free, and their turns last.

The line is that of `judge.line_rows`; CMB-0010 of CAMBER-06 holds the book, for which
CMB-0011 of ORA-02 is in line. All of it came by pushes, and by a queue where there is
one, so the server has seen when.
"""

from dataclasses import dataclass

from harness import Fleet, Seat
from harness.built import Builder
from harness.fleet import MAIN
from judge.gen_feeds import claim
from judge.line_rows import FREE, HELD, POLICY, of, waits

TURN = "turn: 10m"
BOOK = "CAMBER:file:book"
TEN, ELEVEN = "CMB-0010", "CMB-0011"
BOOKED = {
    **of(TEN, claim(BOOK)),
    **of(ELEVEN, waits("ORA-02", 1, BOOK)),
}
DONE = {name: text for name, text in FREE.items() if name not in HELD}
"""Who had the map is done with it."""


@dataclass(frozen=True)
class World:
    """The fleet, what makes commits, and the feed's commits before the line and now."""

    fleet: Fleet
    builder: Builder
    start: str
    tip: str

    @classmethod
    def of(cls, fleet: Fleet, make) -> "World":
        """The line in `fleet`, on a server that `make` has made what it is."""
        make(fleet.server)
        policy = fleet.server.holds("feed/policy.yaml", "main")
        policy = policy.replace("turn: 60s", TURN).replace("stewards: []", POLICY)
        fleet.server.rewrite(policy.replace("aliases: {files: file, code: file}", ""))
        builder, start = Builder(fleet.seat("ORA-04")), fleet.server.tip("main")
        world = cls(fleet, builder, start, start)
        builder.seat.git("pull", "-q")
        for files in (HELD | BOOKED, DONE):
            commit = builder.commit(files, fleet.server.tip("main"))
            assert world.pushed(commit).ok
        return cls(fleet, builder, start, fleet.server.tip("main"))

    @property
    def seat(self) -> Seat:
        """The clone of ORA-04, who jumps."""
        return self.builder.seat

    def pushed(self, commit: str, ref: str = MAIN, *more: str):
        """How git's push of a commit to a ref ended."""
        specs = (f"{commit}:{ref}", *more)
        return self.seat.git("push", "--no-verify", "origin", *specs, ok=None)

    def left_as_it_was(self) -> bool:
        """Whether the feed is where it was."""
        return self.fleet.server.tip("main") == self.tip
