"""A fleet in the middle of its work, as most tests of commits want it.

`CAMBER-07` holds the surface `TAKEN` through `CMB-0001`; `CAMBER-06`, whose clone is
`me`, holds `MINE` through `CMB-0002`. Both are published, and every seat has them.
"""

from pathlib import Path

from harness.fleet import Fleet, Seat
from harness.posts import claim, path

TAKEN = "CAMBER:file:taken"
MINE = "CAMBER:job:mine"
FREE = "CAMBER:page:free"


class Scene(Fleet):
    """A fleet whose feed has two claims on it."""

    __slots__ = ()

    @property
    def me(self) -> Seat:
        """The clone of CAMBER-06."""
        return self.seat("CAMBER-06")

    @property
    def other(self) -> Seat:
        """The clone of CAMBER-07."""
        return self.seat("CAMBER-07")

    @classmethod
    def play(cls, fleet: Fleet) -> "Scene":
        """Make the scene out of a new fleet, whose later seats start with it."""
        first = fleet.first()
        first.write("README.md", "no post\n")
        first.write(path("CMB-0001"), claim("CMB-0001", TAKEN, seat="CAMBER-07"))
        first.write(path("CMB-0002"), claim("CMB-0002", MINE, seat="CAMBER-06"))
        first.commit("two claims")
        first.push()
        first.git("pull", "-q", "--ff-only")
        return cls(fleet.folder)

    def copy(self, folder: Path) -> "Scene":
        """A copy of this scene as it is, in `folder`."""
        return Scene(Fleet.copy(self, folder).folder)
