"""PostgreSQL as the tests have it: a real server, and a database of its own for each test.

Two kinds, the same to whoever asks: `pgserver` brings the programs as a Python package,
`debian` are those of the system. They listen on a socket in a folder of their own, and
end with the process that they are for, also where that is killed: a watcher sees to it.
As root they run as `nobody`, since PostgreSQL refuses to be root's.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import pytest

from harness.watcher import become

KINDS = ("pgserver", "debian")
SECONDS = 60
"""The longest that a server may take to begin or to end."""

_ADMIN = "postgres"
# What a test's data is worth; and what a container has too little of.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
}
# Whoever is not the administrator has a password, as on a server in life.
_LOGINS = f"local all {_ADMIN} trust\nlocal all all scram-sha-256\n"
_LOCALE = {
    "pgserver": ("--no-locale",),
    # Another order of letters, as most servers have it: nothing may go by that.
    "debian": ("--no-locale", "--locale-provider=icu", "--icu-locale=en-US"),
}
_WATCHER = Path(__file__).with_name("watcher.py")
_NAMES = count()
# Each is asked for its end now and then, or it would stay as a zombie.
_WATCHERS: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the programs of one kind of PostgreSQL are."""

    kind: str
    folder: Path

    @classmethod
    def found(cls, kind: str) -> "Programs":
        """Those of `kind`; skips where they are not here."""
        if kind == "debian":
            # The newest that is there.
            versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
            found = sorted(versions, key=lambda file: float(file.parts[-3]))
            if not found:
                pytest.skip("no initdb here (Debian: apt install postgresql)")
            return cls(kind, found[-1].parent)
        spec = find_spec("pgserver")
        if spec is None or spec.origin is None:
            pytest.skip("pgserver is not installed: it has no wheel for this machine")
        return cls(kind, Path(spec.origin).parent / "pginstall/bin")

    def within_reach(self, folder: Path) -> "Programs":
        """The same, copied into `folder` where `nobody` cannot enter where they lie."""
        try:
            self._run("initdb", "--version")
        except PermissionError:
            shutil.copytree(self.folder.parent, folder / "install", symlinks=True)
            return Programs(self.kind, folder / "install/bin")
        return self

    def make_data(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Fill `folder` with the data of a server that has never run."""
        self._run(
            *("initdb", "-D", str(folder), "-U", _ADMIN, "-E", "UTF8"),
            *("--no-sync", "--no-instructions", *_LOCALE[self.kind]),
        )
        (folder / "pg_hba.conf").write_text(_LOGINS)
        with (folder / "postgresql.conf").open("a") as opened:
            opened.writelines(f"{key} = '{said}'\n" for key, said in settings.items())

    def _run(self, program: str, *args: str) -> None:
        done = subprocess.run(
            (str(self.folder / program), *args),
            **become(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server in `folder`, which ends with the process `watched`."""

    kind: str
    folder: Path
    programs: Path
    watched: int

    @classmethod
    def make(cls, kind: str, watched: int, **settings: str) -> "PostgresServer":
        """A server that has never run; skips where there are no programs for it.

        `settings` are others than those that tests have.
        """
        programs = Programs.found(kind)
        # Not in pytest's own folder, which only root may enter; and a socket's path
        # is short.
        root = os.environ.get("PYTEST_DEBUG_TEMPROOT")
        folder = Path(tempfile.mkdtemp(prefix="fleetfeed-pg-", dir=root))
        folder.chmod(0o755)
        within = programs.within_reach(folder)
        for name in ("data", "socket"):
            (folder / name).mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(folder / name, "nobody")
        (folder / "socket").chmod(0o755)
        within.make_data(folder / "data", {**_SETTINGS, **settings})
        return cls(kind, folder, within.folder, watched)

    @property
    def data(self) -> Path:
        """Where it keeps what it is told."""
        return self.folder / "data"

    def start(self) -> None:
        """Let it run, and return when it answers."""
        socket = str(self.folder / "socket")
        server = (str(self.programs / "postgres"), "-D", str(self.data), "-k", socket)
        watching = (sys.executable, "-IS", str(_WATCHER), str(self.watched))
        with (self.folder / "log").open("a") as log:
            watcher = subprocess.Popen(
                (*watching, str(self.folder), *server),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _WATCHERS[:] = [each for each in _WATCHERS if each.poll() is None]
        _WATCHERS.append(watcher)
        until = time.monotonic() + SECONDS
        while not self._answers():
            log_text = self.log()
            assert watcher.poll() is None, log_text
            assert time.monotonic() < until, log_text
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(_ADMIN)):
                return True
        except psycopg.OperationalError:
            return False

    def url(self, database: str, user: str = _ADMIN, **more: str) -> str:
        """How a client names a database; `more` are libpq's settings."""
        settings = {"host": str(self.folder / "socket"), **more}
        query = "&".join(f"{key}={quote(said)}" for key, said in settings.items())
        return f"postgresql://{quote(user)}@/{database}?{query}"

    def log(self) -> str:
        """What it has written down so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def process(self) -> psutil.Process | None:
        """The first of its processes; None where it does not run."""
        try:
            text = (self.data / "postmaster.pid").read_text()
            found = psutil.Process(int(text.split("\n", 1)[0]))
            # A server that was killed leaves the file, and another has the number.
            return found if str(self.data) in found.cmdline() else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None

    def stop(self) -> None:
        """End it in order; clients that are connected are cut off."""
        if server := self.process():
            server.send_signal(signal.SIGINT)
            _wait([server])

    def kill(self) -> None:
        """SIGKILL for all its processes at once, as if the power failed."""
        if server := self.process():
            server.suspend()  # or it would begin others
            all_of_it = [server, *server.children(recursive=True)]
            for process in all_of_it:
                process.kill()
            _wait(all_of_it)

    def remove(self) -> None:
        """End it, and take away what it has kept."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Postgres:
    """A database that is empty when the test begins, on a server that runs.

    `own`: the server is this test's alone, and may be stopped.
    """

    server: PostgresServer
    database: str
    own: bool = False
    _open: list["psycopg.Connection[Any]"] = field(default_factory=list)

    def url(self, user: str = _ADMIN, **more: str) -> str:
        """How a ledger names it; `more` are libpq's settings (`password`, `options`)."""
        return self.server.url(self.database, user, **more)

    def connect(self, user: str = _ADMIN, **more: str) -> "psycopg.Connection[Any]":
        """A connection that commits each statement; closed when the test ends."""
        connection = psycopg.connect(self.url(user, **more), autocommit=True)
        self._open.append(connection)
        return connection

    def close(self) -> None:
        """Close what `connect` has opened."""
        for connection in self._open:
            connection.close()

    def start(self) -> None:
        """Let the server run again."""
        self._owned().start()

    def stop(self) -> None:
        """End the server in order."""
        self._owned().stop()

    def kill(self) -> None:
        """SIGKILL for all processes of the server."""
        self._owned().kill()

    def _owned(self) -> PostgresServer:
        assert self.own, "other tests are on this server: ask for `own_postgres`"
        return self.server


@contextmanager
def own_server(kind: str, **settings: str) -> Iterator[Postgres]:
    """A server for one test, which runs; `settings` are others than tests have."""
    server = PostgresServer.make(kind, os.getpid(), **settings)
    try:
        server.start()
        with fresh_database(server, own=True) as postgres:
            yield postgres
    finally:
        server.remove()


def shared_server(kind: str, folder: Path) -> PostgresServer:
    """The one server of a test run; the first that asks starts it.

    `folder` is one that all workers have in common, and nobody else.
    """
    known = folder / f"postgres-{kind}"
    with (folder / f"postgres-{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if known.exists():
            where, programs, watched = json.loads(known.read_text())
            return PostgresServer(kind, Path(where), Path(programs), watched)
        server = PostgresServer.make(kind, _run())
        server.start()
        said = (str(server.folder), str(server.programs), server.watched)
        known.write_text(json.dumps(said))
        return server


def _run() -> int:
    """The process that is the whole test run: xdist's workers are its children."""
    return os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()


@contextmanager
def fresh_database(server: PostgresServer, *, own: bool = False) -> Iterator[Postgres]:
    """An empty database, which is gone after the block."""
    name = f"t{os.getpid()}_{next(_NAMES)}"
    with psycopg.connect(server.url(_ADMIN), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    postgres = Postgres(server, name, own)
    try:
        yield postgres
    finally:
        postgres.close()
        if not own:
            with psycopg.connect(server.url(_ADMIN), autocommit=True) as admin:
                admin.execute(f"drop database {name} with (force)".encode())


def _wait(processes: list[psutil.Process]) -> None:
    """Until none of them runs; some may wait for a parent that never asks."""
    until = time.monotonic() + SECONDS
    while any(map(_runs, processes)):
        assert time.monotonic() < until, processes
        time.sleep(0.005)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
