"""A server and its seats, with the hooks that `fleetfeed install` puts there.

A fleet is made once in a test session and copied for each test: starting Python three
times for each of some hundred tests would be most of their time.
"""

import fcntl
import os
import re
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.environment import clean
from harness.repo import Repo, Result

MAIN = "refs/heads/main"
"""The feed ref of the fleets here."""


@dataclass(frozen=True, slots=True)
class Server(Repo):
    """A bare repository that others push to."""

    @classmethod
    def create(cls, folder: Path, *, install: bool = True) -> "Server":
        """A new, empty bare repository; with `install`, guarded by the server hook."""
        folder.mkdir(parents=True)
        server = cls(folder, clean())
        server.git("init", "-q", "--bare", "-b", "main", ".")
        if install:
            server.install()
        return server

    def install(self, *options: str, ok: bool | None = True) -> Result:
        """`fleetfeed install --server` on this repository."""
        return self.fleetfeed("install", "--server", ".", *options, ok=ok)

    def end_leader(self) -> None:
        """End whoever leads the queue, if anybody does: the next push starts another."""
        file = self.folder / "fleetfeed/queue.lock"
        if not file.exists():
            return
        with file.open("r+") as lock, suppress(ValueError, ProcessLookupError):
            os.kill(int(lock.read()), signal.SIGTERM)
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)

    def disarm(self) -> None:
        """A server as one that never had the hook, and a policy that names none."""
        (self.folder / "hooks/pre-receive").unlink()
        self.git("update-ref", "-d", "refs/fleetfeed/server")
        policy = self.holds("feed/policy.yaml", MAIN)
        if policy and "\nserver: " in policy:
            self.rewrite(re.sub(r"\nserver: .*", "", policy))

    def rewrite(self, policy: str) -> None:
        """Put another policy on the feed ref, past every hook."""
        index = {"GIT_INDEX_FILE": str(self.folder / "rewriting")}
        blob = self.git("hash-object", "-w", "--stdin", stdin=policy).stdout.strip()
        self.git("read-tree", MAIN, env=index)
        row = f"100644,{blob},feed/policy.yaml"
        self.git("update-index", "--add", "--cacheinfo", row, env=index)
        tree = self.git("write-tree", env=index).stdout.strip()
        self.git(
            "update-ref", MAIN, self.line("commit-tree", "-p", MAIN, "-m", "x", tree)
        )
        (self.folder / "rewriting").unlink()


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

    @property
    def _template(self) -> Path:
        """The clone that seats are copies of; a fleet and its copies share one."""
        return self.folder / "template"

    def seat(self, name: str = "CAMBER-06") -> Seat:
        """The seat `name`, a fresh clone with hooks the first time it is asked for."""
        seat = Seat(self.folder / "seats" / name, clean(FLEETFEED_SEAT=name))
        if not seat.folder.exists():
            shutil.copytree(self._template, seat.folder, symlinks=True)
            with (seat.folder / ".git/config").open("a") as config:
                config.write(f'[user]\n\tname = "{name}"\n')
            self._join(seat)
        return seat

    def first(self) -> Seat:
        """The clone that later seats are copies of, for who begins a feed with more."""
        if self._template.is_symlink():
            shared = self._template.resolve()
            self._template.unlink()
            shutil.copytree(shared, self._template, symlinks=True)
        seat = Seat(self._template, self.server.environment)
        self._join(seat)
        return seat

    def _join(self, seat: Seat) -> None:
        """Make a copied clone one of our server's, with the newest that is there."""
        config, server = seat.folder / ".git/config", self.server.folder
        url = f'\turl = "{server}"'
        config.write_text(re.sub(r"\turl = .*", lambda _: url, config.read_text()))
        # A pull starts eight processes: where it has nothing to bring it is left out.
        fetched = seat.folder / ".git/FETCH_HEAD"
        if _tip(fetched) == _tip(server / "refs/heads/main") != "":
            fetched.touch()
        else:
            seat.git("pull", "-q", "--ff-only")

    @classmethod
    def make(cls, folder: Path) -> "Fleet":
        """A new fleet, made by the real commands: `init`, a push, `install` on both."""
        fleet = cls(folder)
        server = Server.create(fleet.server.folder)
        first = Seat.clone(server, folder / "template", install=False)
        first.fleetfeed("init")
        first.commit("start the feed")
        first.push("-u", "HEAD:refs/heads/main")
        first.git("remote", "set-head", "origin", "-a")
        first.install()
        first.git("pull", "-q", "--ff-only")
        # git's samples would be every third file that a test copies.
        for sample in folder.glob("**/hooks/*.sample"):
            sample.unlink()
        return fleet

    def _left_out(self, at: str, _: list[str]) -> list[str]:
        """What is shared, and the socket of a leader: nobody would listen to a copy."""
        return ["template"] if Path(at) == self.folder else ["queue.sock"]

    def copy(self, folder: Path) -> "Fleet":
        """A copy of this fleet as it is, in `folder`."""
        shared = self._template.resolve()
        shutil.copytree(
            self.folder,
            folder,
            symlinks=True,
            ignore=self._left_out,
        )
        (folder / "template").symlink_to(shared)
        return Fleet(folder)


def _tip(file: Path) -> str:
    """The id that a file of git's begins with."""
    return file.read_text().split(maxsplit=1)[0] if file.is_file() else ""
