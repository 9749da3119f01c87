"""The tables of a ledger: made, brought up to date, and checked to be what we know."""

from functools import cache
from importlib.resources import files

import psycopg

from fleetfeed.feed.codec import MEANING
from fleetfeed.ledger.postgres.connection import Database, Row
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.util.printable import printable

_OLDEST = 140000
"""The oldest server that is tried: it knows all that the tables need."""

NEWEST_RULES = """
    SELECT DISTINCT ON (path) path, append, data FROM rule ORDER BY path, append DESC
"""
"""Each rule file in its last form, for a FROM; one that is gone has no data (null)."""


@cache
def migrations() -> tuple[str, ...]:
    """The SQL of each version, the first first: `0001.sql` makes version 1."""
    folder = files(__package__) / "migrations"
    named = sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in named)


def newest() -> int:
    """The version that this code works with."""
    return len(migrations())


def migrate(database: Database, folder: str, ref: str, seconds: float) -> int:
    """Make the tables, or bring them up to date; the version that was there (0: none).

    All in one transaction. Refused where they are of a newer fleetfeed, the server is
    too old, or the role may not.
    """
    connection = database.connection(seconds)
    try:
        with connection.transaction():
            return _migrated(database, connection, folder, ref)
    except psycopg.errors.InsufficientPrivilege as error:
        raise not_the_owner(database, error) from error
    except psycopg.Error as error:
        raise database.cannot_tell(error) from error


def _migrated(
    database: Database, connection: psycopg.Connection[Row], folder: str,
    ref: str,
) -> int:  # fmt: skip
    server = connection.info.server_version
    if server < _OLDEST:
        message = f"{database.shown} is PostgreSQL {server // 10000}, and its tables"
        raise Refused(f"{message} need {_OLDEST // 10000} or later; update it")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        message = f"the database's encoding is {printable(str(encoding))}, which cannot"
        raise Refused(f"{message} hold every post; make one with ENCODING 'UTF8'")
    # Two that begin at once: the second finds what the first has made.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('fleetfeed migrate'))")
    name = '"' + database.schema.replace('"', '""') + '"'
    # Who may not make one need not, where it is there.
    if connection.execute("SELECT to_regnamespace(%s)", (name,)).fetchone() == (None,):
        connection.execute(f"CREATE SCHEMA {name}")
    was = version_of(connection)
    if was > newest():
        raise _too_new(database, was)
    for sql in migrations()[was:]:
        connection.execute(sql)
    if 0 < was < newest():
        connection.execute("UPDATE ledger SET version = %s", (newest(),))
    if not was:
        made = (
            "INSERT INTO ledger (version, meaning, folder, ref) VALUES (%s, %s, %s, %s)"
        )
        connection.execute(made, (newest(), MEANING, folder, ref))
    return was


def not_the_owner(database: Database, error: psycopg.Error) -> Refused:
    """What to say to a role that may not make, or change, the tables."""
    words = printable(error.diag.message_primary or "")
    message = f"this role may not make the tables of {database.shown} ({words})"
    todo = "as the role that owns the database, or that made the tables"
    return Refused(f"{message}; run `fleetfeed ledger init` {todo}")


def version_of(connection: psycopg.Connection[Row]) -> int:
    """The version of the tables that are there; 0 where there are none."""
    there = connection.execute("SELECT to_regclass('ledger')").fetchone()
    if there is None or there[0] is None:
        return 0
    row = connection.execute("SELECT version FROM ledger").fetchone()
    return int(row[0]) if row else 0


def require_tables(database: Database, connection: psycopg.Connection[Row]) -> None:
    """CannotTell where the tables are not those that we know; no item is read."""
    require_version(database, version_of(connection), MEANING)


def require_version(database: Database, version: int, meaning: int) -> None:
    """CannotTell where the tables are not those that this code knows.

    `meaning` is by which rules the items were folded.
    """
    if version > newest():
        error = _too_new(database, version)
        raise CannotTell(str(error))
    if not version:
        raise database.no_ledger()
    if version < newest():
        message = f"the ledger {database.shown} is of version {version}, and this"
        todo = "`fleetfeed ledger init` brings it up to date, by the role that made it"
        raise CannotTell(f"{message} fleetfeed writes {newest()}; {todo}")
    if meaning != MEANING:
        age = "an older" if meaning < MEANING else "a newer"
        message = f"the items of the ledger {database.shown} were folded by {age}"
        todo = "`fleetfeed ledger init` folds them anew, by the role that made it"
        if meaning > MEANING:
            todo = "update fleetfeed here"
        raise CannotTell(f"{message} fleetfeed; {todo}")


def require_older_meaning(
    database: Database, connection: psycopg.Connection[Row]
) -> bool:
    """Whether the items were folded by older rules. Refused where by newer ones."""
    row = connection.execute("SELECT meaning FROM ledger").fetchone()
    meaning = int(row[0]) if row else MEANING
    if meaning > MEANING:
        message = f"the items of the ledger {database.shown} were folded by a newer"
        raise Refused(f"{message} fleetfeed; update fleetfeed here")
    return meaning < MEANING


def _too_new(database: Database, version: int) -> Refused:
    message = f"the ledger {database.shown} is of version {version}, and this fleetfeed"
    return Refused(f"{message} knows {newest()}; update fleetfeed here")
