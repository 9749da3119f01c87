"""Every command where posts are in a database, in a clone without any feed branch.

What a command answers there is what it answers on a feed ref: the same life of a fleet
is played on both, and each answer is compared as a document.
"""

import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg
import pytest
from cli.desk import Desk
from harness import Repo, command
from hold.held import wait_for
from postgres.proxy import Proxy

from fleetfeed.cli.commands import COMMANDS
from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.fleet import PostgresFleet
from fleetfeed.ledger.postgres.roles import SEAT, grant
from fleetfeed.ledger.postgres.schema import migrate

POLICY = """\
ref: refs/heads/main
prefixes: {CMB: CAMBER}
pools: {any-camber: ["CAMBER-*"]}
stewards: [FLEET-01]
leases: {grace: 1s}
"""
APP, LIB = "CAMBER:file:src/app.py", "CAMBER:file:src/lib"
SIX, SEVEN, STEWARD = "CAMBER-06", "CAMBER-07", "FLEET-01"


def work(key, *more):
    return ("--subject", f"work on {key}", "--surface", key, "--proof", "alone", *more)


LIFE = [
    (SIX, ("reserve", "CMB", *work(APP))),
    (SEVEN, ("reserve", "CMB", "--subject", "no surface", "--priority", "10")),
    (SEVEN, ("reserve", "CMB", *work(f"{APP}/deep"))),
    (SIX, ("claim", "CMB-0001")),
    (SEVEN, ("claim", "CMB-0001")),
    (SEVEN, ("claim", "--new", "CMB", *work(f"{APP}/deep"))),
    (SEVEN, ("claim", "--new", "CMB", *work(LIB), "--op", "job-77")),
    (SEVEN, ("claim", "--new", "CMB", *work(LIB), "--op", "job-77")),
    (SIX, ("claim", "--new", "CMB", *work(LIB), "--op", "job-77")),
    (SIX, ("claim", "CMB-0099")),
    (SIX, ("done", "CMB-0003", "--dry-run")),
    (SEVEN, ("block", "CMB-0003", "--depends-on", "CMB-0001", "--reason", "later")),
    (SEVEN, ("note", "CMB-0001", "--body", "the vendor answered")),
    (SIX, ("inbox",)),
    (SIX, ("active",)),
    (SEVEN, ("active", "--mine", "--waiting")),
    (SIX, ("active", "--surface-claim", f"{LIB}:x")),
    (SIX, ("active", "--surface-claim", "CAMBER:file:src/other.py")),
    (SEVEN, ("active", "--surface-claim", APP)),
    (SEVEN, ("wait", "CAMBER:file:src/other.py")),
    (SEVEN, ("wait", "CMB-0002")),
    (SEVEN, ("wait", APP, "--at-most", "1s")),
    (SIX, ("show", "CMB-0001")),
    (SIX, ("show", "CMB-0077")),
    (SIX, ("log", "-n", "3")),
    (SEVEN, ("log", "CMB-0001")),
    (SIX, ("renew", "CMB-0001", "--lease", "2h")),
    (SIX, ("fence", "CMB-0001", "--epoch", "1")),
    (SEVEN, ("fence", "CMB-0001", "--epoch", "1")),
    (SIX, ("claim", "CMB-0001", "--resume")),
    (SIX, ("fence", "CMB-0001", "--epoch", "1")),
    (SIX, ("done", "CMB-0001", "--epoch", "1")),
    (STEWARD, ("evict", "CMB-0001", "--force", "--reason", "the host is gone")),
    (SIX, ("done", "CMB-0001")),
    (SEVEN, ("next",)),
    (SEVEN, ("next",)),
    (SIX, ("next", "--mine")),
    (SEVEN, ("handoff", "CMB-0001", "--to", SIX)),
    (SIX, ("done", "CMB-0001")),
    (SEVEN, ("claim", "CMB-0003")),
    (SEVEN, ("park", "CMB-0003", "--reason", "lunch")),
    (SEVEN, ("release", "CMB-0003", "--owner", "any-camber")),
    (SIX, ("next",)),
    (SIX, ("claim", "--new", "CMB", *work("CAMBER:page:home"), "--park", "CMB-0003")),
    (SIX, ("yield", "CMB-0003", "--to", "CMB-0004")),
    (SIX, ("cancel", "CMB-0004", "--reason", "gone")),
    (SIX, ("append", "CMB-0004", "--state", "BLOCKED", "--reason", "waits")),
    (SIX, ("append", "--post", "one.yaml", "--post", "two.yaml")),
    (SIX, ("append", "--post", "one.yaml", "--post", "two.yaml", "--op", "both")),
    (SIX, ("active", "--state", "AWAITING_CLAIM")),
]
"""Who says what, one after the other; each answer depends on those before it."""

