"""Tables of each older version are brought up to date, with all that is in them."""

import pytest
from postgres.gen_ledgers import made

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.schema import migrate, migrations, newest
from fleetfeed.model.errors import CannotTell
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

OLDEST = 3
"""The first version that was released."""

COMMON = """
SELECT string_agg(quote_ident(a.column_name), ',' ORDER BY a.ordinal_position)
FROM information_schema.columns AS a JOIN information_schema.columns AS b
    USING (table_name, column_name)
WHERE a.table_schema = 'fleetfeed' AND b.table_schema = 'kept' AND table_name = %s
    AND a.is_generated = 'NEVER'
"""
TABLES = ("append", "post", "note", "rule", "seal", "item", "taken", "surface")


def request(surface, state="IN_PROGRESS", **more):
    return {
        "SEAT": "A-01", "SUBJECT": "s", "SURFACE_KEY": surface, "STATE": state,
        "NO_OVERLAP_PROOF": "nobody else is there", "AT": "2026-05-04T03:02:01Z", **more,
    }  # fmt: skip


def put(url, *requests):
    ledger = PostgresLedger(url)
    try:
        store = FeedStore(ledger, RetryPolicy(20))
        return [store.reserve("CMB", each).post.item for each in requests]
    finally:
        ledger.close()


def put_back(admin, version):
    """Have the ledger's tables be of an older version, with the rows that they had."""
    admin.execute("ALTER SCHEMA fleetfeed RENAME TO kept; CREATE SCHEMA fleetfeed")
    admin.execute("SET search_path = fleetfeed")
    for sql in migrations()[:version]:
        admin.execute(sql)
    admin.execute(
        "INSERT INTO ledger (version, meaning, folder, ref, id)"
        " SELECT %s, meaning, folder, ref, id FROM kept.ledger",
        (version,),
    )
    for table in TABLES:
        ((columns,),) = admin.execute(COMMON, (table,)).fetchall()
        # What a column counts by itself has its number already.
        admin.execute(
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608
            f" SELECT {columns} FROM kept.{table} ORDER BY 1"
        )
    admin.execute("SELECT setval('append_id_seq', (SELECT max(id) FROM append))")


@pytest.mark.ledger
@pytest.mark.parametrize("version", range(OLDEST, newest()))
def test_an_older_ledger_is_brought_up_to_date(postgres, version):
    url = made(postgres.url())
    held, place = put(url, request("a:f:x"), request("a:f:x", "PARKED", TURN="1"))
    admin = postgres.connect(options="-csearch_path=fleetfeed")
    put_back(admin, version)
    admin.execute("UPDATE item SET free_since = '-infinity' WHERE id = %s", (place,))
    with pytest.raises(
        CannotTell, match="`fleetfeed ledger init` brings it up to date"
    ):
        put(url, request("a:f:y"))
    database = Database(url)
    assert migrate(database, "feed", "refs/heads/main", 30) == version
    assert migrate(database, "feed", "refs/heads/main", 30) == newest()
    database.close()
    passed = "SELECT passed_since IS NOT NULL, free_since FROM item WHERE id = %s"
    assert admin.execute(passed, (place,)).fetchone() == (True, None)
    assert put(url, request("a:f:y")) == ["CMB-0003"]
    ledger = PostgresLedger(url)
    feed = ledger.read(20).feed
    assert [feed.item(item).turn for item in (held, place)] == [0, 1]
    assert feed.item(held).holder == "A-01"
    ledger.close()
