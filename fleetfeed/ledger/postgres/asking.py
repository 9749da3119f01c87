"""What the ledger has at some paths, for who guards a repository."""

from collections.abc import Callable, Mapping, Sequence

import psycopg

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.schema import NEWEST_RULES, require_tables

_PATIENCE = 10.0
"""Seconds that a hook waits for a connection."""

_FILES = f"""
  select path, data from post where path = any (%(paths)s)
  union all select path, data from note where path = any (%(paths)s)
  union all select path, data from seal where path = any (%(paths)s)
  union all select path, data from ({NEWEST_RULES}) as newest
    where path = any (%(paths)s) and data is not null
"""  # noqa: S608 - a constant


def asked(url: str) -> Callable[[Sequence[str]], Mapping[str, bytes]]:
    """From paths in the feed to the bytes that the ledger at `url` has there.

    CannotTell where it does not answer.
    """
    database = Database(url)

    def files(paths: Sequence[str]) -> Mapping[str, bytes]:
        try:
            connection = database.connection(_PATIENCE)
            require_tables(database, connection)
            rows = connection.execute(_FILES, {"paths": list(paths)})
            return {path: bytes(data) for path, data in rows}
        except psycopg.Error as error:
            raise database.cannot_tell(error) from error

    return files
