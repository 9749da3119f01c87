"""What was appended to the ledger, in the order in which it can be told in git."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from operator import itemgetter

import psycopg
from psycopg.rows import dict_row

from fleetfeed.feed.objects import object_id
from fleetfeed.ledger.postgres.compare import LedgerFile
from fleetfeed.ledger.postgres.connection import PATIENCE, Database, Row
from fleetfeed.ledger.postgres.cursor import BY_CONTENT, Cursor, Origin
from fleetfeed.ledger.postgres.schema import (
    NEWEST_RULES,
    require_tables,
    require_version,
)
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.policy import DEFAULT, Policy
from fleetfeed.model.policy_reader import read_policy
from fleetfeed.util.records import record

# A sealed post lies in its shard's file, which is a row of its own.
_WRITTEN = """
  select append, path, data from post where sealed_in = ''
  union all select append, path, data from note
  union all select append, path, data from seal
"""
_FILES = f"""
  {_WRITTEN}
  union all select append, path, data from ({NEWEST_RULES}) as newest
  where data is not null
"""  # noqa: S608 - constants
_BROUGHT = f"""
  with file as ({_WRITTEN} union all select append, path, data from rule)
  select append, path, data from file
  where append between %(first)s and %(last)s and append = any(%(all)s)
"""  # noqa: S608 - as above
_HEADS = """
  select id, (extract(epoch from at) * 1000000)::bigint, role, message from append
  where id = any(%(all)s) order by id
"""
_NEWEST = """
  select id, (extract(epoch from at) * 1000000)::bigint from append
  order by id desc limit 1
"""
_IS_MINE = """
  select (extract(epoch from at) * 1000000)::bigint = %(at)s
    and pg_snapshot_xmax(%(snapshot)s::pg_snapshot)
      <= pg_snapshot_xmax(pg_current_snapshot())
  from append where id = %(append)s
"""
_BETWEEN = """
  select id from append
  where xact >= pg_snapshot_xmin(%(before)s::pg_snapshot)
    and not pg_visible_in_snapshot(xact, %(before)s::pg_snapshot)
    and pg_visible_in_snapshot(xact, %(snapshot)s::pg_snapshot)
    and id > %(behind)s
  order by id
"""
_ORIGIN = """
  select id::text, (select system_identifier::text from pg_control_system()),
    case when pg_is_in_recovery() then 'standby'
         else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end,
    pg_current_snapshot()::text, folder
  from ledger
"""
_POLICY = """
  select data from rule where path = 'policy.yaml' order by append desc limit 1
