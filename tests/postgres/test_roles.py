"""What a role may do with a ledger: seats write posts, and rewrite nothing.

By real logins with passwords; whatever is tried, what was published is as it was.
"""

import copy
import json

import psycopg
import pytest

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.roles import GRANTS, READER, SEAT, STEWARD, grant
from fleetfeed.ledger.postgres.schema import migrate
from fleetfeed.ledger.postgres.trial import tried
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.writing.api import FeedStore, Ok, RetryPolicy

TABLES = (
    "ledger",
    "append",
    "post",
    "note",
    "rule",
    "seal",
    "item",
    "surface",
    "taken",
)
THEIRS = "CMB-0001"


class Roles:
    """A ledger with a role of each kind, and one of none."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.owner = PostgresLedger(postgres.url())
        migrate(self.owner.database, "feed", "refs/heads/main", 30)
        self.admin = postgres.connect(options="-csearch_path=fleetfeed")
        kinds = (*GRANTS, "stranger", "other")
        self.names = {kind: f"{kind}_{postgres.database}" for kind in kinds}
        for name in self.names.values():
            self.admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw {name}'")
        for kind in GRANTS:
            grant(self.owner.database, self.names[kind], kind, 30)
        grant(self.owner.database, self.names["other"], SEAT, 30)

    def url(self, kind):
        return self.postgres.url(self.names[kind], password=f"pw {self.names[kind]}")

    def connect(self, kind):
        name = self.names[kind]
        options = "-csearch_path=fleetfeed,pg_temp"
        return self.postgres.connect(name, password=f"pw {name}", options=options)

    def claim(self, kind, surface, state="IN_PROGRESS", **more):
        """A claim by a role, in the way of a program."""
        ledger = PostgresLedger(self.url(kind))
        try:
            post = {
                "SEAT": "A-01",
                "SUBJECT": "s",
                "SURFACE_KEY": surface,
                "STATE": state,
                **more,
            }
            proof = {
                "NO_OVERLAP_PROOF": "nobody else is there",
                "AT": "2026-05-04T03:02:01Z",
            }
            return FeedStore(ledger, RetryPolicy(5)).reserve("CMB", {**post, **proof})
        finally:
            ledger.close()

    def content(self):
        """All that is in the tables, but for leases."""
        return {
            table: self.admin.execute(f"TABLE {table} ORDER BY 1, 2, 3").fetchall()
            for table in TABLES
        }

    def close(self):
        self.owner.close()
        for name in self.names.values():
            self.admin.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def roles(postgres):
    made = Roles(postgres)
    yield made
    made.close()


ATTEMPTS = """
UPDATE post SET data = 'x'
UPDATE post SET sealed_in = 'x'
DELETE FROM post
TRUNCATE post
TRUNCATE post CASCADE
INSERT INTO post SELECT path || 'x', item, 99, op, append, data, '' FROM post
INSERT INTO post SELECT * FROM post ON CONFLICT (path) DO UPDATE SET data = 'x'
INSERT INTO append (op, message, role) VALUES ('x', 'x', 'postgres')
UPDATE append SET role = 'postgres'
UPDATE item SET state = 'DONE'
UPDATE item SET lease_over = clock_timestamp()
DELETE FROM item
DELETE FROM surface
UPDATE surface SET held = false
INSERT INTO surface SELECT item, 'x:', 'x:', 'x:', true, NULL, NULL, '', '', '' FROM item
INSERT INTO rule VALUES ('policy.yaml', 1, 'stewards: [A-01]')
UPDATE ledger SET version = 99
DELETE FROM taken
SELECT * FROM item FOR UPDATE
LOCK TABLE post IN ACCESS EXCLUSIVE MODE
ALTER TABLE post DISABLE TRIGGER ALL
ALTER TABLE surface DROP CONSTRAINT one_holder
ALTER TABLE post OWNER TO CURRENT_USER
ALTER FUNCTION append_if SECURITY INVOKER
ALTER FUNCTION append_if SET search_path = pg_temp, fleetfeed
CREATE OR REPLACE FUNCTION require_sound(write jsonb, data bytea[]) RETURNS void LANGUAGE sql AS ''
CREATE OR REPLACE FUNCTION may_change_rules() RETURNS boolean LANGUAGE sql AS 'SELECT true'
SELECT may_change_rules()
CREATE FUNCTION evil() RETURNS void LANGUAGE sql AS ''
CREATE TRIGGER evil BEFORE INSERT ON post FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE RULE evil AS ON INSERT TO post DO INSTEAD NOTHING
CREATE POLICY evil ON post USING (false)
CREATE VIEW evil AS SELECT * FROM post
CREATE SCHEMA evil
DROP TABLE post CASCADE
DROP SCHEMA fleetfeed CASCADE
DROP FUNCTION require_sound
GRANT UPDATE ON post TO CURRENT_USER; UPDATE post SET data = 'x'
GRANT EXECUTE ON FUNCTION may_change_rules TO CURRENT_USER
SET ROLE postgres
SET SESSION AUTHORIZATION postgres
SET session_replication_role = replica
COPY post FROM PROGRAM 'true'
COPY post (path) FROM '/dev/null'
SELECT lo_import('/etc/passwd')
SELECT setval('append_id_seq', 1)
SELECT nextval('append_id_seq')
ALTER TABLE append ALTER id RESTART
""".strip().splitlines()


def test_a_seat_writes_posts_and_rewrites_nothing(roles):
    assert isinstance(roles.claim("other", "a:file:x"), Ok)
    before = roles.content()
    client = roles.connect("seat")
    passed = [attempt for attempt in ATTEMPTS if _passes(client, attempt)]
    assert passed == []
    assert roles.content() == before
    assert isinstance(roles.claim("seat", "a:file:y"), Ok)
    kept = roles.content()
    assert [row for row in kept["post"] if row in before["post"]] == before["post"]
    who = [
        row[5] for row in roles.admin.execute("SELECT *, role FROM append ORDER BY id")
    ]
    assert who == [roles.names["other"], roles.names["seat"]]


@pytest.mark.parametrize("table", TABLES)
def test_a_role_that_could_rewrite_any_table_is_told_so(roles, table):
    """As the doctor tries it."""
    assert tried(Database(roles.url("seat")), 30).rewrites == ()
    roles.admin.execute(f"GRANT DELETE ON {table} TO {roles.names['seat']}")
    assert tried(Database(roles.url("seat")), 30).rewrites == (table,)


def _passes(client, statement):
    """Whether it is executed; whatever it has done is kept."""
    try:
        client.execute(statement)
    except psycopg.Error:
        return False
    return True


def lawful(item, number=1, **more):
    """A write as the judge would send it: a new item with one surface."""
    prefix, _, digits = item.partition("-")
    path = f"{prefix}/{int(digits) // 1000:03d}/{item}/{number:04d}.yaml"
    surface = {
        "item": item, "parts": f"a:{item.lower()}:", "line": f"a:{item.lower()}:", "held": True,
        "key": f"a:{item.lower()}", "parent": "", "bare": "", "artifact": "",
    }  # fmt: skip
    row = {
        "id": item, "prefix": prefix, "number": int(digits), "newest": number, "epoch": 1,
        "state": "IN_PROGRESS", "contact": "A-01", "open": True, "priority": 2, "filed": "",
        "depends": [], "fold": "", "sign": -1, "lease_beat": -1, "turn": 0,
    }  # fmt: skip
    return {
        "op": "", "message": "m", "rules": 0, "seen": {item: number - 1}, "ask": {}, "digest": "",
        "posts": [{"path": path, "item": item, "number": number, "op": ""}], "notes": [],
        "rules_new": [], "items": [row], "reset": [], "resurfaced": [item], "surfaces": [surface],
        "locks": [], "any_number": "", "freed": "", **more,
    }  # fmt: skip


def send(client, write, data=(b"x",)):
    """What it is answered; the error's name where it is one."""
    try:
        with client.transaction():
            asked = "SELECT append_if(%s, %s)"
            ((answer,),) = client.execute(
                asked, (json.dumps(write), list(data))
            ).fetchall()
    except psycopg.Error as error:
        return type(error).__name__
    return next(key for key in ("accepted", "lost") if key in answer)


