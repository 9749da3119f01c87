"""Where the world takes the place of the machine: every name that is exchanged for it.

The code that ships asks `time`, `os.urandom` and a thread by their modules' names, as a
program does. Here those names stand for the world's, and are put back afterwards.
"""

import importlib
import os
import pkgutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import struct_time
from types import ModuleType
from typing import TYPE_CHECKING
from unittest import mock

from fleetfeed.lease.stamps import Epoch, Key, Stamps
from fleetfeed.repo.repository import Repo
from fleetfeed.util.sqlitefile import SQLiteFile
from simulator.outside import NoSignals
from simulator.scheduler import Process, Scheduler

if TYPE_CHECKING:
    from simulator.world import World

_PLAYED = (
    "util", "model", "feed", "judge", "lease", "git", "repo", "checks", "report",
    "ledger", "writing", "queue", "hold", "hooks",
)  # fmt: skip
"""The wings whose code runs in a world."""

_NOT_PLAYED = tuple(
    f"fleetfeed.ledger.{name}" for name in ("postgres", "cosmos", "testing")
)


def modules() -> list[ModuleType]:
    """The modules of these wings, all imported: what comes later asks the real clock."""
    names = list[str]()
    for wing in _PLAYED:
        package = importlib.import_module(f"fleetfeed.{wing}")
        below = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names += (each.name for each in below)
    played = (name for name in names if not name.startswith(_NOT_PLAYED))
    return [importlib.import_module(name) for name in played]


class WorldTime:
    """`time`, by the clocks of the machine on which the process that asks runs."""

    CLOCK_BOOTTIME, CLOCK_MONOTONIC = 7, 1
    strftime = staticmethod(time.strftime)

    def __init__(self, world: Scheduler) -> None:
        self._world = world

    def time(self) -> float:
        """Seconds of UTC, as the machine believes."""
        return self._world.running().machine.utc

    def time_ns(self) -> int:
        """The same in billionths."""
        return int(self.time() * 1e9)

    def monotonic(self) -> float:
        """Seconds since the machine was started, its sleep left out."""
        return self._world.running().machine.monotonic

    def clock_gettime(self, clock: int) -> float:
        """The boot clock, or the one that stands still in sleep."""
        machine = self._world.running().machine
        return machine.boot_clock if clock == self.CLOCK_BOOTTIME else machine.monotonic

    def sleep(self, seconds: float) -> None:
        """Let the others run."""
        self._world.sleep(seconds)

    def gmtime(self, seconds: float | None = None) -> struct_time:
        """UTC, of now where no time is given."""
        return time.gmtime(self.time() if seconds is None else seconds)


class WorldThreads:
    """`threading`, as far as a beat wants it: a thread is a process that ends with us."""

    def __init__(self, world: Scheduler) -> None:
        self._world = world

    def Thread(  # noqa: N802 - as it is called
        self, *, target: Callable[[], object], daemon: bool
    ) -> "_Thread":
        """A thread, which is not started yet."""
        del daemon
        return _Thread(self._world, target)


class _Thread:
    def __init__(self, world: Scheduler, target: Callable[[], object]) -> None:
        self._world, self._target = world, target
        self._process: Process | None = None

    def start(self) -> None:
        """Begin."""
        self._process = self._world.running().spawn(self._target, "beat")

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and not self._process.over


@contextmanager
def patched(world: "World") -> Iterator[None]:
    """Within this, the code that ships runs in `world`."""
    clock, there = WorldTime(world.scheduler), Path.cwd()
    dice, door = world.scheduler.dice, world.server.door
    exchanged: list[tuple[object, str, object]] = [
        (module, "time", clock)
        for module in modules()
        if getattr(module, "time", None) is time
    ]
    fleet = sys.modules
    exchanged += [
        (os, "urandom", dice.randbytes),
        (SQLiteFile, "connect", world.connections.way),
        (Repo, "objects", property(lambda repo: repo.git.objects)),
        (Repo, "cache", property(lambda repo: repo.git.cache)),
        (fleet["fleetfeed.hold.beat_loop"], "threading", WorldThreads(world.scheduler)),
        (fleet["fleetfeed.hold.session"], "Child", world.outside.begin),
        (fleet["fleetfeed.hold.session"], "Signals", NoSignals),
        (fleet["fleetfeed.hold.session"], "end_those_under_way", world.ends_beats),
        (fleet["fleetfeed.lease.stamps"], "_BOOT_ID", str(world.folder / "boot_id")),
        (fleet["fleetfeed.queue.landing"], "HookGit", world.server.git),
        (fleet["fleetfeed.queue.follower"], "_asked", door.asked),
        (fleet["fleetfeed.queue.follower"], "start_leader", door.start_leader),
        (fleet["fleetfeed.queue.follower"], "_complaint", lambda _: b""),
        (fleet["fleetfeed.checks.refusals"], "count_refusals", lambda *_: None),
        (fleet["fleetfeed.util.crashlog"], "report_crash", _crashed),
    ]
    with _exchanged(exchanged), _told_of_stamps(world):
        try:
            os.chdir(world.folder)
            yield
        finally:
            world.connections.close()
            os.chdir(there)


@contextmanager
def _exchanged(rows: list[tuple[object, str, object]]) -> Iterator[None]:
    """Each name of each owner stands for another value within this."""
    with ExitStack() as stack:
        for owner, name, new in rows:
            stack.enter_context(mock.patch.object(owner, name, new))
        yield


class _Kept:
    """A connection that stays open: a world's server asks its stamps all the time."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def close(self) -> None:
        """It is used again."""

    def __enter__(self) -> sqlite3.Connection:
        return self.db.__enter__()

    def __exit__(self, *how: object) -> object:
        return self.db.__exit__(*how)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self.db, name)


class Connections:
    """The connections of a world to its server's files, by what lies in them."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], _Kept] = {}
        self._connect = SQLiteFile.connect

    @property
    def way(self) -> Callable[[SQLiteFile, float], object]:
        """What stands for `SQLiteFile.connect`: a function, which becomes a method."""

        def connect(file: SQLiteFile, seconds: float) -> object:
            return self.connect(file, seconds)

        return connect

    def connect(self, file: SQLiteFile, seconds: float) -> object:
        """See SQLiteFile; whatever has taken a file's place is opened anew."""
        key = file.path, Path(file.path).stat().st_ino
        if key not in self._open:
            db = self._connect(file, seconds)
            db.execute("PRAGMA journal_mode=MEMORY")
            self._open[key] = _Kept(db)
        return self._open[key]

    def close(self) -> None:
        """Close all: the files are others', or will be."""
        for kept in self._open.values():
            kept.db.close()
        self._open.clear()


@contextmanager
def _told_of_stamps(world: "World") -> Iterator[None]:
    """The world hears of each stamp: when the server saw what, by the true time."""
    stamp = Stamps.stamp

    def heard(self: Stamps, rows: Iterable[Key], past: Iterable[Epoch] = ()) -> None:
        kept = list(rows)
        stamp(self, kept, past)
        world.truth.was_stamped(kept)

    with mock.patch.object(Stamps, "stamp", heard):
        yield


def _crashed(error: Exception) -> str:
    raise error
