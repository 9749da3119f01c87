"""The server's stamps: when it saw each sign of life, by its own clock.

One SQLite file in the server's repository, written by pre-receive alone. Times are of
CLOCK_BOOTTIME, which no one can set and which goes on while the machine sleeps; they
mean nothing after a reboot, hence the boot's id beside each. What has no stamp of this
boot, or a damaged one, counts as seen now and is stamped now: whatever is lost
lengthens a lease, and never shortens one.
"""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BUSY = 5.0
"""Seconds that one push waits for another's stamps."""

Key = tuple[str, int, str]
"""What a stamp is of: an item, its epoch, and the id of a post or a beat."""

_TABLE = """\
CREATE TABLE IF NOT EXISTS stamp (
    item TEXT, epoch INTEGER, object TEXT, boot TEXT, at REAL, seal TEXT,
    PRIMARY KEY (item, epoch, object)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that only runs, and the id of the boot that it runs since."""

    boot: str
    now: Callable[[], float]


def server_clock() -> Clock | None:
    """This machine's; None where it has no such clock."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return None
    return Clock(boot, lambda: time.clock_gettime(time.CLOCK_BOOTTIME))


class StampsUnusable(Exception):
    """The file of stamps cannot be read or written."""


class Stamps:
    """The stamps in one file; a stamp is keyed by item, epoch and object id.

    Every method raises StampsUnusable where the file cannot be used: the caller then
    knows nothing of time.
    """

    def __init__(self, file: Path, clock: Clock) -> None:
        """Nothing is opened before it is asked for."""
        self._file, self._clock = file, clock

    def now(self) -> float:
        """The time that stamps are compared with."""
        return self._clock.now()

    def seen(self, item: str, epoch: int, objects: Iterable[str]) -> dict[str, float]:
        """When each of `objects` was seen: now, where nobody had stamped it."""
        with self._open() as db:
            now, wanted = self._clock.now(), set(objects)
            asked = "SELECT object, boot, at, seal FROM stamp WHERE item=? AND epoch=?"
            rows = db.execute(asked, (item, epoch)).fetchall()
            found = {
                object_: min(at, now)
                for object_, boot, at, seal in rows
                if boot == self._clock.boot
                and seal == _seal(item, epoch, object_, boot, at)
            }
            fresh = wanted - found.keys()
            self._put(db, ((item, epoch, object_) for object_ in fresh), now)
            return {**found, **dict.fromkeys(fresh, now)}

    def stamp(
        self, rows: Iterable[Key], landed: Iterable[tuple[str, int]] = ()
    ) -> None:
        """Stamp what is seen now.

        `landed` are items and the epochs that they are at: what earlier epochs left
        can mean nothing any more. (What is seen may never land, and then the epoch
        before it still counts.)
        """
        with self._open() as db:
            self._put(db, rows, self._clock.now())
            past = "DELETE FROM stamp WHERE item=? AND epoch<?"
            db.executemany(past, landed)

    def _put(self, db: sqlite3.Connection, rows: Iterable[Key], now: float) -> None:
        boot = self._clock.boot
        db.executemany(
            "INSERT OR REPLACE INTO stamp VALUES (?, ?, ?, ?, ?, ?)",
            [(i, e, o, boot, now, _seal(i, e, o, boot, now)) for i, e, o in rows],
        )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file in a transaction of its own; a damaged one is begun anew."""
        try:
            with contextlib.closing(self._connected()) as db, db:
                yield db
        except (OSError, sqlite3.Error) as error:
            raise StampsUnusable(self._file) from error

    def _connected(self) -> sqlite3.Connection:
        self._file.parent.mkdir(exist_ok=True)
        try:
            return self._begun()
        except sqlite3.OperationalError:
            raise  # locked, read-only, no room: the file itself may be sound
        except sqlite3.DatabaseError:
            self._file.unlink()
            return self._begun()

    def _begun(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=_BUSY, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute(_TABLE)
            db.execute("SELECT item, epoch, object, boot, at, seal FROM stamp LIMIT 1")
        except sqlite3.Error:
            db.close()
            raise
        return db


def _seal(item: str, epoch: int, object_: str, boot: str, at: float) -> str:
    """A digest of a row: a damaged time must not end a lease early."""
    text = "\n".join((item, str(epoch), object_, boot, repr(at)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