FILES = {
    "one.yaml": "ITEM: CMB-0004\nSTATE: PARKED\n",
    "two.yaml": "ITEM: CMB-0009\nSTATE: AWAITING_CLAIM\nSUBJECT: far away\n",
}


@pytest.fixture
def tabled(postgres, tmp_path):
    """Clones of seats whose posts are in a database; no branch of them has a feed."""
    database = Database(postgres.url())
    migrate(database, "feed", "refs/heads/main", 30)
    database.close()

    def of(name, url=""):
        repo = Repo.init(tmp_path / name.replace("/", "~"))
        repo.git("config", "fleetfeed.ledger", url or postgres.url())
        for file, text in FILES.items():
            repo.write(file, text)
        return Desk(name, repo, repo.folder)

    keeper = of("keeper")
    keeper.seat.write("policy.yaml", POLICY)
    keeper("ledger", "policy", "policy.yaml")
    return of


ANY = (
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"20\d{6}T\d{6}Z-([A-Z0-9-]+)-[0-9a-f]{8}", r"STAMP-\1"),
    (r"\(refs/heads/main, no remote\)|\(postgresql:[^)]*, asked just now\)", "(ASKED)"),
    (r"notes/20\d\d/\d\d", "notes/MONTH"),
    (r"\(?lease (left|over since) [^;)]*\)?|lease left not known here", "LEASE"),
    (r" ?\(LEASE\)|, LEASE|LEASE", ""),
)
OF_ITS_OWN = {
    "asked",
    "retry_after",
    "commit",
    "op",
    "OP",
    "age",
    "tries",
    "left",
    "last_sign",
    "AT",
}


def alike(value):
    """What is the same on a feed ref and in a database."""
    if isinstance(value, dict):
        return {key: alike(v) for key, v in value.items() if key not in OF_ITS_OWN}
    if isinstance(value, list):
        return [alike(each) for each in value]
    if isinstance(value, str):
        for pattern, text in ANY:
            value = re.sub(pattern, text, value)
    return value


def test_the_life_of_a_fleet_is_told_as_on_a_feed_ref(tabled, tmp_path):
    repo = Repo.init(tmp_path / "one for all")
    for file, text in {"feed/policy.yaml": POLICY, **FILES}.items():
        repo.write(file, text)
    repo.commit()
    on_ref = {name: Desk(name, repo, repo.folder) for name in (SIX, SEVEN, STEWARD)}
    in_tables = {name: tabled(name) for name in on_ref}
    said = []
    for seat, words in LIFE:
        one, two = (
            side[seat](*words, "--json", code=None) for side in (on_ref, in_tables)
        )
        documents = [alike(json.loads(each.stdout)) for each in (one, two)]
        assert documents[0] == documents[1], words
        assert one.returncode == two.returncode, words
        said.append((documents[0]["answer"], one.returncode))
    assert {code for _, code in said} == {0, 1, 2, 3, 4}


