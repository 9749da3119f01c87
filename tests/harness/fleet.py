"""A server and its seats, with the hooks that `fleetfeed install` puts there.

A fleet is made once in a test session and copied for each test: starting Python three
times for each of some hundred tests would be most of their time.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.environment import clean
from harness.repo import Repo, Result


@dataclass(frozen=True, slots=True)
class Server(Repo):
    """A bare repository that others push to."""

    @classmethod
    def create(cls, folder: Path, *, install: bool = True) -> "Server":
        """A new, empty bare repository; with `install`, guarded by the server hook."""
        folder.mkdir(parents=True)
        server = cls(folder, clean())
        server.git("init", "-q", "--bare", ".")
        if install:
            server.install()
        return server

    def install(self, *options: str, ok: bool | None = True) -> Result:
        """`fleetfeed install --server` on this repository."""
        return self.fleetfeed("install", "--server", ".", *options, ok=ok)

    def disarm(self) -> None:
        """A server as one that never had the hook, and says so."""
        (self.folder / "hooks/pre-receive").unlink()
        self.git("update-ref", "-d", "refs/fleetfeed/server")


@dataclass(frozen=True, slots=True)
class Seat(Repo):
    """A clone that posts and pushes, guarded by the client hooks."""

    @classmethod
    def clone(
        cls, server: Repo, folder: Path, *options: str, install: bool = True
    ) -> "Seat":
        """Clone `server`; with `install`, put the hooks in."""
        seat = cls(folder, clean())
        origin = str(server.folder)
        seat.git("clone", "-q", *options, origin, str(folder), cwd=server.folder)
        if install:
            seat.install()
        return seat

    def install(self, *options: str, ok: bool | None = True) -> Result:
        """`fleetfeed install` in this clone."""
        return self.fleetfeed("install", *options, ok=ok)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A guarded server whose main branch carries an empty feed, and seats on demand."""

    folder: Path

    @property
    def server(self) -> Server:
        """The server."""
        return Server(self.folder / "server.git", clean())

    def seat(self, name: str = "CAMBER-06") -> Seat:
        """The seat `name`, a fresh clone with hooks the first time it is asked for."""
        seat = Seat(self.folder / "seats" / name, clean(FLEETFEED_SEAT=name))
        if not seat.folder.exists():
            shutil.copytree(self.folder / "template", seat.folder, symlinks=True)
            seat.git("config", "user.name", name)
            seat.git("remote", "set-url", "origin", str(self.server.folder))
            seat.git("pull", "-q", "--ff-only")
        return seat

    @classmethod
    def make(cls, folder: Path) -> "Fleet":
        """A new fleet, made by the real commands: `init`, a push, `install` on both."""
        fleet = cls(folder)
        server = Server.create(fleet.server.folder, install=False)
        first = Seat.clone(server, folder / "template", install=False)
        first.git("symbolic-ref", "HEAD", "refs/heads/main")
        first.fleetfeed("init")
        first.commit("start the feed")
        first.push("-u", "HEAD:refs/heads/main")
        first.git("remote", "set-head", "origin", "-a")
        server.install()
        first.install()
        return fleet

    def copy(self, folder: Path) -> "Fleet":
        """A copy of this fleet as it is, in `folder`."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Fleet(folder)