MINE = "CMB-0009"


def _forgeries():
    """Each a change of a lawful write, of which the database must take nothing."""

    def change(**more):
        return {**lawful(MINE), **more}

    def row(**more):
        return change(items=[{**lawful(MINE)["items"][0], **more}])

    def post(**more):
        return change(posts=[{**lawful(MINE)["posts"][0], **more}])

    theirs, mine = lawful(THEIRS), lawful(MINE)
    surface = mine["surfaces"][0]
    yield "their surfaces taken away", change(resurfaced=[MINE, THEIRS])
    yield (
        "their surfaces replaced",
        change(resurfaced=[MINE, THEIRS], surfaces=theirs["surfaces"]),
    )
    yield "nothing but their surfaces", {**theirs, "posts": [], "items": [], "seen": {}}
    yield "their item's row", change(items=[*mine["items"], *theirs["items"]])
    yield "their item's row alone", {**theirs, "posts": []}
    yield "a row without its post", {**mine, "posts": []}
    yield "a post without its row", change(items=[])
    yield "one more in the row", row(newest=2)
    yield "a row of another number", row(number=10)
    yield "a row of another prefix", row(prefix="CMC")
    yield "a row of none", row(prefix="", number=0)
    yield "no first post", post(number=2)
    yield "a post not looked for", change(seen={})
    yield "another's path", post(path="CMB/000/CMB-0001/0009.yaml")
    yield "a path outside", post(path="../0001.yaml")
    yield "their post again", {**theirs, "seen": {THEIRS: 0}}
    yield (
        "their first post, as a second",
        {**lawful(THEIRS, 2), "posts": theirs["posts"]},
    )
    yield (
        "what others hold",
        change(surfaces=[{**surface, "line": "a:file:", "parts": "a:file:"}]),
    )
    yield (
        "what others hold, spelled otherwise",
        change(surfaces=[{**surface, "line": "A:file:x:", "parts": "A:file:x:"}]),
    )
    yield "covered by theirs", change(
        surfaces=[{**surface, "line": "a:file:x:y:", "parts": "a:file:x:y:",
                   "covering_line": "a:file:x:", "covering_parts": "a:file:x:"}]
    )  # fmt: skip
    yield (
        "the rules",
        change(
            posts=[],
            items=[],
            seen={},
            resurfaced=[],
            surfaces=[],
            rules_new=["policy.yaml"],
        ),
    )
    yield (
        "a note at no note's place",
        change(notes=[{"path": "policy.yaml", "item": "", "op": ""}]),
    )