ALONE = [
    (("init",), 2, "`fleetfeed ledger init` starts a feed there"),
    (("install",), 0, "installed"),
    (("join",), 0, "enforcement is on here; it was tried"),
    (("uninstall",), 0, "removed"),
    (("doctor",), 0, "append: one was tried, and taken back"),
    (("seat",), 0, "CAMBER-06 (FLEETFEED_SEAT)"),
    (("ca", "list"), 2, "nobody signs there"),
    (("approve", "--staged"), 2, "nobody signs there"),
    (("surface", "a/b.py", "--lane", "CAMBER"), 0, "CAMBER:file:a/b.py"),
    (("guard",), 0, "fleetfeed: nothing to refuse"),
    (("orphans",), 2, "the policy maps no path to a surface"),
    (("check",), 2, "this branch has no feed to judge"),
    (("hold", "--new", "CMB", "--subject", "s", "--", "true"), 0, "CMB-0001 is DONE"),
    (("draft", "CMB"), 2, "`fleetfeed reserve`"),
    (("audit",), 0, "nothing to refuse"),
    (("verify",), 0, "the policy never asked"),
    (("seal",), 2, "no shards to seal"),
    (("index", "verify"), 2, "`fleetfeed ledger verify`"),
    (("index", "rebuild"), 2, "`fleetfeed ledger verify`"),
    (("ledger", "policy"), 0, "stewards: [FLEET-01]"),
    (("active", "--offline"), 3, "is never fetched"),
    (("rule", "FF401"), 0, "FF401"),
    (("completion", "bash"), 0, "complete -F"),
    (("prime",), 0, "you are seat CAMBER-06"),
    (("beat", "--mine"), 0, "holds nothing"),
    (("keep", "--mine"), 0, "holds nothing"),
    (("agents", "check"), 2, "no tool is set up in this work tree"),
    (("mcp", "--help"), 0, "Usage"),
    (("board",), 0, "open"),
    (("near", "CAMBER:file:a/b.py"), 0, "nothing"),
    (("stats",), 0, "open"),
    (("demo", "--help"), 0, "Usage"),
    (("hook", "--help"), 0, "Usage"),
]
"""What is another matter in a database, in this order: code, and a part of the answer."""


def test_what_is_another_matter_in_a_database(tabled):
    me = tabled(SIX)
    for words, code, text in ALONE:
        done = me(*words, code=None)
        assert (done.returncode, text in done.said) == (code, True), done


def test_every_command_is_played():
    played = {words[0] for _, words in LIFE} | {words[0] for words, *_ in ALONE}
    assert played == set(COMMANDS)


