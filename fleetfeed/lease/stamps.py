"""The server's stamps: when it saw each sign of life, by its own clock.

One SQLite file in the server's repository, written by pre-receive alone. Times are of
CLOCK_BOOTTIME, which no one can set and which goes on while the machine sleeps; they
mean nothing after a reboot, hence the boot's id beside each. What has no stamp of this
boot, or a damaged one, counts as seen now and is stamped now: whatever is lost
lengthens a lease, and never shortens one.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from fleetfeed.util.records import record
from fleetfeed.util.sqlitefile import SQLiteFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FILE = "fleetfeed/stamps.sqlite"
"""Where the stamps lie in the server's repository."""

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_BUSY = 5.0
"""Seconds that one push waits for another's stamps."""

Key = tuple[str, int, str]
"""What a stamp is of: an item, its epoch, and a beat's id or a post's number and id."""

_NUMBERED = "beat "


def numbered(beat: int) -> str:
    """What a signed beat is stamped as, by its number: of an epoch only the last."""
    return f"{_NUMBERED}{beat}"


def is_numbered(object_: str) -> bool:
    """Whether this is what a signed beat is stamped as."""
    return object_.startswith(_NUMBERED)


Epoch = tuple[str, int]
"""An item, and one of its epochs."""

# No fsync: after a crash of the machine the boot is another, and no stamp counts.
_BEGIN = (
    "PRAGMA synchronous=OFF",
    "BEGIN IMMEDIATE",
    """\
CREATE TABLE IF NOT EXISTS stamp (
    item TEXT, epoch INTEGER, object TEXT, boot TEXT, at REAL, seal TEXT,
    PRIMARY KEY (item, epoch, object)
) WITHOUT ROWID
""",
    "SELECT item, epoch, object, boot, at, seal FROM stamp LIMIT 1",
)

_EARLIER = """\
DELETE FROM stamp WHERE item=? AND epoch=?
AND object GLOB 'beat *' AND CAST(substr(object, 6) AS INTEGER) < ?
"""


@record
class Clock:
    """A clock that only runs, and the id of the boot that it runs since."""

    boot: str
    now: Callable[[], float]


def server_clock() -> Clock | None:
    """This machine's; None where it has no such clock."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    try:
        with open(_BOOT_ID, encoding="utf-8") as file:
            boot = file.read().strip()
    except OSError:
        return None
    return Clock(boot, lambda: time.clock_gettime(time.CLOCK_BOOTTIME))


class StampsUnusable(Exception):
    """The file of stamps cannot be read or written."""


@record
class SeenStamps:
    """When objects were seen. `now` was read while nobody else could stamp.

    So whatever is stamped after this was read has a stamp later than `now`. `last` is
    the number of the last signed beat, of whichever boot; 0 where there was none.
    """

    now: float
    at: dict[str, float]
    last: int = 0


class Stamps:
    """The stamps in one file; a stamp is keyed by item, epoch and object id.

    Every method that opens the file raises StampsUnusable where that cannot be: the
    caller then knows nothing of time.
    """

    def __init__(self, file: "Path | str", clock: Clock) -> None:
        self._file, self._clock = SQLiteFile(os.fspath(file)), clock

    def now(self) -> float:
        """The time that stamps are compared with."""
        return self._clock.now()

    def kept(self) -> bool:
        """Whether there are stamps, be they of use at this moment or not."""
        try:
            os.lstat(self._file.path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def seen(self, item: str, epoch: int, objects: Iterable[str]) -> SeenStamps:
        """When each object was seen: now, for those of `objects` without a stamp."""
        with self._open() as db:
            now, wanted = self._clock.now(), set(objects)
            asked = "SELECT object, boot, at, seal FROM stamp WHERE item=? AND epoch=?"
            rows = db.execute(asked, (item, epoch)).fetchall()
            good = [
                (object_, boot, at)
                for object_, boot, at, seal in rows
                if isinstance(boot, str)
                and isinstance(at, float)
                and seal == _seal(item, epoch, object_, boot, at)
            ]
            found = {
                o: min(at, now) for o, boot, at in good if boot == self._clock.boot
            }
            fresh = wanted - found.keys()
            self._put(db, ((item, epoch, object_) for object_ in fresh), now)
            last = max((_number(object_) for object_, _, _ in good), default=0)
            return SeenStamps(now, {**found, **dict.fromkeys(fresh, now)}, last)

    def some(self, most: int) -> tuple[Epoch, ...]:
        """Items and epochs of which there are stamps: `most` of them, by chance."""
        asked = "SELECT item, epoch FROM stamp ORDER BY random() LIMIT ?"
        with self._open() as db:
            rows = db.execute(asked, (most,)).fetchall()
        known = ((i, e) for i, e in rows if isinstance(i, str) and isinstance(e, int))
        return tuple(known)

    def stamp(self, rows: Iterable[Key], past: Iterable[Epoch] = ()) -> None:
        """Stamp what is seen now, and forget the items' epochs up to those of `past`.

        What is forgotten too early counts as seen when it is next asked about.
        """
        with self._open() as db:
            gone = "DELETE FROM stamp WHERE item=? AND epoch<=?"
            db.executemany(gone, list(past))
            self._put(db, rows, self._clock.now())

    def _put(self, db: "sqlite3.Connection", rows: Iterable[Key], now: float) -> None:
        boot, new = self._clock.boot, list(rows)
        db.executemany(
            "INSERT OR REPLACE INTO stamp VALUES (?, ?, ?, ?, ?, ?)",
            [(i, e, o, boot, now, _seal(i, e, o, boot, now)) for i, e, o in new],
        )
        # A later one stays, whose push was judged at the same time.
        db.executemany(
            _EARLIER, [(i, e, _number(o)) for i, e, o in new if is_numbered(o)]
        )

    @contextlib.contextmanager
    def _open(self) -> Iterator["sqlite3.Connection"]:
        """The file in a transaction of its own; a damaged one is begun anew."""
        try:
            # Late: a Python without SQLite judges as a server without a clock does.
            import sqlite3
        except ImportError as error:
            raise StampsUnusable(self._file.path) from error
        try:
            failed = (sqlite3.Error, UnicodeDecodeError)
            with contextlib.closing(self._connected(failed)) as db, db:
                yield db
        except failed as error:
            self._file.discard(error)
            raise StampsUnusable(self._file.path) from error
        except OSError as error:
            raise StampsUnusable(self._file.path) from error

    def _connected(self, failed: tuple[type[Exception], ...]) -> "sqlite3.Connection":
        self._file.make()
        try:
            return self._begun()
        except failed as error:
            if not self._file.discard(error):
                raise
            self._file.make()
            return self._begun()

    def _begun(self) -> "sqlite3.Connection":
        import sqlite3

        db = self._file.connect(_BUSY)
        try:
            for statement in _BEGIN:
                db.execute(statement)
        except (sqlite3.Error, UnicodeDecodeError):
            db.close()
            raise
        return db


def _number(object_: object) -> int:
    """The number of the signed beat that was stamped; 0 where it is something else."""
    if not isinstance(object_, str) or not is_numbered(object_):
        return 0
    return int(object_.removeprefix(_NUMBERED))


def _seal(item: str, epoch: int, object_: str, boot: str, at: float) -> str:
    """A digest of a row, of whatever type: a damaged one must not end a lease early."""
    text = "\n".join((item, str(epoch), str(object_), boot, repr(at)))
    return sha256(text.encode()).hexdigest()[:16]
