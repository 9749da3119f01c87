"""Hooks where posts are on a ledger: git has what was exported, and nothing else."""

import pytest
from harness import Repo, Server, path, post
from harness.ledger_rows import REF, append, connect, make_tables, post_path

ONE, TWO = post_path(1), post_path(2)
BY_HAND = path("CMB-0009")


@pytest.fixture
def fleet(tmp_path, postgres):
    """A ledger with an append, its exporter, and a guarded server that has it all."""
    make_tables(postgres.url())
    append(connect(postgres), ONE)
    server = Server.create(tmp_path / "server.git")
    server.git("config", "fleetfeed.ledger", postgres.url())
    exporter = Repo.init(tmp_path / "exporter.git", "--bare")
    exporter.git("config", "fleetfeed.ledger", postgres.url())
    exporter.git("remote", "add", "origin", str(server.folder))
    exporter.fleetfeed("ledger", "export", "--push", "origin")
    return server, exporter


@pytest.fixture
def clone(fleet, tmp_path, postgres):
    """A clone with hooks, which knows the ledger."""
    clone = Repo.init(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(fleet[0].folder))
    clone.git("fetch", "-q", "origin")
    clone.git("checkout", "-q", "-B", "main", "origin/main")
    clone.git("config", "fleetfeed.ledger", postgres.url())
    clone.fleetfeed("install")
    return clone


def by_hand(repo, *files, text=""):
    for name in files:
        repo.stage(name, text or post(item=name.split("/")[-2]))


def test_an_export_is_pushed_and_a_post_by_hand_is_not(fleet, clone, postgres):
    server, exporter = fleet
    assert server.tip(REF) == exporter.tip(REF)
    by_hand(clone, BY_HAND)
    clone.git("commit", "-q", "--no-verify", "-m", "by hand")
    refused = clone.git("push", "--no-verify", "origin", "HEAD:main", ok=False)
    assert "FF416" in refused.stderr
    assert BY_HAND in refused.stderr
    # Nor where a later commit takes it away again.
    clone.git("rm", "-q", BY_HAND)
    clone.git("commit", "-q", "--no-verify", "-m", "and gone")
    assert (
        "FF416"
        in clone.git("push", "--no-verify", "origin", "HEAD:main", ok=False).stderr
    )
    assert server.tip(REF) == exporter.tip(REF)
    append(connect(postgres), TWO)
    exporter.fleetfeed("ledger", "export", "--push", "origin")
    assert server.tip(REF) == exporter.tip(REF)


def test_a_ledger_that_does_not_answer_refuses(fleet, clone, postgres):
    server, exporter = fleet
    append(connect(postgres), TWO)
    exporter.fleetfeed("ledger", "export")
    away = postgres.url(host="/nowhere")
    server.git("config", "fleetfeed.ledger", away)
    refused = exporter.git("push", "origin", "main", ok=False)
    assert "cannot tell" in refused.stderr
    assert "does not answer" in refused.stderr
    clone.git("config", "fleetfeed.ledger", away)
    by_hand(clone, BY_HAND)
    assert "cannot tell" in clone.git("commit", "-m", "x", ok=False).stderr
    clone.git("rm", "-q", "--cached", BY_HAND)
    # What touches no post asks nobody.
    by_hand(clone, "README", text="hello")
    clone.git("commit", "-q", "-m", "code")


def test_the_queue_takes_nothing(fleet, clone):
    server, exporter = fleet
    server.git("config", "--add", "receive.procReceiveRefs", "refs/for/feed")
    by_hand(clone, BY_HAND)
    clone.git("commit", "-q", "--no-verify", "-m", "by hand")
    clone.git("push", "--no-verify", "origin", "HEAD:refs/for/feed", ok=False)
    assert server.tip(REF) == exporter.tip(REF)


def test_a_commit_of_a_post_says_what_to_do(clone, postgres):
    by_hand(clone, BY_HAND)
    refused = clone.git("commit", "-m", "x", ok=False)
    assert "FF416" in refused.stderr
    assert "fleetfeed append --post" in refused.stderr
    clone.git("rm", "-q", "--cached", "-f", BY_HAND)
    # What the ledger has, byte for byte, is no news.
    append(connect(postgres), TWO)
    by_hand(clone, f"feed/{TWO}", text=f"PATH: {TWO}\n")
    clone.git("commit", "-q", "-m", "as exported")
    by_hand(clone, f"feed/{ONE}", text="other\n")
    assert "otherwise" in clone.git("commit", "-m", "x", ok=False).stderr
    clone.git("checkout", "-q", "HEAD", "--", ".")
    clone.git("rm", "-q", f"feed/{ONE}")
    assert "taken away" in clone.git("commit", "-m", "x", ok=False).stderr


def test_a_fetched_export_is_merged_without_a_question(fleet, clone, postgres):
    _, exporter = fleet
    clone.git("checkout", "-q", "-b", "work")
    by_hand(clone, "README", text="hello")
    clone.git("commit", "-q", "-m", "code")
    client = connect(postgres)
    made = append(client, TWO)
    client.execute("insert into rule values ('policy.yaml', %s, %s)",
                   (made, f"ref: {REF}\n".encode()))  # fmt: skip
    exporter.fleetfeed("ledger", "export", "--push", "origin")
    clone.git("fetch", "-q", "origin")
    clone.git("config", "fleetfeed.ledger", postgres.url(host="/nowhere"))
    clone.git("merge", "-q", "--no-ff", "-m", "merged", "origin/main")
    assert clone.holds(f"feed/{TWO}") is not None
