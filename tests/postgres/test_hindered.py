"""What a database says instead of an answer, and what a writer makes of it.

Never a yes that is none, and never a no: what is about the server is "cannot tell", with
what to do, and once it is over the same call with the same OP is as if nothing had been.
"""

import re

import pytest
from postgres.gen_ledgers import InTables, made

from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.postgres.fleet import PostgresFleet
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.schema import newest
from fleetfeed.ledger.testing.posts import first
from fleetfeed.model.errors import CannotTell, FleetfeedError, Refused, Unknown, Usage
from fleetfeed.model.item import Item
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

GRANT = """
CREATE ROLE {role} LOGIN PASSWORD 'sesame';
GRANT USAGE ON SCHEMA fleetfeed TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA fleetfeed TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA fleetfeed TO {role}
"""
RAISES = """
CREATE FUNCTION fleetfeed.broken() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'it broke' USING ERRCODE = '{code}'; END $$;
CREATE TRIGGER broken BEFORE INSERT ON fleetfeed.post
    FOR EACH ROW EXECUTE FUNCTION fleetfeed.broken()
"""
ONCE = """
CREATE SEQUENCE fleetfeed.turns;
CREATE FUNCTION fleetfeed.broken() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF nextval('fleetfeed.turns') = 1 THEN
        RAISE EXCEPTION 'it broke' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$;
CREATE TRIGGER broken BEFORE INSERT ON fleetfeed.post
    FOR EACH ROW EXECUTE FUNCTION fleetfeed.broken()
"""
MENDED = "DROP FUNCTION fleetfeed.broken CASCADE"


class Server:
    """A ledger whose database can be told to fail; `role` is a seat's."""

    def __init__(self, postgres):
        self.postgres, self.admin = postgres, postgres.connect()
        self.feed = InTables(made(postgres.url()), self.admin)
        self.role = f"seat_{postgres.database}"
        self.admin.execute(GRANT.format(role=self.role).encode())

    def url(self, **more):
        return self.postgres.url(self.role, **{"password": "sesame", **more})

    def do(self, sql):
        self.admin.execute(
            sql.format(role=self.role, db=self.postgres.database).encode()
        )

    def posts(self):
        return self.feed.rows("SELECT count(*) FROM fleetfeed.post")[0][0]


@pytest.fixture
def server(postgres):
    here = Server(postgres)
    yield here
    here.do("DROP OWNED BY {role}; DROP ROLE {role}")


def wrote(url, seconds=2.0):
    ledger = PostgresLedger(url)
    try:
        store = FeedStore(ledger, RetryPolicy(seconds))
        return store.append_if_match("CMB-0001", 0, first(OP="one"))
    except FleetfeedError as error:
        return error
    finally:
        ledger.close()


def a_sentence(error):
    """One line of words for people, with what to do; nobody's password in it."""
    said = str(error)
    assert "\n" not in said
    assert "sesame" not in said
    assert re.search(
        r"`fleetfeed |run it again|write one such as|finds its post", said
    ), said
    return said


