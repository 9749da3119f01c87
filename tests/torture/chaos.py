"""What breaks on a server, and in clones, while seats are at work."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from faults.queue_bench import processes
from faults.small_disk import can_mount, filled, small_disk

from torture.worlds import Scene

_DISK = "48m"
"""The size of a server's disk, where there is one that can get full."""

HOOK, GC, FULL = "a process of the server killed", "gc --prune=now", "disk full"
STAMPS, CACHE = "stamps damaged", "cache damaged"
BACKEND, DATABASE = "connection ended", "database killed"


@dataclass
class Chaos:
    """Breaks one thing after another, by chance, in a thread of its own."""

    scene: Scene
    chance: random.Random
    wanted: frozenset[str]
    counted: Counter[str] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)
    _errors: list[BaseException] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While the block lasts; when it is over, nothing is broken any more."""
        thread = threading.Thread(target=self._go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            if self._errors:
                raise self._errors[0]

    def _go_on(self) -> None:
        rows = [
            (what, do) for what, do in self._faults().items() if what in self.wanted
        ]
        try:
            while rows and not self._over.wait(self.chance.uniform(0.5, 5)):
                what, do = self.chance.choice(rows)
                self.counted[what] += do()
        except BaseException as error:  # noqa: BLE001 - raised where the block ends
            self._errors.append(error)

    def _faults(self) -> Mapping[str, Callable[[], bool]]:
        """What can be broken in this world; each says whether it was."""
        if self.scene.postgres:
            return {
                BACKEND: self._backend,
                DATABASE: self._database,
                CACHE: self._cache,
            }
        found = {
            HOOK: self._hook, GC: self._gc, STAMPS: self._stamps, CACHE: self._cache,
        }  # fmt: skip
        if can_mount():
            found[FULL] = self._full
        return found

    # -- a repository

    @property
    def _folder(self) -> Path:
        assert self.scene.server
        return self.scene.server.folder

    def _hook(self) -> bool:
        """Kill whatever runs in the repository: a hook, its git, a leader, a follower."""
        until = time.monotonic() + 5
        time.sleep(self.chance.uniform(0, 0.5))
        while time.monotonic() < until and not self._over.is_set():
            if found := list(processes("", self.scene.server)):
                with suppress(ProcessLookupError):
                    os.kill(self.chance.choice(found), signal.SIGKILL)
                    return True
            time.sleep(0.02)
        return False

    def _gc(self) -> bool:
        assert self.scene.git
        self.scene.git("gc", "--quiet", "--prune=now", ok=None)
        return True

    def _full(self) -> bool:
        ballast = filled(self._folder / "objects/ballast")
        self._over.wait(self.chance.uniform(0.2, 1.5))
        ballast.unlink()
        return True

    def _stamps(self) -> bool:
        return self._damage(self._folder / "fleetfeed/stamps.sqlite")

    def _cache(self) -> bool:
        """Damage what a clone, or the server, remembers beside its objects."""
        folders = [clone / ".git/fleetfeed" for clone in self.scene.clones.values()]
        if self.scene.server:
            folders.append(self._folder / "fleetfeed")
        names = ("*.sqlite", "*.json")
        found = [file for at in folders for name in names for file in at.glob(name)]
        rest = [file for file in found if file.name != "stamps.sqlite"]
        return bool(rest) and self._damage(self.chance.choice(sorted(rest)))

    def _damage(self, file: Path) -> bool:
        """Cut a file off, overwrite a part of it, or take it away.

        Bytes in place of its pages, and none that could be another value of a row.
        """
        with suppress(FileNotFoundError):
            size = file.stat().st_size
            match self.chance.randrange(3):
                case 0:
                    file.unlink()
                case 1:
                    os.truncate(file, size // 2)
                case 2:
                    with file.open("r+b") as out:
                        out.write(b"\xff" * size)
            return True
        return False

    # -- a database

    def _backend(self) -> bool:
        """End the line of whoever writes just now."""
        assert self.scene.postgres
        until = time.monotonic() + 5
        while time.monotonic() < until and not self._over.is_set():
            with suppress(psutil.NoSuchProcess, IndexError):
                server = self.scene.postgres.server.process()
                clients = [p for p in _children(server) if "[local]" in _title(p)]
                self.chance.choice(clients).terminate()
                return True
            time.sleep(0.02)
        return False

    def _database(self) -> bool:
        """Kill all of the server, as if the power failed, and start it again."""
        assert self.scene.postgres
        self.scene.postgres.kill()
        self._over.wait(self.chance.uniform(0, 2))
        self.scene.postgres.start()
        return True


def _children(server: psutil.Process | None) -> list[psutil.Process]:
    return list(server.children()) if server else []


def _title(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


@contextmanager
def on_small_disk(scene: Scene) -> Iterator[None]:
    """The server's objects lie on a disk that can get full, where one can be mounted."""
    if scene.server is None or not can_mount():
        yield
        return
    with small_disk(scene.server.folder / "objects", _DISK):
        yield
