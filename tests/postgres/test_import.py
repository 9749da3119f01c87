"""A feed from git into the ledger, and back: the same posts, the same tree."""

import signal
import subprocess
import sys
import time

import pytest
from harness import Repo, claim, path, post
from harness.ledger_rows import REF, append, connect, make_tables

from fleetfeed.feed.seal_format import seal
from fleetfeed.ledger.postgres.ledger import PostgresLedger

NOTE = "feed/notes/2026/05/20260503T185512Z-CAMBER-06-0123abcd.yaml"
OVER = {
    f"CMB-0001/{n:04d}.yaml": text.encode()
    for n, text in ((1, post()), (2, post(state="DONE", subject=None)))
}
FILES = {
    "feed/policy.yaml": f"ref: {REF}\n",
    "feed/CMB/000.sealed": seal(OVER),
    path("CMB-0001", 3): post(state="PARKED", subject=None, reason="it came back"),
    path("CMB-1001"): claim("CMB-1001", "CAMBER:file:src/a", op="one"),
    path("CMB-1002"): post(item="CMB-1002"),
    path("CMB-1003"): "what: [is this\n",
    path("CMB-1003", 2): claim("CMB-1003", "CAMBER:file:src/b", lease="none"),
    path("HWD-0007"): claim("HWD-0007", "HEARTWOOD:file:x", lease="2h"),
    NOTE: post(item="CMB-1001", state=None, subject=None, body="hello"),
}


@pytest.fixture
def feed(tmp_path, postgres):
    """A clone with a feed, which knows its ledger: tables without a row."""
    make_tables(postgres.url())
    repo = Repo.init(tmp_path / "feed")
    repo.git("config", "fleetfeed.ledger", postgres.url())
    put(repo, FILES)
    return repo


def put(repo, files):
    for name, text in files.items():
        repo.write(name, text)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "a feed")


def import_(repo, *args, ok=True):
    return repo.fleetfeed("ledger", "import", *args, ok=ok)


def tree(repo, ref=REF):
    return repo.line("rev-parse", f"{ref}:feed")


def count(client, table):
    rows = f"select count(*) from {table}"  # noqa: S608 - one of ours
    return client.execute(rows.encode()).fetchone()[0]


def exported(repo, folder):
    there = Repo.init(folder, "--bare")
    there.git("config", "fleetfeed.ledger", repo.line("config", "fleetfeed.ledger"))
    there.fleetfeed("ledger", "export")
    return there


def test_there_and_back_is_the_same_tree(feed, postgres, tmp_path):
    client = connect(postgres)
    assert "9 posts and notes, 5 items" in import_(feed).stdout
    assert tree(exported(feed, tmp_path / "out.git")) == tree(feed)
    sealed = client.execute("select path from post where sealed_in <> ''").fetchall()
    assert len(sealed) == len(OVER)
    held = client.execute("select item from surface where held order by 1").fetchall()
    assert held == [("CMB-1001",), ("CMB-1003",), ("HWD-0007",)]
    spans = client.execute("select * from taken order by 1, 2").fetchall()
    assert spans == [("CMB", 1, 1), ("CMB", 1001, 1003), ("HWD", 7, 7)]
    leases = client.execute(
        "select id, lease_over = 'infinity', lease_over > clock_timestamp(), lease_beat"
        " from item where state = 'IN_PROGRESS' order by 1"
    ).fetchall()
    assert [row[:3] for row in leases] == [
        ("CMB-1001", False, True), ("CMB-1003", True, True), ("HWD-0007", False, True),
    ]  # fmt: skip
    assert leases[2][3] == 7200


def test_what_lies_in_a_commit_is_listed_once(feed, tmp_path):
    trace = tmp_path / "trace"
    feed.fleetfeed("ledger", "import", env={"GIT_TRACE2": str(trace)})
    begun = [line for line in trace.read_text().splitlines() if " start " in line]
    assert sum(" ls-tree -r " in line for line in begun) == 1