def test_what_a_seat_sends_is_only_of_its_posts(roles):
    roles.claim("other", "a:file:x")
    client, before = roles.connect("seat"), roles.content()
    answers = {name: send(client, copy.deepcopy(write)) for name, write in _forgeries()}
    assert [name for name, answer in answers.items() if answer == "accepted"] == []
    assert send(client, lawful(MINE), ()) == "CheckViolation"
    assert send(client, lawful(MINE), (None,)) == "NotNullViolation"
    assert roles.content() == before
    assert send(client, lawful(MINE)) == "accepted"


def test_nobody_in_line_is_passed_or_called_by_words_alone(roles):
    """What is told of a line has to follow from the posts that tell it."""
    roles.claim("other", "a:file:x")
    place = roles.claim("other", "a:file:x", state="PARKED", TURN="1").post.item
    client = roles.connect("seat")

    def since(what="free_since"):
        asked = "SELECT to_jsonb(item) ->> %s FROM item WHERE id = %s"
        return roles.admin.execute(asked, (what, place)).fetchone()[0]

    def taking(item, number=1, **more):
        write = lawful(item, number)
        (own,) = write["surfaces"]
        taken = {**own, "line": "a:file:x:", "parts": "a:file:x:", "key": "a:file:x"}
        return {**write, "surfaces": [taken], **more}

    again = taking(THEIRS, 2, passed=[place])
    forged = {
        "passed by what is elsewhere": {**lawful(MINE), "passed": [place]},
        "passed by who holds it anyhow": again,
        "passed, and not in line": {**lawful(MINE), "passed": [THEIRS]},
        "passed by who is not there": {**lawful(MINE), "passed": ["CMB-0077"]},
        "called while it is held": {**lawful(MINE), "unblocked": [place]},
        "called by who holds it": {**again, "passed": [], "unblocked": [place]},
        "called, and not in line": {**lawful(MINE), "unblocked": [MINE]},
    }
    told = {name: send(client, write) for name, write in forged.items()}
    assert set(told.values()) == {"SerializationFailure"}, told
    assert since() is since("passed_since") is None
    ended = taking(THEIRS, 2, surfaces=[], unblocked=[place])
    assert send(client, ended) == "accepted"
    begun = since()
    assert begun.startswith("20")
    later = {**lawful(MINE), "unblocked": [place]}
    assert send(client, later) == "SerializationFailure"  # its turn would begin anew
    assert since() == begun
    assert send(client, taking(MINE, passed=[place])) == "accepted"
    assert since("passed_since") > begun