@contextmanager
def holding(desk):
    """A `hold` of CMB-0001 under way, whose command has begun; killed afterwards."""
    ready = desk.folder / "ready"
    words = ("hold", "--new", "CMB", *work(APP), "--lease", "10s", "--")
    held = subprocess.Popen(
        command(*words, "sh", "-c", f"touch '{ready}'; exec sleep 600"),
        cwd=desk.folder,
        env={**desk.seat.environment, "FLEETFEED_SEAT": desk.name},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(ready.exists, held)
        yield held
    finally:
        held.kill()
        held.wait()
        held.stderr.close()


def test_a_holder_that_was_killed_is_taken_over_when_the_grace_is_over(
    tabled, postgres
):
    """By real processes, and by the database's clock: nobody has watched."""
    me, other = tabled(SIX), tabled(SEVEN)
    admin = postgres.connect()

    def over():
        return admin.execute("select lease_over from fleetfeed.item").fetchone()

    with holding(me) as held:
        first = over()
        wait_for(lambda: over() != first, held)  # it beats
        early = other("claim", "CMB-0001", "--reason", "silent", code=1)
    assert re.search(r"FF502 .* is alive, .*; wait \d+ s", early.said)
    watched = other("claim", "CMB-0001", "--watch", "--reason", "killed")
    assert "item=CMB-0001 state=IN_PROGRESS owner=CAMBER-07" in watched.stdout
    assert me("done", "CMB-0001", code=4).said
    assert other.item("CMB-0001")["epoch"] == 2


def test_a_hold_ends_with_4_when_it_is_taken_from(tabled):
    me, steward = tabled(SIX), tabled(STEWARD)
    with holding(me) as held:
        steward("evict", "CMB-0001", "--force", "--reason", "maintenance")
        said = held.stderr.read()
        held.wait()
    assert (held.returncode, "CMB-0001" in said) == (4, True), said


@contextmanager
def waiting(desk, *words):
    """A command that waits, for as long as it does."""
    with subprocess.Popen(
        command(*words, "--seat", desk.name),
        cwd=desk.folder,
        env=desk.seat.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def test_who_waits_for_a_lapse_is_woken_when_it_is_let_go(tabled, postgres):
    me, other = tabled(SIX), tabled(SEVEN)
    me("claim", "--new", "CMB", "--subject", "no surface", "--lease", "1d")
    listens = "select count(*) from pg_stat_activity where query ilike '%over is null%'"
    admin = postgres.connect()
    words = ("claim", "CMB-0001", "--watch", "--reason", "silent")
    with waiting(other, *words) as watch:
        wait_for(lambda: admin.execute(listens).fetchone() != (1,), watch)  # this one
        me("release", "CMB-0001")
        said = watch.communicate(timeout=50)[0]  # it would ask again after 60 s
    assert (watch.returncode, "owner=CAMBER-07" in said) == (0, True), said


def listening(postgres):
    """How many wait to be told that something was let go."""
    return lambda: idle(postgres, "LISTEN fleetfeed")


def idle(postgres, query):
    """How many connections to this database have asked that last, and wait."""
    here = "from pg_stat_activity where datname = current_database()"
    asked = f"select count(*) {here} and state = 'idle' and query like %s"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        return admin.execute(asked, (query,)).fetchone()[0]


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        ("park", ("wait", APP), f"{APP} is free"),
        ("release", ("wait", "CMB-0001"), "CMB-0001 is AWAITING_CLAIM, and nobody is"),
        ("release", ("claim", "CMB-0001", "--wait"), "item=CMB-0001 state=IN_"),
        (
            "done",
            ("claim", "--new", "CMB", *work(APP), "--wait"),
            "item=CMB-0002 state=IN_",
        ),
    ],
)
def test_whoever_waits_sees_what_was_let_go(tabled, postgres, verb, words, said):
    me, other = tabled(SIX), tabled(SEVEN)
    me("claim", "--new", "CMB", *work(APP))
    there = listening(postgres)
    with waiting(other, *words) as wait:
        wait_for(there, wait)
        me(verb, "CMB-0001")
        told = wait.communicate(timeout=30)[0]
    assert (wait.returncode, said in told) == (0, True), told


@pytest.mark.parametrize(
    "held", [("park",), ("release", "--owner", "CAMBER-08")], ids=["parked", "offered"]
)
def test_who_waits_for_what_another_may_take_up_is_woken_when_it_may(
    tabled, postgres, held
):
    me, other = tabled(SIX), tabled(SEVEN)
    me("claim", "--new", "CMB", *work(APP))
    verb, *rest = held
    me(verb, "CMB-0001", *rest)
    there = listening(postgres)
    with waiting(other, "wait", "CMB-0001") as wait:
        wait_for(there, wait)
        me("append", "CMB-0001", "--state", "AWAITING_CLAIM", "--owner", "none")
        told = wait.communicate(timeout=30)[0]
    assert (wait.returncode, "nobody is at work on it" in told) == (0, True), told