def test_the_turn_of_who_is_in_line_begins(feed, postgres):
    place = claim("CMB-1004", "CAMBER:file:free", state="PARKED", turn="1")
    put(feed, {path("CMB-1004"): place})
    import_(feed)
    ledger = PostgresLedger(postgres.url())
    try:
        tip = ledger.read(30.0)
        sign = ledger.signs(tip)("CMB-1004")
        assert 0 < sign.opens < tip.feed.rules.leases.turn
    finally:
        ledger.close()


def test_again_changes_nothing_and_what_is_new_comes(feed, postgres, tmp_path):
    client = connect(postgres)
    import_(feed)
    assert "nothing to import" in import_(feed).stdout
    assert count(client, "append") == 1
    more = {path("CMB-1002", 2): post(item="CMB-1002", state="DONE", subject=None)}
    put(feed, more)
    assert "1 posts and notes, 1 items" in import_(feed).stdout
    row = client.execute("select newest, state from item where id = 'CMB-1002'")
    assert row.fetchall() == [(2, "DONE")]
    assert tree(exported(feed, tmp_path / "out.git")) == tree(feed)


def test_what_is_otherwise_there_stops_it(feed, postgres):
    client = connect(postgres)
    append(client, path("CMB-1002").removeprefix("feed/"), text="ITEM: CMB-1002\n")
    refused = import_(feed, ok=False)
    assert refused.returncode == 1
    assert path("CMB-1002") in refused.stderr
    assert count(client, "post") == 1


def test_two_that_hold_one_surface_are_named(feed, postgres):
    put(feed, {path("ORA-0001"): claim("ORA-0001", "CAMBER:file:src")})
    refused = import_(feed, ok=False)
    assert refused.returncode == 1
    for word in ("ORA-0001", "CMB-1001", "fleetfeed release"):
        assert word in refused.stderr
    assert count(connect(postgres), "append") == 0


@pytest.mark.parametrize("name", ["feed/README", "feed/CMB/001/CMB-1001/1.yaml"])
def test_what_has_no_place_is_named(feed, postgres, name):
    put(feed, {name: "x\n"})
    refused = import_(feed, ok=False)
    assert refused.returncode == 1
    assert name in refused.stderr


def test_killed_it_leaves_nothing(feed, postgres):
    client = connect(postgres)
    many = {path(f"ORA-{n:04d}"): post(item=f"ORA-{n:04d}") for n in range(1, 1200)}
    put(feed, many)
    child = subprocess.Popen(
        (sys.executable, "-m", "fleetfeed", "ledger", "import"),
        cwd=feed.folder,
        env=dict(feed.environment),
    )
    until = time.monotonic() + 60
    locked = (
        "select 1 from pg_locks where mode = 'ExclusiveLock' and granted"
        " and relation = 'post'::regclass"
    )
    while not client.execute(locked).fetchone():
        assert time.monotonic() < until
        assert child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    while client.execute(locked).fetchone():
        assert time.monotonic() < until
    assert count(client, "post") == count(client, "item") == 0
    import_(feed)
    assert count(client, "item") == 5 + 1199


def test_a_bare_ledger_says_how_it_is_begun(tmp_path, postgres):
    repo = Repo.init(tmp_path / "feed")
    put(repo, FILES)
    missing = import_(repo, ok=False)
    assert missing.returncode == 2
    assert "fleetfeed ledger init" in missing.stderr
    repo.git("config", "fleetfeed.ledger", postgres.url())
    no_tables = import_(repo, ok=False)
    assert no_tables.returncode == 3
    assert "fleetfeed ledger init" in no_tables.stderr
    repo.git("config", "--unset", "fleetfeed.ledger")
    repo.fleetfeed("ledger", "init", postgres.url())
    assert postgres.url() in (repo.folder / ".fleetfeed.yaml").read_text()
    repo.git("add", "-A")
    repo.git("commit", "-qm", "where posts are")
    assert "nothing" not in import_(repo).stdout
