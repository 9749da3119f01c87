"""The cache file: summaries as rows by path and id, for several processes at once.

A row is a summary as texts, with a check over them. SQLite does the locking. Nothing
here raises: a row that cannot be had is not there, a file that is damaged is begun
anew, and one that is read-only, full or busy is left. A Python without SQLite has no
rows.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from unicodedata import unidata_version

from fleetfeed.feed.codec import MEANING
from fleetfeed.feed.summary import Open, Summary
from fleetfeed.feed.surface_index import Hold
from fleetfeed.util.intervals import IntervalSet
from fleetfeed.util.records import record
from fleetfeed.util.sqlitefile import SQLiteFile


@record
class Row:
    """What is stored of the summary of the tree `id` at `path`."""

    path: str
    id: str
    held: str
    open: str
    taken: str
    seal: int

    @property
    def sound(self) -> bool:
        """Whether it is what was written: bytes may have been flipped since."""
        return self.seal == _check(*self.columns[:-1])

    @property
    def columns(self) -> tuple[str | int, ...]:
        """Its values, as they are stored."""
        return self.path, self.id, self.held, self.open, self.taken, self.seal


def _check(*texts: object) -> int:
    return zlib.crc32("\n".join(map(str, texts)).encode("utf-8", "surrogatepass"))


def row_of(path: str, id_: str, summary: Summary) -> Row:
    """`summary`, of the tree `id_` at `path`, as a row."""
    keys = summary.holds, summary.resting
    held = json.dumps(keys, separators=(",", ":"))
    lines = (f"{item}\t{row.tree}\t{row.text}" for item, row in summary.open.items())
    taken = {prefix: taken.spans for prefix, taken in summary.taken.items()}
    return sealed_row(path, id_, held, "\n".join(lines), json.dumps(taken))


def sealed_row(path: str, id_: str, held: str, open_: str = "", taken: str = "") -> Row:
    """A row of these texts, with the check over them."""
    texts = (path, id_, held, open_, taken)
    return Row(*texts, _check(*texts))


def summary_of(row: Row) -> Summary:
    """The summary that `row` was made of. ValueError and the like where it is none."""
    lines = (line.split("\t", 2) for line in row.open.split("\n") if line)
    taken = json.loads(row.taken).items()
    holds, resting = json.loads(row.held)
    return Summary(
        tuple(Hold(*hold) for hold in holds),
        tuple(Hold(*hold) for hold in resting),
        {item: Open(tree, text) for item, tree, text in lines},
        {prefix: IntervalSet(map(tuple, spans)) for prefix, spans in taken},
    )


TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

FILE = "fleetfeed/memo.sqlite"
"""Where the cache lies in git's common folder, which linked worktrees share."""

MOST_BYTES = 256 * 1024 * 1024
"""The size at which the file is begun anew."""

FORM = 2
"""How rows are laid out."""

# Each form and each meaning of the rules has its table; and so has each Unicode, which
# says what letters are the same when case is folded.
_TABLE = f"summary_{FORM}_{MEANING}_{unidata_version.replace('.', '_')}"
_MAKE = f"""\
CREATE TABLE IF NOT EXISTS {_TABLE} (
    path TEXT, id TEXT, held TEXT, open TEXT, taken TEXT, seal INTEGER,
    PRIMARY KEY (path, id)
)
"""
_COLUMNS = "path, id, held, open, taken, seal"
# No name in these comes from outside.
# ruff: noqa: S608
_LOAD = f"SELECT {_COLUMNS} FROM {_TABLE} WHERE path=? AND id=?"
_NEWEST = f"""\
SELECT {_COLUMNS} FROM {_TABLE} WHERE path=? ORDER BY rowid DESC LIMIT 1 OFFSET ?
"""
_SAVE = f"INSERT OR REPLACE INTO {_TABLE} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
_PRUNE = f"""\
DELETE FROM {_TABLE} WHERE path=?1 AND rowid NOT IN
    (SELECT rowid FROM {_TABLE} WHERE path=?1 ORDER BY rowid DESC LIMIT ?2)
"""
# Of each path the newest rows are kept; feeds are asked for at several commits.
_FEEDS, _SHARDS = 12, 3
_TRIED = 3
"""Feeds that are tried to go on from."""