def test_who_is_behind_a_place_that_is_given_up_is_woken(tabled, postgres):
    """The first in line waits for more, which another has; the second for a part."""
    me, first, other = tabled(SIX), tabled(SEVEN), tabled("CAMBER-08")
    me("claim", "--new", "CMB", *work(LIB))
    both = ("--subject", "both", "--surface", LIB, "--surface", APP, "--proof", "later")
    first("claim", "--new", "CMB", *both, "--wait", "--at-most", "1s", code=3)
    there = listening(postgres)
    with waiting(other, "claim", "--new", "CMB", *work(APP), "--wait") as wait:
        wait_for(there, wait)
        first("park", "CMB-0002")
        told = wait.communicate(timeout=60)[0]
    assert (wait.returncode, "item=CMB-0003 state=IN_PROGRESS" in told) == (0, True)


def test_of_two_that_close_a_circle_one_is_told(tabled):
    me, other = tabled(SIX), tabled(SEVEN)
    me("claim", "--new", "CMB", *work(APP))
    other("claim", "--new", "CMB", *work(LIB))
    waits = ("claim", "--new", "CMB", "--wait")
    with (
        waiting(me, *waits, *work(LIB)) as one,
        waiting(other, *waits, *work(APP)) as two,
    ):
        wait_for(lambda: (one.poll(), two.poll()) != (None, None))
        codes = one.poll(), two.poll()
        assert codes in {(1, None), (None, 1)}
        late, still = (me, two) if codes[0] else (other, one)
        late("park", "CMB-0001" if late is me else "CMB-0002")
        still.communicate(timeout=60)
    assert still.returncode == 0


@pytest.mark.parametrize(
    "words", [("wait", APP), ("claim", "--new", "CMB", *work(APP), "--wait")]
)
def test_nobody_is_asked_while_nothing_happens(
    tabled, postgres, tmp_path_factory, words
):
    me = tabled(SIX)
    me("claim", "--new", "CMB", *work(APP))
    (socket,) = postgres.server.folder.glob("socket/.s.PGSQL.*[0-9]")
    line = Proxy(socket, tmp_path_factory.mktemp("postgres") / "line")
    there = listening(postgres)

    def settled():
        return there() and idle(postgres, "SELECT coalesce(max(id)%")

    with waiting(tabled(SEVEN, postgres.url(host=str(line.folder))), *words) as wait:
        wait_for(settled, wait)
        asked = line.asked
        time.sleep(3)
        me("note", "CMB-0001", "--body", "is it yours for long?")
        time.sleep(1)
        assert (line.asked, wait.poll()) == (asked, None)  # nothing was let go
        me("done", "CMB-0001")
        wait.communicate(timeout=30)
    line.close()
    assert wait.returncode == 0


def test_a_turn_is_over_by_the_clock_where_nothing_is_new(tabled, postgres):
    me, dead, other = tabled(SIX), tabled(SEVEN), tabled("CAMBER-08")
    short = POLICY.replace("{grace: 1s}", "{grace: 1s, turn: 3s}")
    me.seat.write("policy.yaml", short)
    Desk(STEWARD, me.seat, me.folder)("ledger", "policy", "policy.yaml")
    me("claim", "--new", "CMB", *work(APP))
    dead("claim", "--new", "CMB", *work(APP), "--wait", "--at-most", "1s", code=3)
    there = listening(postgres)
    with waiting(other, "wait", APP) as wait:
        wait_for(there, wait)
        me("done", "CMB-0001")
        told = wait.communicate(timeout=40)[0]
    assert (wait.returncode, f"{APP} is free" in told) == (0, True), told


def test_a_surface_that_was_never_free_is_never_allocated(tabled, monkeypatch):
    """Who was in line takes it while a last word is asked for: it was kept, then held."""
    me, first, other = tabled(SIX), tabled(SEVEN), tabled("CAMBER-08")
    me("claim", "--new", "CMB", *work(APP))
    first("claim", "--new", "CMB", *work(APP), "--wait", "--at-most", "1s", code=3)
    me("done", "CMB-0001")
    asks = PostgresFleet.require_decisive

    def others_move_on(*args, **more):
        monkeypatch.setattr(PostgresFleet, "require_decisive", asks)
        first("claim", "CMB-0002", "--proof", "alone")
        return asks(*args, **more)

    monkeypatch.setattr(PostgresFleet, "require_decisive", others_move_on)
    assert "IN-LINE-CMB-0002" in other("active", "--surface-claim", APP, code=1).said
    assert "CMB-0002" in other("active", "--surface-claim", APP, code=1).said