def test_tables_and_functions_of_ones_own_shadow_nothing(roles):
    client = roles.connect("seat")
    for table in ("append", "post", "item", "surface", "taken", "rule"):
        client.execute(
            f"CREATE TEMP TABLE {table} (LIKE fleetfeed.{table} INCLUDING ALL)"
        )
    for name in (
        "require_sound(write jsonb, data bytea[])",
        "has_function_privilege(a name, b text, c text)",
    ):
        returned = (
            "boolean LANGUAGE sql AS 'SELECT true'"
            if "has" in name
            else "void LANGUAGE sql AS ''"
        )
        client.execute(f"CREATE FUNCTION pg_temp.{name} RETURNS {returned}")
    client.execute("SET search_path = pg_temp, fleetfeed")
    forged = {**lawful(MINE), "rules_new": ["policy.yaml"]}
    assert send(client, forged, (b"x", b"y")) == "CheckViolation"
    assert send(client, lawful(MINE)) == "accepted"
    assert client.execute("SELECT count(*) FROM pg_temp.post").fetchone() == (0,)
    assert client.execute("SELECT count(*) FROM fleetfeed.post").fetchone() == (1,)
    (who,) = client.execute("SELECT role FROM fleetfeed.append").fetchone()
    assert who == roles.names["seat"]


def test_each_kind_may_do_its_own(roles):
    rules = {**lawful(MINE), "rules_new": ["policy.yaml"]}
    stranger, reader = roles.connect("stranger"), roles.connect("reader")
    assert not _passes(stranger, "SELECT * FROM post")
    assert _passes(reader, "SELECT * FROM post")
    assert send(stranger, lawful(MINE)) == "UndefinedFunction"  # not even seen
    assert send(reader, lawful(MINE)) == "InsufficientPrivilege"
    assert not _passes(reader, f"SELECT beat('{THEIRS}', 1)")
    assert (
        send(roles.connect(STEWARD), rules, (b"x", b"stewards: [A-01]")) == "accepted"
    )
    with pytest.raises(
        CannotTell, match=r"no ledger .* that this role may see; .* ledger grant ROLE"
    ):
        roles.claim("stranger", "a:b:c")
    with pytest.raises(CannotTell, match=r"nothing was written: .* ledger grant ROLE"):
        roles.claim(READER, "a:b:c")


def test_who_is_let_in_is_said_by_the_owner_of_a_role_that_is_there(roles):
    with pytest.raises(Refused, match="has no role nobody_at_all; its administrator"):
        grant(roles.owner.database, "nobody_at_all", SEAT, 30)
    ledger = PostgresLedger(roles.url("steward"))
    with pytest.raises(
        Refused, match=r"does not own the ledger .*, and so lets nobody in"
    ):
        grant(ledger.database, roles.names["stranger"], SEAT, 30)
    ledger.close()
