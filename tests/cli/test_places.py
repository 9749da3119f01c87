"""A writing command works from any checkout, and touches none but to bring it along."""

import shutil

import pytest
from harness import Repo, command

SIX = "CAMBER-06"


def test_in_a_subfolder_and_by_c(busy, tmp_path):
    me = busy.of(SIX)
    me.at(me.folder / "feed" / "CMB")("claim", "CMB-0001")
    me.at(tmp_path)("-C", str(me.folder), "done", "CMB-0001")
    assert me.item("CMB-0001")["state"] == "DONE"


def test_on_another_branch_in_the_middle_of_work(busy):
    me = busy.of(SIX)
    git, main = me.seat.git, me.seat.tip("main")
    git("switch", "-q", "-c", "topic")
    me.seat.write("README.md", "mine\n")
    git("add", "README.md")
    me.seat.write("README.md", "mine, still more\n")
    me.seat.write("feed/policy.yaml", "half a policy")
    before = git("status", "--porcelain=v2").stdout, me.seat.tip()
    said = me("claim", "CMB-0001")
    assert (git("status", "--porcelain=v2").stdout, me.seat.tip()) == before
    assert me.seat.tip("main") == main
    assert not said.stderr


def test_on_a_detached_head(busy):
    me = busy.of(SIX)
    me.seat.git("checkout", "-q", "--detach")
    head = me.seat.tip()
    me("claim", "CMB-0001")
    assert me.seat.tip() == head
    assert me.seat.tip("origin/main") == busy.tip()


def test_in_a_linked_worktree(busy, tmp_path):
    me = busy.of(SIX)
    me.seat.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "tree"))
    me.at(tmp_path / "tree")("claim", "CMB-0001")
    assert me.item("CMB-0001")["holder"] == SIX


def test_in_a_bare_clone(busy, tmp_path):
    Repo(tmp_path).git("clone", "-q", "--bare", str(busy.fleet.server.folder), "b.git")
    me = busy.of(SIX)
    me.at(tmp_path / "b.git")("claim", "CMB-0001")
    assert me.item("CMB-0001")["holder"] == SIX


def test_on_the_server_itself(busy):
    busy.of(SIX).at(busy.fleet.server.folder)("claim", "CMB-0001")
    assert busy.of(SIX).item("CMB-0001")["holder"] == SIX


def test_a_clean_checkout_of_the_feed_comes_along(busy):
    me = busy.of(SIX)
    said = me("claim", "CMB-0001")
    assert me.seat.tip() == busy.tip()
    assert (me.folder / "feed/CMB/000/CMB-0001/0002.yaml").exists()
    assert not said.stderr
    assert not me.seat.git("status", "--porcelain").stdout


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("changes", "it has changes that are not committed"),
        ("commits", "it has commits of its own"),
    ],
)
def test_a_checkout_that_cannot_come_along_is_left_and_that_is_said(busy, how, words):
    me = busy.of(SIX)
    me.seat.write("README.md", "mine\n")
    me.seat.git("add", "README.md")
    if how == "commits":
        me.seat.git("commit", "-q", "--no-verify", "-m", "mine")
    head = me.seat.tip()
    said = me("claim", "CMB-0001")
    assert f"your branch main was left as it is: {words}" in said.stderr
    assert me.seat.tip() == head
    assert (me.folder / "README.md").read_text() == "mine\n"


def test_without_a_remote(busy, tmp_path):
    me = busy.of(SIX)
    me.seat.alone()
    me("claim", "CMB-0001")
    assert (me.folder / "feed/CMB/000/CMB-0001/0002.yaml").exists()
    assert not me.seat.git("status", "--porcelain").stdout
    assert me.item("CMB-0001")["holder"] == SIX


def test_in_no_repository(busy, tmp_path):
    said = busy.of(SIX).at(tmp_path)("claim", "CMB-0001", code=2)
    assert "is in no git repository" in said.stderr


def test_where_the_remote_is_gone(busy):
    me, tip = busy.of(SIX), busy.tip()
    shutil.move(busy.fleet.server.folder, busy.fleet.folder / "away.git")
    said = me.json("claim", "CMB-0001", "--timeout", "2s", code=3)
    assert said["answer"] == "cannot tell"
    shutil.move(busy.fleet.folder / "away.git", busy.fleet.server.folder)
    assert busy.tip() == tip


def test_where_the_server_has_no_feed_yet(tmp_path, fleet):
    bare = Repo.init(tmp_path / "empty.git", "--bare")
    seat = fleet.seat()
    seat.git("remote", "set-url", "origin", str(bare.folder))
    said = seat.fleetfeed("claim", "--new", "CMB", "--subject", "x", ok=False)
    assert said.returncode == 3, said
    assert said.stderr.startswith("fleetfeed: ")


def test_where_the_branch_carries_no_feed(tmp_path, desks):
    """A command in the wrong repository starts no feed there."""
    repo = Repo.init(tmp_path / "other")
    repo.commit("no feed")
    me = desks.of(SIX).at(repo.folder)
    for args in (
        ["claim", "--new", "CMB", "--subject", "x"],
        ["next"],
        ["note", "--body", "x"],
    ):
        said = me.json(*args, code=3)
        assert "refs/heads/main carries no feed/" in said["message"]
    assert repo.line("rev-list", "--count", "HEAD") == "1"


def test_a_guarded_server_takes_it_too(fleet):
    """In processes of their own, through the server's hook."""
    seat = fleet.seat()
    free = ("--surface", "CAMBER:page:home", "--proof", "no other page is open")
    said = seat.fleetfeed("claim", "--new", "CMB", "--subject", "x", *free)
    assert said.stdout.splitlines()[0] == "CMB-0001"
    assert not said.stderr
    seat.fleetfeed("done", "CMB-0001")
    assert "nothing to refuse" in seat.fleetfeed("audit").said


@pytest.mark.parametrize(
    ("alias", "args", "item"),
    [
        ("ticket_reserve", ["CMB", "--subject", "x"], "CMB-0012"),
        ("feed_append", ["CMB-0002", "--state", "DONE"], "CMB-0002"),
    ],
)
def test_the_names_that_fleets_know(busy, alias, args, item):
    seat = busy.of(SIX).seat
    python, *_ = command()
    code = f"from fleetfeed.cli.main import {alias}; {alias}()"
    said = seat.run((python, "-P", "-c", code, *args))
    assert said.stdout.splitlines()[0] == item
    refused = seat.run((python, "-P", "-c", code, "CMB-0099", "--op", " "), ok=False)
    assert refused.returncode == 2


def test_the_seat_of_the_flag_comes_before_all(busy):
    me = busy.of(SIX)
    me.seat.git("config", "fleetfeed.seat", "ORA-03")
    seats = []
    for args, env in (
        ((), {"FLEETFEED_SEAT": ""}),
        ((), {"FLEETFEED_SEAT": "ORA-02"}),
        (("--seat", "ORA-01"), {"FLEETFEED_SEAT": "ORA-02"}),
    ):
        said = me.json("note", "--body", "x", "--dry-run", *args, **env)
        (text,) = said["texts"]
        seats += [line for line in text["body"].splitlines() if line.startswith("SEAT")]
    assert seats == ["SEAT: ORA-03", "SEAT: ORA-02", "SEAT: ORA-01"]