# What the administrator does, what undoes it, and what is told then.
STATES = {
    "no right to write": (
        "REVOKE EXECUTE ON FUNCTION fleetfeed.append_if FROM {role}, public",
        "GRANT EXECUTE ON FUNCTION fleetfeed.append_if TO {role}",
        "does not let this role in",
    ),
    "no right to read": (
        "REVOKE SELECT ON fleetfeed.item FROM {role}",
        "GRANT SELECT ON fleetfeed.item TO {role}",
        "does not let this role in",
    ),
    "no right to the schema": (
        "REVOKE USAGE ON SCHEMA fleetfeed FROM {role}",
        "GRANT USAGE ON SCHEMA fleetfeed TO {role}",
        "there is no ledger in the schema fleetfeed",
    ),
    "no connection left": (
        "ALTER ROLE {role} CONNECTION LIMIT 0",
        "ALTER ROLE {role} CONNECTION LIMIT -1",
        "too many connections",
    ),
    "read-only": (
        "ALTER DATABASE {db} SET default_transaction_read_only = on",
        "ALTER DATABASE {db} RESET default_transaction_read_only",
        "read-only transaction",
    ),
    "an older schema": (
        "UPDATE fleetfeed.ledger SET version = version - 1",
        "UPDATE fleetfeed.ledger SET version = version + 1",
        "`fleetfeed ledger init` brings it up to date",
    ),
    "a newer schema": (
        "UPDATE fleetfeed.ledger SET version = version + 1",
        "UPDATE fleetfeed.ledger SET version = version - 1",
        f"knows {newest()}; update fleetfeed here",
    ),
    "no schema": (
        "ALTER SCHEMA fleetfeed RENAME TO away",
        "ALTER SCHEMA away RENAME TO fleetfeed",
        "`fleetfeed ledger init` makes one",
    ),
    "a full disk": (RAISES.format(code="53100"), MENDED, "nothing was"),
    "no memory": (RAISES.format(code="53200"), MENDED, "nothing was"),
    "an error of the disk": (RAISES.format(code="58030"), MENDED, "has not said how"),
    "a fault of the server": (RAISES.format(code="XX000"), MENDED, "has not said how"),
    "a serialization failure": (RAISES.format(code="40001"), MENDED, "nothing was"),
    "a deadlock": (RAISES.format(code="40P01"), MENDED, "nothing was"),
    "an operator's cancel": (RAISES.format(code="57014"), MENDED, "nothing was"),
    "a lock": (RAISES.format(code="55P03"), MENDED, "nothing was"),
    "what nobody knows": (RAISES.format(code="0A000"), MENDED, "nothing was"),
}


@pytest.mark.parametrize("name", STATES)
def test_a_server_that_cannot_take_it(server, name):
    broken, mended, says = STATES[name]
    server.do(broken)
    told = wrote(server.url())
    server.do(mended)
    assert isinstance(told, CannotTell), told
    assert says in str(told)
    if name != "a newer schema":
        a_sentence(told)
    assert isinstance(told, Unknown) == ("has not said how" in says)
    assert server.posts() == 0
    again = wrote(server.url(), 60)
    assert isinstance(again, Ok)
    assert not again.again
    assert server.posts() == 1


@pytest.mark.parametrize("code", ["40001", "40P01", "23505", "23P01", "55P03", "57014"])
def test_a_lost_race_is_run_again(server, code):
    """Once is no answer."""
    server.do(ONCE.replace("{code}", code))
    told = wrote(server.url(), 60)
    assert isinstance(told, Ok)
    assert (told.tries, told.again) == (2, False)


@pytest.mark.parametrize("code", ["23514", "22001", "54000"])
def test_what_no_table_takes_is_refused(server, code):
    """Whoever runs it again is told the same."""
    server.do(RAISES.format(code=code))
    told = wrote(server.url(), 60)
    assert isinstance(told, Refused)
    assert "it broke" in str(told) + " ".join(told.words)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"password": "guess"}, "password authentication failed"),
        ({"user": "nobody_here"}, "password authentication failed"),
        ({"host": "/nonexistent"}, "No such file"),
        ({"options": "-csearch_path=elsewhere"}, "in the schema elsewhere"),
        ({"options": "-cnonsense=1"}, "unrecognized configuration parameter"),
    ],
)
def test_a_way_that_leads_nowhere(server, changed, says):
    way = {"user": server.role, "password": "sesame", **changed}
    told = wrote(server.postgres.url(way.pop("user"), **way))
    assert isinstance(told, CannotTell)
    assert says in a_sentence(told)


def test_a_database_that_is_not_there(server):
    database = server.postgres.database
    told = wrote(server.url().replace(f"/{database}?", "/not_there?"))
    assert isinstance(told, CannotTell)
    assert '"not_there" does not exist' in a_sentence(told)


