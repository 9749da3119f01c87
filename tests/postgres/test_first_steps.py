"""The first steps onto a ledger, and how they go wrong: what is told then is to do.

Who makes the tables, says where they are, and lets others in need not know PostgreSQL.
"""

import pytest
from harness import Repo

from fleetfeed.ledger.postgres.schema import newest

PASSWORD = "sesame"  # noqa: S105 - of a role of this test


@pytest.fixture
def repo(tmp_path):
    here = Repo.init(tmp_path / "repo")
    here.git("commit", "-q", "--allow-empty", "-m", "some code")
    return here


@pytest.fixture
def seat(postgres):
    """The URL of a role that may log in, and no more."""
    role, admin = f"seat_{postgres.database}", postgres.connect()
    admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'".encode())
    yield postgres.url(role, password=PASSWORD)
    admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def ledger(repo, *words, code=0):
    done = repo.fleetfeed("ledger", *words, ok=code == 0)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert PASSWORD not in said
    return said


def test_a_ledger_counts_once_it_is_committed(repo, postgres):
    assert "commit it" in ledger(repo, "init", postgres.url())
    for command in ("import", "verify", "export"):
        assert "counts once it is committed" in ledger(repo, command, code=2)
    repo.git("add", ".fleetfeed.yaml")
    repo.git("commit", "-q", "-m", "Say where the posts are")
    repo.git("branch", "-m", "work")
    assert "`fleetfeed ledger export` makes it" in ledger(repo, "verify", code=3)
    assert "exclude each other" in ledger(
        repo, "grant", "--read", "--steward", "ann", code=2
    )


def test_who_may_make_no_tables_is_told_who_may(repo, postgres, seat):
    assert "as the role that owns" in ledger(repo, "init", "--here", seat, code=1)
    repo.git("config", "fleetfeed.ledger", seat)
    for command in ("export", "policy"):
        assert "there is no ledger in the schema" in ledger(repo, command, code=3)
    ledger(repo, "init", "--here", postgres.url())
    role = f"seat_{postgres.database}"
    assert f"granted {role}" in ledger(repo, "grant", role)
    assert "fleetfeed.ledger: postgresql" in ledger(repo, "init", "--here", seat)
    assert "its tables are of version" in ledger(repo, "init")
    for older in ("version = version - 1", "version = version + 1, meaning = 0"):
        change = f"UPDATE fleetfeed.ledger SET {older}"  # noqa: S608 - the test's own
        postgres.connect().execute(change.encode())
        assert "that made the tables" in ledger(repo, "init", code=1)
    assert "`fleetfeed ledger init` folds them anew" in ledger(repo, "policy", code=3)


def test_the_doctor_tries_no_tables_that_it_does_not_know(repo, postgres):
    ledger(repo, "init", "--here", postgres.url())
    postgres.connect().execute("UPDATE fleetfeed.ledger SET version = version + 1")
    told = repo.fleetfeed("doctor", ok=False)
    assert told.returncode != 0
    assert f"this fleetfeed knows {newest()}" in told.stdout
    assert "append:" not in told.stdout


def test_who_exports_beside_another_takes_over_what_that_one_has_told(
    tmp_path, postgres
):
    hub = Repo.init(tmp_path / "hub.git", "--bare")
    first, second = (
        Repo.init(tmp_path / name, "--bare") for name in ("a.git", "b.git")
    )
    ledger(first, "init", postgres.url())
    work = ("--subject", "x", "--surface", "none", "--reason", "it reads")
    for each in (first, second):
        each.git("config", "fleetfeed.ledger", postgres.url())
        each.git("config", "fleetfeed.seat", "CAMBER-06")
        each.git("remote", "add", "origin", str(hub.folder))
    first.fleetfeed("reserve", "CMB", *work)
    ledger(first, "export", "--push", "origin")
    # Its parent is another, and so it is another commit.
    ref = "refs/heads/main"
    second.git("update-ref", ref, second.line("commit-tree", "-m", "x", _empty(second)))
    told = ledger(second, "export", "--push", "origin", code=1)
    take_over = f"git fetch origin +{ref}:{ref}"
    assert f"`{take_over}`" in told
    second.git(*take_over.split()[1:])
    assert "nothing to export" in ledger(second, "export", "--push", "origin")


def _empty(repo):
    return repo.line("hash-object", "-w", "-t", "tree", "/dev/null")


def test_a_clone_that_knows_of_no_ledger_takes_nothing_for_free_there(repo, postgres):
    """On a branch from before the move: what git has is what the ledger was told."""
    repo.git("config", "fleetfeed.seat", "CAMBER-06")
    ledger(repo, "init", "--here", postgres.url())
    new = ("claim", "--new", "CMB", "--subject", "s", "--proof", "the first of all")
    repo.fleetfeed(*new, "--surface", "CAMBER:page:a")
    ledger(repo, "export")
    repo.git("config", "--unset", "fleetfeed.ledger")
    for asked in (
        (*new, "--surface", "CAMBER:page:b"),
        ("active", "--surface-claim", "CAMBER:page:b"),
        ("fence", "CMB-0001"),
    ):
        told = repo.fleetfeed(*asked, ok=False)
        assert told.returncode == 3, told
        assert "tells what a ledger in a database was told" in told.stderr
    repo.git("config", "fleetfeed.ledger", "git")
    repo.fleetfeed(*new, "--surface", "CAMBER:page:b")
