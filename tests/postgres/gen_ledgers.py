"""Ledgers in a database of the tests, and what is in its tables, read by plain SQL."""

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.schema import migrate
from fleetfeed.ledger.testing.feeds import Feed

_EMPTY = """
TRUNCATE append, post, note, rule, seal, item, taken, surface RESTART IDENTITY
"""
_FILES = """
SELECT path, data FROM post UNION ALL SELECT path, data FROM note UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (path) path, data FROM rule ORDER BY path, append DESC
) AS newest WHERE data IS NOT NULL
"""


def made(url):
    """The tables of a ledger at `url`."""
    database = Database(url)
    migrate(database, "feed", "refs/heads/main", 30)
    database.close()
    return url


class InTables(Feed):
    """A feed without items, in a database that has tables; `admin` may do anything."""

    def __init__(self, url, admin, policy="", *, empty=True, **more):
        super().__init__(PostgresLedger, url, **more)
        self._admin = admin
        admin.execute("SET search_path = fleetfeed")
        if empty:
            admin.execute(_EMPTY)
        if policy:
            self.legislate(policy.encode())

    @classmethod
    def there(cls, url, admin):
        """The feed as it is."""
        return cls(url, admin, empty=False)

    def legislate(self, policy):
        """Change the policy, as who keeps the ledger does."""
        add = "INSERT INTO append (op, message) VALUES ('', 'policy') RETURNING id"
        ((made,),) = self._admin.execute(add).fetchall()
        values = ("policy.yaml", made, policy)
        self._admin.execute("INSERT INTO rule VALUES (%s, %s, %s)", values)

    def rows(self, query, *values):
        """What `query` answers."""
        return self._admin.execute(query, values or None).fetchall()

    def files(self):
        """See Feed."""
        return {f"/{path}": data.decode() for path, data in self.contents().items()}

    def contents(self):
        """The bytes of each file, by its path."""
        return dict(self.rows(_FILES))