@pytest.mark.parametrize("url", ["postgresql://h/d?nonsense=1", "postgresql://[::1/d"])
def test_what_is_no_address(url):
    with pytest.raises(Usage) as found:
        PostgresLedger(url).read(1)
    a_sentence(found.value)


def test_nobody_listens(tmp_path):
    told = wrote(f"postgresql://seat:sesame@/fleet?host={tmp_path}")
    assert isinstance(told, CannotTell)
    a_sentence(told)


def test_another_default_isolation_changes_nothing(server):
    """Behind its locks a write compares with what is there then."""
    server.do("ALTER DATABASE {db} SET default_transaction_isolation = serializable")
    for more in ({}, {"options": r"-cdefault_transaction_isolation=repeatable\ read"}):
        ledger = PostgresLedger(server.url(**more))
        try:
            asked = "SHOW transaction_isolation"
            assert ledger.database.connection(9).execute(asked).fetchall() == [
                ("read committed",)
            ]
        finally:
            ledger.close()


def test_who_was_cancelled_or_ended_finds_it_out(server):
    """`pg_cancel_backend`, `pg_terminate_backend` while it waits for another's lock."""
    for ends in ("pg_cancel_backend", "pg_terminate_backend"):
        server.do(
            "CREATE FUNCTION fleetfeed.broken() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM {ends}(pg_backend_pid()); PERFORM pg_sleep(9);"
            " RETURN NEW; END $$;"
            "CREATE TRIGGER broken BEFORE INSERT ON fleetfeed.post"
            " FOR EACH ROW EXECUTE FUNCTION fleetfeed.broken()"
        )
        told = wrote(server.url())
        server.do(MENDED)
        assert isinstance(told, CannotTell), told
        assert server.posts() == 0
    assert isinstance(wrote(server.url(), 60), Ok)


UNSURE = """
DO $$ BEGIN EXECUTE (
    SELECT string_agg(format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.name), ';')
    FROM (SELECT oid::regprocedure AS name FROM pg_proc
        WHERE proname = 'pg_logical_emit_message') AS p
); END $$
"""


def test_no_yes_before_what_was_read_is_safe(server):
    """What is written behind it says so, and this role may not write that."""
    ledger = PostgresFleet(server.url())
    ledger.require_decisive(ledger.read(9), 9)
    server.do(UNSURE)
    unsafe(ledger)
    ledger.close()


def unsafe(ledger):
    """No answer of what was read now is decisive: nobody knows whether it stays."""
    for afresh in (False, True):
        tip = ledger.read(9)
        with pytest.raises(CannotTell, match="safe with its standby") as found:
            ledger.require_decisive(tip, 2, afresh=afresh)
        a_sentence(found.value)


@pytest.mark.large
def test_a_standby_that_is_to_have_it_and_is_not_there(own_postgres):
    """Nobody is told yes before it has, neither at once nor by asking again."""
    server = Server(own_postgres)
    for setting in ("wal_level = replica", "max_wal_senders = 5"):
        server.do(f"ALTER SYSTEM SET {setting}")
    own_postgres.stop()
    own_postgres.start()
    admin = own_postgres.connect()
    admin.execute("SET synchronous_commit = local")
    admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    admin.execute("SELECT pg_reload_conf()")
    for says in ("finds its post", "safe with its standby"):
        told = wrote(server.url())
        assert isinstance(told, CannotTell)
        assert says in a_sentence(told)
        found = admin.execute("SELECT count(*) FROM fleetfeed.post").fetchall()
        assert found == [(1,)]
    ledger = PostgresFleet(server.url())
    with pytest.raises(CannotTell):
        ledger.beat(Item("CMB-0001", epoch=1), 2.0)
    unsafe(ledger)
    ledger.close()
    admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
    admin.execute("SELECT pg_reload_conf()")
    told = wrote(server.url(), 60)
    assert isinstance(told, Ok)
    assert told.again
