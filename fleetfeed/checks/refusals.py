"""What this server has refused, counted by surface in a file beside its stamps.

Whoever is refused goes away with a sentence, and nothing is left of it; so a surface
that a fleet fights over looks like any other. Counting is for people: it is bounded,
costs a few milliseconds where something was refused and nothing elsewhere, and is never
a reason to refuse. What cannot be counted is not.
"""

import contextlib
import os
import time
from collections.abc import Iterable

from fleetfeed.git import queries
from fleetfeed.git.process import Git, apart
from fleetfeed.git.remote import LONG, fetch
from fleetfeed.model.errors import CannotTell, FleetfeedError
from fleetfeed.model.findings import Verdict
from fleetfeed.model.refused import (
    REFUSED_REF,
    Refused,
    RefusedRow,
    day_of,
    read_refused,
    surfaces_refused,
)
from fleetfeed.repo.location import Where
from fleetfeed.repo.newest import kept_below
from fleetfeed.repo.repository import Repo
from fleetfeed.util.sqlitefile import SQLiteFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

FILE = "fleetfeed/refusals.sqlite"
"""Where the counts lie in the server's repository."""

_BUSY = 0.2
"""Seconds that a refusal waits for another's: then it is not counted."""

_DAYS, _ROWS = 90, 2000
"""How long counts are kept, and how many of one day by surface."""

_EVERY = 60.0
"""Seconds between two times that clients are told: each leaves a blob behind."""

_MAKE = (
    "PRAGMA synchronous=OFF",
    "BEGIN IMMEDIATE",
    """\
CREATE TABLE IF NOT EXISTS refused (
    day INTEGER, key TEXT, rule TEXT, count INTEGER, PRIMARY KEY (day, key, rule)
) WITHOUT ROWID
""",
    "CREATE TABLE IF NOT EXISTS told (at REAL)",
)
_ADD = """\
INSERT INTO refused VALUES (?, ?, ?, 1)
ON CONFLICT (day, key, rule) DO UPDATE SET count = count + 1
"""
_READ = "SELECT day, key, rule, count FROM refused ORDER BY day DESC, count DESC, key"


def count_refusals(where: str, verdicts: Iterable[Verdict]) -> None:
    """Count what `verdicts` refuse in the repository that git finds at `where`.

    Clients are told of it where they were not just now. Whatever goes wrong, nothing is
    counted.
    """
    found = [
        each
        for verdict in verdicts
        if verdict.refused
        for each in surfaces_refused(verdict.findings)
    ]
    if not found:
        return
    with contextlib.suppress(OSError, UnicodeError, ImportError, FleetfeedError):
        # In a hook git would keep a blob with what is being pushed, and throw it away.
        git = Git(where, apart())
        counts = RefusalCounts(queries.common_folder(git))
        if counts.add(found, time.time()):
            _tell(git, counts)


def _tell(git: Git, counts: "RefusalCounts") -> None:
    """Put the counts where clients find them."""
    known = counts.read(time.time())
    if known is not None:
        written = git.out("hash-object", "-w", "--stdin", stdin=known.data)
        git.out("update-ref", REFUSED_REF, written.decode().strip())


class RefusalCounts:
    """The counts in the repository at `folder`, git's own.

    An OSError, UnicodeError or ImportError where they cannot be had.
    """

    def __init__(self, folder: str) -> None:
        """Nothing is opened yet."""
        self._file = SQLiteFile(f"{folder}/{FILE}")

    def add(self, rows: Iterable[tuple[str, str]], now: float) -> bool:
        """Count one refusal of each key by each rule; whether it is time to tell."""
        import sqlite3  # late: where nothing is refused nobody needs it

        self._file.make()
        try:
            with contextlib.closing(self._file.connect(_BUSY)) as db:
                for statement in _MAKE:
                    db.execute(statement)
                with db:
                    return _added(db, list(rows), now)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._file.discard(error)
            return False

    def read(self, now: float) -> Refused | None:
        """What was counted; None where nothing was, or it cannot be read."""
        import sqlite3

        if not os.path.exists(self._file.path):
            return None
        try:
            with contextlib.closing(self._file.connect(_BUSY)) as db:
                found = db.execute(_READ).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):
            return None
        rows = [
            RefusedRow(day, key, rule, count)
            for day, key, rule, count in found
            if isinstance(day, int) and isinstance(count, int) and isinstance(key, str)
        ]
        told = tuple(row for row in rows if row.key)
        return Refused(now, told, sum(row.count for row in rows if not row.key))

    def remove(self) -> bool:
        """Take the file away; whether there was one."""
        return self._file.remove()


def _added(db: "sqlite3.Connection", rows: list[tuple[str, str]], now: float) -> bool:
    day = day_of(now)
    db.execute("DELETE FROM refused WHERE day < ?", (day - _DAYS,))
    counted = "SELECT count(*) FROM refused WHERE day = ?"
    (there,) = db.execute(counted, (day,)).fetchone()
    known = "SELECT 1 FROM refused WHERE day = ? AND key = ? AND rule = ?"
    for key, rule in rows:
        full = there >= _ROWS and not db.execute(known, (day, key, rule)).fetchone()
        # What is beyond the bound is counted together.
        db.execute(_ADD, (day, "" if full else key, rule))
        there += not full
    (told,) = db.execute("SELECT max(at) FROM told").fetchone()
    if isinstance(told, float) and now - _EVERY < told <= now:
        return False
    db.execute("DELETE FROM told")
    db.execute("INSERT INTO told VALUES (?)", (now,))
    return True


def refused_known(repo: Repo, where: Where, *, offline: bool) -> Refused | None:
    """What the feed's server has refused, as far as it can be known here.

    A server knows its own counts; a clone what its remote told last, which is asked
    unless `offline`. None where nobody tells.
    """
    if where.remote is None:
        with contextlib.suppress(OSError, UnicodeError, ImportError):
            return RefusalCounts(repo.common_folder).read(time.time())
        return None
    kept = f"{kept_below(where.remote)}refused"
    with contextlib.suppress(CannotTell):
        if not offline:
            # A pattern: a server that has refused nothing has no such ref.
            spec = f"+{REFUSED_REF}*:{kept}*"
            fetch(repo.git, where.remote, spec, None, LONG)
    id_ = queries.exact(repo.git, kept)
    try:
        return read_refused(repo.objects.blob(id_)) if id_ else None
    except CannotTell:
        return None