@pytest.mark.large
def test_a_standby_answers_no_fence(own_postgres, tmp_path):
    """What it has may be what the primary had: that is no yes."""
    url = own_postgres.url()
    own_postgres.connect().execute("alter system set wal_level = replica")
    own_postgres.close()
    own_postgres.stop()
    own_postgres.start()
    repo = Repo.init(tmp_path / "repo")
    repo.git("config", "fleetfeed.ledger", url)
    me = Desk(SIX, repo, repo.folder)
    me("ledger", "init")
    me("claim", "--new", "CMB", *work(APP))
    me("fence", "CMB-0001")
    own_postgres.stop()
    (own_postgres.server.data / "standby.signal").touch()
    own_postgres.start()
    assert "is a standby" in me("fence", "CMB-0001", code=3).said
    free = me("active", "--surface-claim", LIB, code=3)
    assert "target_session_attrs=read-write" in free.said
    assert me.item("CMB-0001")["holder"] == SIX
    assert me("done", "CMB-0001", code=3).said
    assert "bad      append: this is a standby" in me("doctor", code=1).said


PATHS = 'paths: {"src/**": "CAMBER:file"}\n'


def test_code_is_guarded_by_claims_in_a_database(tabled):
    keeper, me, other = tabled("keeper"), tabled(SIX), tabled(SEVEN)
    keeper.seat.write("policy.yaml", POLICY + PATHS)
    keeper("ledger", "policy", "policy.yaml")
    me("claim", "--new", "CMB", *work(APP))
    other.seat.write("src/app.py", "changed = True\n")
    assert "CMB-0001" in other("guard", "src/app.py", code=1).said
    other("install")
    other.seat.git("add", "src/app.py")
    refused = other.seat.git("commit", "-m", "code", ok=False)
    assert (refused.returncode, "CMB-0001" in refused.said) == (1, True), refused


@pytest.fixture
def roles(postgres):
    """Makes roles that may read and append; by name, what they are called here."""
    admin, made = postgres.connect(), []
    database = Database(postgres.url())

    def make(*names):
        there = {name: f"{name}_{postgres.database}" for name in names}
        for role in there.values():
            made.append(role)
            admin.execute(f"create role {role} login password '{role}'")
            grant(database, role, SEAT, 30)
        return there

    yield make
    database.close()
    for role in made:
        admin.execute(f"drop owned by {role}; drop role {role}")


def test_the_role_that_logs_in_is_who_posts(tabled, postgres, roles):
    names = roles("six", "seven")

    def by(role, seat):
        return tabled(seat, postgres.url(names[role], password=names[role]))

    keeper = tabled("keeper")
    logins = f"{{{names['six']}: [CAMBER-06], postgres: [FLEET-01]}}"
    proven = f"{POLICY}identity: {{mode: pusher}}\nlogins: {logins}\n"
    keeper.seat.write("policy.yaml", proven)
    keeper("claim", "--new", "CMB", *work(LIB), "--seat", SEVEN)
    keeper("ledger", "policy", "policy.yaml", "--reason", "who is who")
    six = by("six", SIX)
    six("claim", "--new", "CMB", *work(APP))
    assert "FF601" in six("done", "CMB-0001", "--seat", SEVEN, code=1).said
    assert "FF607" in by("seven", SEVEN)("done", "CMB-0001", code=1).said
    for seat in (six, by("seven", SEVEN)):
        refused = seat("ledger", "policy", "one.yaml", code=1)
        assert re.search("FF60[78]", refused.said), refused
    told = six.json("log", "-n", "1")
    assert told["posts"][0]["signature"].startswith(f"by role {names['six']} at 20")
    assert f"by role {names['six']}" in six("show", "CMB-0002").stdout
    role = next(c for c in six.json("doctor")["checks"] if c["name"] == "role")
    assert (role["status"], "change nothing" in role["message"]) == ("ok", True)
    assert "append" in six("verify", "--since", "2").said
    admin = postgres.connect()
    admin.execute("set search_path = fleetfeed")
    admin.execute("update append set role = %s where id = 4", (names["seven"],))
    wrong = six("verify", code=1).said
    assert "FF607 append 4: " in wrong
    assert "FF607" in six("audit", code=1).said