"""
_FOLDED_BY = "select version, meaning from ledger"
_BEGIN_LONG = """
  set transaction isolation level repeatable read, read only;
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0
"""
_NOTHING = "1:1:"
"""The snapshot in which no transaction is to be seen."""
_READ_TOGETHER = 2000


Brought = tuple[tuple[str, bytes | None], ...]
"""Paths in the feed, and the bytes that were brought there; None: taken away."""


@record
class Append:
    """One append: its number, when (µs since 1970), by which role, and what it said.

    `files` are what it brought.
    """

    number: int
    at: int
    role: str
    message: str
    files: Brought


@record
class Pending:
    """Appends that are to be exported, by number, in this order.

    `before` and `snapshot` are what their cursors say; `only` are the paths that are
    still missing, None where all of them are.
    """

    appends: Sequence[int]
    before: str
    snapshot: str
    only: frozenset[str] | None = None


@contextmanager
def long_reading(database: Database, *, folds: bool = False) -> "Iterator[Appends]":
    """The ledger as it is now, for who reads long. CannotTell where it cannot be had.

    `folds`: its items are looked at, and must have been folded by the rules of today.
    Nothing is held up by it; what is deleted meanwhile is only tidied up afterwards.
    """
    patience, database.patience = database.patience, None  # there may be much to read
    connection = database.connection(PATIENCE)
    try:
        require_tables(database, connection)
        if folds:
            (row,) = connection.execute(_FOLDED_BY).fetchall()
            require_version(database, *row)
        with connection.transaction():
            connection.execute(_BEGIN_LONG)
            yield Appends(connection)
    except psycopg.Error as error:
        raise database.cannot_tell(error) from error
    finally:
        database.patience = patience


class Appends:
    """The ledger as it is in one transaction: repeatable read, read only."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        """`connection` is in that transaction."""
        self.connection = connection

    @cached_property
    def _standing(self) -> tuple[str, ...]:
        return tuple(map(str, self.connection.execute(_ORIGIN).fetchone() or ()))

    @property
    def origin(self) -> Origin:
        """Which ledger this is."""
        ledger, system, timeline, *_ = self._standing
        return Origin(ledger, f"{system}/{timeline}")

    @property
    def snapshot(self) -> str:
        """What is visible here."""
        return self._standing[3]

    @property
    def folder(self) -> str:
        """What the ledger calls the feed's folder."""
        return self._standing[4]

    def policy(self) -> Policy:
        """The newest policy. CannotTell where it cannot be read."""
        rows = self.connection.execute(_POLICY).fetchone()
        if not rows or rows[0] is None:
            return DEFAULT
        found, findings = read_policy(bytes(rows[0]), f"{self.folder}/{layout.POLICY}")
        if found is None:
            why = findings[0].message if findings else "nobody knows why"
            raise CannotTell(f"the ledger's policy cannot be read: {why}")
        return found

    def is_mine(self, cursor: Cursor) -> bool:
        """Whether `cursor` says how far this very database was exported.

        Not after a restore: the numbers of its transactions are others then.
        """
        if cursor.origin != self.origin or cursor.before == BY_CONTENT:
            return False
        asked = {"at": cursor.at, "snapshot": cursor.snapshot, "append": cursor.append}
        row = self.connection.execute(_IS_MINE, asked).fetchone()
        return bool(row and row[0])

    def now(self) -> Cursor | None:
        """The cursor of whoever has exported all that is here; None of an empty one."""
        row = self.connection.execute(_NEWEST).fetchone()
        if row is None:
            return None
        number, at = row
        return Cursor(self.origin, number, at, self.snapshot, self.snapshot)

    def all(self) -> list[Pending]:
        """All that was appended."""
        numbers = self._numbers(_NOTHING, self.snapshot, 0)
        return [Pending(numbers, _NOTHING, self.snapshot)] if numbers else []

    def behind(self, cursor: Cursor) -> list[Pending]:
        """What was appended behind `cursor`."""
        rest = self._numbers(cursor.before, cursor.snapshot, cursor.append)
        new = self._numbers(cursor.snapshot, self.snapshot, 0)
        found = (
            Pending(rest, cursor.before, cursor.snapshot),
            Pending(new, cursor.snapshot, self.snapshot),
        )
        return [each for each in found if each.appends]

    def _numbers(self, before: str, snapshot: str, behind: int) -> list[int]:
        if before == snapshot:
            return []
        asked = {"before": before, "snapshot": snapshot, "behind": behind}
        rows = self.connection.execute(_BETWEEN, asked)
        return [int(number) for (number,) in rows]

    def read(self, numbers: Sequence[int]) -> Iterator[Append]:
        """These appends, which are in order."""
        wanted = {"first": numbers[0], "last": numbers[-1], "all": list(numbers)}
        files: dict[int, list[tuple[str, bytes | None]]] = {
            number: [] for number in numbers
        }
        rows = self.connection.execute(_BROUGHT, wanted)
        for number, path, data in rows:
            files[int(number)].append((str(path), _bytes(data)))
        for number, at, role, message in self.connection.execute(_HEADS, wanted):
            known = int(number)
            there = tuple(sorted(files.pop(known), key=itemgetter(0)))
            yield Append(known, int(at), str(role), str(message), there)

    def files(self, id_size: int) -> Iterator[LedgerFile]:
        """Each file that the ledger stands for."""
        for number, path, data in self.stream(_FILES):
            id_ = object_id("blob", _bytes(data) or b"", id_size)
            yield LedgerFile(int(number), str(path), id_)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """What `query` answers."""
        return self.connection.execute(query.encode(), values or None).fetchall()

    def stream(self, query: str) -> Iterator[Row]:
        """What `query` answers, row by row."""
        with self.connection.cursor("rows") as rows:
            rows.itersize = _READ_TOGETHER
            yield from rows.execute(query.encode())

    def stream_by_name(self, query: str) -> Iterator[Mapping[str, object]]:
        """The same, each row by the names of its columns."""
        with self.connection.cursor("named_rows", row_factory=dict_row) as rows:
            rows.itersize = _READ_TOGETHER
            yield from rows.execute(query.encode())


def _bytes(data: object) -> bytes | None:
    return data if isinstance(data, bytes) else None
