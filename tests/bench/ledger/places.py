"""Where the ledger of a benchmark is: a server that writes to its disk as in life."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.postgres import Postgres, own_server

from fleetfeed.ledger.base import Accepted
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.schema import migrate
from fleetfeed.model.policy import DEFAULT

_KIND = "pgserver"
_DISK = {
    "fsync": "on",
    "wal_level": "replica",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}


@contextmanager
def server() -> Iterator[Postgres]:
    """A server of its own, with an empty database."""
    with own_server(_KIND, **_DISK) as postgres:
        yield postgres


def made(postgres: Postgres, policy: str = "") -> str:
    """The tables in a database, with these rules; its URL."""
    url = postgres.url()
    ledger = PostgresLedger(url)
    migrate(ledger.database, "feed", DEFAULT.ref, 60)
    if policy:
        files = {"policy.yaml": policy.encode()}
        ended = ledger.swap(ledger.read(60), files, "the rules", 60)
        if not isinstance(ended, Accepted):
            raise RuntimeError(f"the rules were not taken: {ended}")
    ledger.close()
    return url


def environment() -> dict[str, str]:
    """That of a process that runs a part of the benchmark."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
