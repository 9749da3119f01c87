"""Seals in repositories of every kind: SHA-256, shallow, partial, sparse, without files."""

import shutil

import pytest
from cli.desk import Desk
from harness import Seat, Server, clean, path
from harness.rows import of_each_kind
from seal.gen_feeds import SEAL, again, beyond, item_id, sealed, shard
from seal.oracle_server import check_as_unsealed, posts_on

A = item_id(980)
BACK = ("--state", "PARKED", "--reason", "it came back")


def cloned(desks, *options, name="kind"):
    """A clone of the server with hooks, as a desk."""
    folder = desks.fleet.folder / name
    url = f"file://{desks.fleet.server.folder}"
    seat = Seat(folder, clean(FLEETFEED_SEAT="CAMBER-07"))
    seat.git("clone", "-q", *options, url, str(folder), cwd=desks.fleet.folder)
    seat.install()
    return Desk("CAMBER-07", seat, folder)


def test_sha_256(tmp_path):
    server = Server(tmp_path / "server.git", clean())
    server.folder.mkdir()
    server.git("init", "-q", "--bare", "-b", "main", "--object-format=sha256", ".")
    # A clone of what is empty would be SHA-1 (git 2.39).
    seat = Seat.init(tmp_path / "seat", "-b", "main", "--object-format=sha256")
    seat.git("remote", "add", "origin", str(server.folder))
    me = Desk("CAMBER-06", seat, seat.folder)
    me("init")
    for name, text in (shard() | beyond()).items():
        seat.write(name, text)
    seat.commit("thirty items that are over")
    seat.push()
    server.install()
    assert me("seal").stdout == "sealed CMB/000: 30 items, 60 posts\n"
    me("append", A, *BACK)
    assert [each["number"] for each in me.item(A)["posts"]] == [1, 2, 3]
    assert server.holds(SEAL, "main").encode() == sealed(shard())
    check_as_unsealed(server)
    assert me("audit").said.count("FF") == 0


KINDS = {
    "shallow": ("--depth", "1"),
    "no-blobs": ("--filter=blob:none", "--no-checkout"),
    "no-trees": ("--filter=tree:0", "--no-checkout"),
    "sparse": ("--sparse",),
    "no-files": ("--no-checkout",),
}


@pytest.mark.parametrize(
    "kind", of_each_kind(KINDS, ("no-trees", "sparse").__contains__)
)
def test_a_sealed_feed_in_a_clone_that_lacks_much(desks, me, kind):
    """The old objects may be gone, or never there: the sealed ones do."""
    me("seal")
    desks.fleet.server.git("config", "uploadpack.allowFilter", "true")
    other = cloned(desks, *KINDS[kind])
    assert [each["number"] for each in other.item(A)["posts"]] == [1, 2]
    document = other.json("append", A, *BACK)
    assert document["posts"][0]["path"] == path(A, 3)
    assert me.item(A)["state"] == "PARKED"
    assert A in other("active").stdout
    check_as_unsealed(desks.fleet.server)


@pytest.mark.parametrize(
    "kind", of_each_kind(KINDS, ("no-trees", "sparse").__contains__)
)
def test_a_clone_that_lacks_much_seals(desks, kind):
    desks.fleet.server.git("config", "uploadpack.allowFilter", "true")
    other = cloned(desks, *KINDS[kind])
    assert other("seal").stdout == "sealed CMB/000: 30 items, 60 posts\n"
    assert desks.fleet.server.holds(SEAL, "main").encode() == sealed(shard())
    assert posts_on(desks.fleet.server)


def test_the_log_of_a_shallow_clone_has_what_is_sealed(desks, me):
    """Its history begins with the seal, which brings the posts that are in it."""
    full = len(me.json("log", "-n", "100")["posts"])
    me("seal")
    other = cloned(desks, "--depth", "1")
    listed = other.json("log", "-n", "100")["posts"]
    assert len(listed) == full
    assert {each["commit"] for each in listed} == {desks.tip()}
    assert [each["number"] for each in other.json("log", A)["posts"]] == [2, 1]


def test_a_sparse_checkout_commits_by_hand(desks, me):
    me("seal")
    other = cloned(desks, "--sparse")
    assert not (other.folder / "feed").exists()
    for name, text in again(A).items():
        other.seat.write(name, text)
        other.seat.git("add", "--sparse", name)
    other.seat.git("commit", "-q", "-m", "it came back")
    other.seat.push()
    assert me.item(A)["state"] == "PARKED"
    other("append", A, "--state", "DONE", "--seat", "CAMBER-06")
    assert not other.seat.git("status", "--porcelain").stdout


def test_a_whole_history_with_seals_is_a_first_push(desks, me, tmp_path):
    me("seal")
    me("append", A, *BACK)
    other = Server.create(tmp_path / "other.git")
    me.seat.git("push", "-q", str(other.folder), "HEAD:refs/heads/main")
    assert posts_on(other) == posts_on(desks.fleet.server)


def test_a_history_that_was_squashed_has_posts_in_the_seal_alone(desks, me, tmp_path):
    me("seal")
    shutil.rmtree(me.seat.folder / ".git")
    me.seat.git("init", "-q", "-b", "main", ".")
    me.seat.commit("all of it")
    other = Server.create(tmp_path / "other.git")
    pushed = me.seat.git("push", str(other.folder), "HEAD:refs/heads/main", ok=False)
    assert pushed.refusals == {"FF414"}
