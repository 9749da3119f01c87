"""Roles of the database: what each kind of them is let do with a ledger."""

import psycopg
from psycopg import sql

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.model.errors import Refused
from fleetfeed.util.printable import printable

READER, SEAT, STEWARD = "reader", "seat", "steward"

_READ = "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}"
_ENTER = "GRANT USAGE ON SCHEMA {schema} TO {role}"
_WRITE = "GRANT EXECUTE ON FUNCTION append_if, beat, compact, offered TO {role}"
_RULE = "GRANT EXECUTE ON FUNCTION may_change_rules TO {role}"

GRANTS = {
    READER: (_ENTER, _READ),
    SEAT: (_ENTER, _READ, _WRITE),
    STEWARD: (_ENTER, _READ, _WRITE, _RULE),
}
"""What each kind is given. None may write a table: the functions do that."""

_OWNS = """
SELECT pg_has_role(proowner, 'USAGE') FROM pg_proc WHERE oid = 'append_if'::regproc
"""
_IS_THERE = "SELECT FROM pg_roles WHERE rolname = %s"


def grant(database: Database, role: str, kind: str, seconds: float) -> None:
    """Let `role` do what one of its `kind` does. Refused where it cannot be given.

    The role must be there: whether, and by what, it may log in is not for us to say.
    """
    connection = database.connection(seconds)
    names = {"schema": sql.Identifier(database.schema), "role": sql.Identifier(role)}
    try:
        with connection.transaction():
            # The server would warn, and grant nothing.
            if not connection.execute(_OWNS).fetchall()[0][0]:
                message = f"who asks does not own the ledger {database.shown}"
                todo = "ask as the role that made it (`fleetfeed ledger init`)"
                raise Refused(f"{message}, and so lets nobody in; {todo}")
            if not connection.execute(_IS_THERE, (role,)).fetchall():
                shown = printable(role)
                todo = f"its administrator makes it (`CREATE ROLE {shown} LOGIN`)"
                raise Refused(f"{database.shown} has no role {shown}; {todo}")
            for each in GRANTS[kind]:
                connection.execute(sql.SQL(each).format(**names))
    except psycopg.Error as error:
        raise database.cannot_tell(error) from error
