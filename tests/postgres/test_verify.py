# ruff: noqa: S608 - the statements are of this page
"""`fleetfeed ledger verify`: whatever was changed behind the ledger's back is named."""

import psycopg
import pytest
from harness import Repo, path
from harness.ledger_rows import REF, append, connect, make_tables, post_path
from postgres.test_import import FILES, NOTE, put

from fleetfeed.git.process import Git
from fleetfeed.ledger.postgres.appends import Appends
from fleetfeed.ledger.postgres.service import verified
from fleetfeed.repo.repository import Repo as FeedRepo

POSTS = {
    name.removeprefix("feed/"): name.split("/")[-2]
    for name in FILES
    if name.endswith(".yaml") and name.count("/") == 4 and "/notes/" not in name
}
SEALED = {f"CMB/000/CMB-0001/000{n}.yaml": "CMB-0001" for n in (1, 2)}
COLUMNS = {
    "newest": "newest + 1",
    "epoch": "epoch + 1",
    "state": "'DONE '",
    "contact": "contact || 'x'",
    "open": "not open",
    "priority": "priority + 1",
    "filed": "filed || 'x'",
    "depends": "array['CMB-0099']",
    "fold": "fold || ' '",
    "prefix": "'ABC'",
    "number": "number + 1",
}
ITEMS = ("CMB-0001", "CMB-1001", "CMB-1002", "CMB-1003", "HWD-0007")
HOLDING = ("CMB-1001", "CMB-1003", "HWD-0007")
NOTE_PATH = NOTE.removeprefix("feed/")


def planted():
    """Each statement that does harm, and what must be named."""
    for name, item in {**POSTS, **SEALED}.items():
        where = f"where path = '{name}'"
        yield f"update post set data = data || '\\x0a' {where}", name
        yield f"delete from post {where}", name if item != "CMB-1002" else item
        yield f"update post set op = 'x' {where}", name
    for item in ITEMS:
        for column, value in COLUMNS.items():
            yield f"update item set {column} = {value} where id = '{item}'", item
        yield f"delete from item where id = '{item}'", item
    for item in HOLDING:
        where = f"where item = '{item}'"
        for change in ("held = not held", "key = key || 'x'", "artifact = 'nothing:'"):
            yield f"update surface set {change} {where}", item
        yield f"delete from surface {where}", item
        lease = f"where id = '{item}'"
        yield f"update item set lease_over = null {lease}", item
        yield f"update item set lease_beat = lease_beat - 1 {lease}", item
        later = "case when lease_beat = -1 then 60 else lease_beat end"
        longer = f"lease_over = 'infinity', lease_beat = {later}"
        yield f"update item set {longer} {lease}", item
    yield "update taken set last = last + 1 where prefix = 'CMB' and first > 1", "CMB"
    yield "update taken set first = first + 1 where prefix = 'CMB' and first > 1", "CMB"
    yield "delete from taken where prefix = 'HWD'", "HWD"
    yield "insert into taken values ('ORA', 1, 1)", "ORA"
    for change in ("data = data || 'x'", "item = 'CMB-1002'", "op = 'x'"):
        yield f"update note set {change}", NOTE_PATH
    yield "delete from note", NOTE_PATH
    yield "update seal set data = data || 'x'", "CMB/000.sealed"
    yield "delete from seal", "CMB/000.sealed"
    yield "update rule set data = data || '\\x0a'", "policy.yaml"
    yield "delete from rule", "policy.yaml"
    yield "update append set op = 'another'", path("CMB-1001")


PLANTED = tuple(planted())


@pytest.fixture
def feed(tmp_path, postgres):
    """A clone whose feed is in its ledger."""
    make_tables(postgres.url())
    repo = Repo.init(tmp_path / "feed")
    repo.git("config", "fleetfeed.ledger", postgres.url())
    put(repo, FILES)
    repo.fleetfeed("ledger", "import")
    return repo


def test_each_of_many_differences_is_named(feed, postgres):
    assert len(PLANTED) >= 100
    client, tip = connect(postgres), feed.tip(REF)
    here = FeedRepo(Git(feed.folder))
    # What holds the tables together is not to save them here.
    client.execute("set session_replication_role = replica")
    client.execute("alter table note drop constraint note_pkey")

    def found():
        return verified(here, Appends(client), tip, lambda *_: None).differences

    with client.transaction(force_rollback=True):
        assert found() == ()
    for harm, name in PLANTED:
        with client.transaction(force_rollback=True):
            client.execute(harm.encode())
            told = [each.sentence for each in found()]
            assert any(name in sentence for sentence in told), (harm, told)


def test_an_agreement_and_what_is_not_exported_yet(feed, postgres):
    agreed = feed.fleetfeed("ledger", "verify")
    assert "agrees" in agreed.stdout
    client = connect(postgres)
    append(client, post_path(1004))
    differs = feed.fleetfeed("ledger", "verify", ok=False)
    assert differs.returncode == 1
    assert "1 appends are not exported yet" in differs.stderr
    assert "item CMB-1004: it has posts, and no row" in differs.stdout
    assert path("CMB-1004") not in differs.stdout


def test_what_git_has_otherwise_is_named_both_ways(feed, postgres):
    gone, more = path("CMB-1002"), path("CMB-1009")
    feed.git("rm", "-q", gone)
    put(feed, {more: "x\n", path("CMB-1001"): "other\n"})
    told = feed.fleetfeed("ledger", "verify", ok=False)
    assert told.returncode == 1
    for name in (gone, more, path("CMB-1001")):
        assert name in told.stdout


def test_no_answer_is_no_agreement(feed, postgres):
    elsewhere = postgres.url(host="/nowhere")
    away = feed.fleetfeed(
        "ledger", "verify", ok=False, env={"FLEETFEED_LEDGER": elsewhere}
    )
    assert away.returncode == 3
    with psycopg.connect(postgres.url()) as admin:
        admin.execute("update fleetfeed.ledger set version = version + 1")
    newer = feed.fleetfeed("ledger", "verify", ok=False)
    assert newer.returncode == 3
    assert "update fleetfeed here" in newer.stderr


def test_items_are_folded_anew_by_newer_rules(feed, postgres):
    client = connect(postgres)
    client.execute("update ledger set meaning = meaning - 1")
    client.execute("update item set fold = 'of old', contact = ''")
    client.execute("update surface set artifact = 'old:'")
    assert feed.fleetfeed("ledger", "import", ok=False).returncode == 3
    asked = "select id, lease_over, lease_beat from item where id <> 'CMB-1003'"
    before = client.execute(f"{asked} order by id").fetchall()
    told = feed.fleetfeed("ledger", "init").stdout
    assert f"its {len(ITEMS)} items are folded anew" in told
    assert "agrees" in feed.fleetfeed("ledger", "verify").stdout
    assert client.execute(f"{asked} order by id").fetchall() == before
    client.execute("update ledger set meaning = meaning + 1")
    newer = feed.fleetfeed("ledger", "init", ok=False)
    assert newer.returncode == 1
    assert "update fleetfeed here" in newer.stderr
