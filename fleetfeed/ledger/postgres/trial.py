"""Whether posts can be written to a ledger, and what its server promises: by trying."""

import json
import time

import psycopg

from fleetfeed.ledger.postgres.connection import Database, Row, words_of
from fleetfeed.ledger.postgres.document import NOTHING
from fleetfeed.ledger.postgres.schema import require_tables
from fleetfeed.util.records import record

_SEEN = """
SELECT session_user::text, current_setting('server_version'), version,
    extract(epoch FROM clock_timestamp())::float8, pg_is_in_recovery(),
    coalesce((SELECT max(append) FROM rule), 0)
FROM ledger
"""

_REWRITES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = (
        SELECT relnamespace FROM pg_class WHERE oid = 'ledger'::regclass)
    AND has_table_privilege(session_user, oid, 'INSERT,UPDATE,DELETE,TRUNCATE')
ORDER BY relname
"""

# What is answered must be on a disk, or a power failure takes it back.
_SAFE = ("fsync", "full_page_writes", "synchronous_commit")
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"

_TRIED = "tried by fleetfeed doctor, and taken back"


@record
class Trial:
    """What came of it.

    `ahead` are the seconds by which the database's clock is before ours, or behind it
    (negative); `unsure` by how much that may be off. `rewrites` are the tables that
    this role may change by itself. `unsafe` are settings by which what was answered may
    be lost. `refused` says why an append was not taken; empty where it was.
    """

    shown: str
    server: str
    version: int
    role: str
    ahead: float
    unsure: float
    standby: bool
    rewrites: tuple[str, ...]
    unsafe: tuple[str, ...]
    refused: str


def tried(database: Database, seconds: float) -> Trial:
    """Try an append, which is taken back. CannotTell where nobody answers."""
    connection = database.connection(seconds)
    try:
        # Also so that no more than one answer is timed.
        require_tables(database, connection)
        sent = time.time()
        ((role, server, version, clock, standby, rules),) = _asked(connection, _SEEN)
        unsure = (time.time() - sent) / 2
        rewrites = _asked(connection, _REWRITES)
        settings = connection.execute(_SETTINGS, (list(_SAFE),)).fetchall()
        refused = _appended(connection, int(rules))
    except psycopg.Error as error:
        raise database.cannot_tell(error) from error
    return Trial(
        database.shown,
        str(server),
        int(version),
        str(role),
        ahead=float(clock) - sent - unsure,
        unsure=unsure,
        standby=bool(standby),
        rewrites=tuple(name for (name,) in rewrites),
        unsafe=tuple(f"{name} = off" for name, value in settings if value == "off"),
        refused=refused,
    )


def _asked(connection: psycopg.Connection[Row], query: str) -> list[Row]:
    return connection.execute(query.encode()).fetchall()


def _appended(connection: psycopg.Connection[Row], rules: int) -> str:
    """Append nothing, and take that back; why it was not taken."""
    write = {**NOTHING, "message": _TRIED, "rules": rules}
    try:
        with connection.transaction(force_rollback=True):
            asked = "SELECT append_if(%s, '{}')"
            answer = connection.execute(asked, (json.dumps(write),)).fetchone()
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        return words_of(error)
    accepted = answer is not None and "accepted" in answer[0]
    return "" if accepted else f"it was answered {answer}"