def test_nobody_signs_in_a_table(tabled):
    keeper = tabled(STEWARD)
    keeper.seat.write("policy.yaml", f"{POLICY}identity: {{mode: signed}}\n")
    refused = keeper("ledger", "policy", "policy.yaml", code=1)
    assert "FF610" in refused.said  # nobody could change it back


_ANOTHER_SURFACE = """
update post set data = convert_to(
    replace(convert_from(data, 'utf8'), %(old)s, %(new)s), 'utf8')
where item = 'CMB-0002'
"""


def test_an_audit_reads_the_posts_and_believes_no_table(tabled, postgres):
    me = tabled(SIX)
    for key in (APP, LIB, "CAMBER:page:home"):
        me("claim", "--new", "CMB", *work(key))
    me("audit")
    admin = postgres.connect()
    admin.execute("set search_path = fleetfeed")
    admin.execute(_ANOTHER_SURFACE, {"old": LIB, "new": APP})
    admin.execute("update post set data = 'STATE: [' where item = 'CMB-0003'")
    found = me.json("audit", code=1)["findings"]
    assert {"FF401", "FF006"} <= {each["rule"] for each in found}
    assert any("at append 3 " in each["message"] for each in found)


NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize(
    ("url", "words", "code", "text"),
    [
        (NOWHERE, ("active",), 3, "127.0.0.1:1/none does not answer"),
        (NOWHERE, ("claim", "CMB-0001"), 3, "`fleetfeed doctor` tries it"),
        (
            NOWHERE,
            ("doctor",),
            3,
            "skipped  ledger: the ledger postgresql://127.0.0.1:1",
        ),
        (NOWHERE, ("hold", "CMB-0001", "--", "true"), 3, "does not answer"),
        (NOWHERE, ("seal",), 2, "no shards to seal"),
        ("mysql://me:secret@h/d", ("active",), 2, "fleetfeed.ledger is 'mysql://me:…@"),
        ("postgresql://h/d?x=1", ("active",), 2, "is no address of a ledger"),
        ("postgresql://me:secret@[::1/d", ("active",), 2, "postgresql://me:…@[::1/d"),
        ("postgresql://h/d?options=-cx=y", ("active",), 2, "?options=-csearch_path%3D"),
        ("git", ("active",), 3, "there is no refs/heads/main here"),
    ],
)
def test_what_is_no_ledger_is_told(tmp_path, url, words, code, text):
    repo = Repo.init(tmp_path / "repo")
    repo.git("config", "fleetfeed.ledger", url)
    done = Desk(SIX, repo, repo.folder)(*words, code=code)
    assert text in done.said
    assert "secret" not in done.said


def test_who_has_no_psycopg_is_told_what_to_install(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    repo.git("config", "fleetfeed.ledger", NOWHERE)
    run = "import sys; sys.modules['psycopg'] = None; from fleetfeed.__main__ import"
    done = repo.run((sys.executable, "-c", f"{run} main; main()", "active"), ok=False)
    assert done.returncode == 2
    assert "`pip install 'fleetfeed[postgres]'`" in done.stderr
