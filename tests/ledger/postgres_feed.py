"""A feed in a database of its own, for the tests of whatever is built on a store."""

import psycopg

from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.schema import migrate
from fleetfeed.ledger.testing.feeds import Feed
from fleetfeed.model.policy import DEFAULT

POLICY = "INSERT INTO rule (path, append, data) VALUES ('policy.yaml', %s, %s)"
FIRST = "INSERT INTO append (op, message) VALUES ('', 'the rules') RETURNING id"
FILES = "SELECT path, data FROM post UNION ALL SELECT path, data FROM note"


def made(url, policy=""):
    """The tables at `url`, with these rules."""
    ledger = PostgresLedger(url)
    migrate(ledger.database, "feed", DEFAULT.ref, 60)
    if policy:
        with ledger.database.connect(60) as connection, connection.transaction():
            ((append,),) = connection.execute(FIRST).fetchall()
            connection.execute(POLICY, (append, policy.encode()))
    ledger.close()
    return url


class PostgresFeed(Feed):
    """What is on it is read by plain SQL."""

    def __init__(self, postgres, policy=""):
        self.url = made(postgres.url(), policy)
        super().__init__(PostgresLedger, self.url, rounds=3, stops=20)

    def files(self):
        with psycopg.connect(self.url, options="-c search_path=fleetfeed") as there:
            rows = there.execute(f"{FILES} ORDER BY path").fetchall()
        return {f"/{path}": data.decode() for path, data in rows}