# A reader that gives up reads the whole feed; a writer leaves it to the next one.
_READER, _WRITER = 10.0, 0.5
_BUSY, _LOCKED = 5, 6


class CacheFile:
    """The cache file at `path`."""

    def __init__(self, path: str) -> None:
        """Nothing is opened before the first question."""
        self._file = SQLiteFile(path)
        self._reader: sqlite3.Connection | None = None
        self._stuck = False

    def load(self, path: str, id_: str) -> Row | None:
        """The row of the tree `id_` at `path`, as it was written."""
        row = self._row(_LOAD, path, id_)
        # A damaged table of contents may lead to another tree's row.
        return row if row and (row.path, row.id) == (path, id_) else None

    def newest(self, path: str = "") -> Iterator[Row]:
        """The rows of `path` (of feeds) that were kept last, the newest first."""
        rows = (self._row(_NEWEST, path, number) for number in range(_TRIED))
        return (row for row in rows if row and row.path == path)

    def save(self, rows: Iterable[Row]) -> None:
        """Write `rows`, if that can be done now."""
        try:
            self._write(list(rows))
        except _failures() as error:
            self._put_away(error)

    def close(self) -> None:
        """Close the file."""
        if self._reader:
            self._reader.close()
        self._reader = None

    def remove(self) -> None:
        """Begin anew. OSError where that cannot be."""
        self.close()
        self._file.remove()

    def _row(self, question: str, *values: str | int) -> Row | None:
        """The row that answers; fetched as a whole, since a half-read one locks."""
        if self._reader is None and not os.path.lexists(self._file.path):
            return None  # SQLite takes 4 ms to import, in which a small feed is read
        try:
            if self._reader is None:
                self._reader = self._connected(_READER)
            found = self._reader.execute(question, values).fetchall()
        except _failures() as error:
            if "no such table" not in str(error):
                self._put_away(error)
            return None
        rows = (Row(*each) for each in found)
        return next((row for row in rows if row.sound), None)

    def _connected(self, seconds: float) -> "sqlite3.Connection":
        return self._file.connect(0 if self._stuck else seconds)

    def _write(self, rows: list[Row]) -> None:
        self._file.make()
        if os.stat(self._file.path).st_size > MOST_BYTES:
            self.remove()
            self._file.make()
        with contextlib.closing(self._connected(_WRITER)) as db:
            # No fsync: what a crash of the machine damages is made again.
            db.execute("PRAGMA synchronous=OFF")
            db.execute("BEGIN IMMEDIATE")
            with db:
                db.execute(_MAKE)
                db.executemany(_SAVE, [row.columns for row in rows])
                paths = {row.path: _SHARDS if row.path else _FEEDS for row in rows}
                db.executemany(_PRUNE, paths.items())

    def _put_away(self, error: Exception) -> None:
        """Take a damaged file away; what else went wrong may be over at the next.

        Who holds the lock for so long has been stopped: it is not waited for again.
        """
        self.close()
        self._stuck |= getattr(error, "sqlite_errorcode", 0) & 0xFF in (_BUSY, _LOCKED)
        path = self._file.path
        leads_nowhere = os.path.islink(path) and not os.path.exists(path)
        with contextlib.suppress(OSError):
            if not self._file.discard(error) and leads_nowhere:
                self._file.remove()


def _failures() -> tuple[type[Exception], ...]:
    """What may go wrong with the file."""
    others = (OSError, UnicodeError, MemoryError, ImportError)
    try:
        import sqlite3  # late: a Python without it has no cache
    except ImportError:
        return others
    return (sqlite3.Error, *others)
