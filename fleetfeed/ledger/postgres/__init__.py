"""The ledger on PostgreSQL: many repositories and thousands of seats on one feed.

Usage where psycopg, which all of it stands on, is not there.
"""

from fleetfeed.model.errors import Usage

try:
    import psycopg  # noqa: F401 - whether it can be
except ImportError as error:
    _what = f"a ledger in PostgreSQL needs psycopg, which is not installed ({error})"
    raise Usage(f"{_what}; `pip install 'fleetfeed[postgres]'`") from error
