"""The cache in every kind of repository that a feed lives in."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from feed.oracle_summary import Plain, compare
from harness import FREE, MINE, TAKEN, Fleet, Repo, Server, claim, path
from harness.pushes import everything, slip
from repo.gen_repositories import asked, cache_of, many, ours, put, queue

from fleetfeed.repo import cache_file as file_module

LOOKED = "COLLIDE-WITH-CMB-0007"


def look(repo: Repo) -> None:
    """One process of ours looks at the feed, and is right."""
    process, fresh = ours(repo), ours(repo)
    commit = repo.tip("refs/remotes/origin/main") or repo.tip("refs/heads/main")
    compare(process.snapshot(commit), Plain.of(fresh.tree(commit)))
    for each in (process, fresh):
        each.cache_store.file.close()


def remembers(repo: Repo, commit: str) -> bool:
    process = ours(repo)
    found = process.cache_store.load("", process.tree(commit).root)
    process.cache_store.file.close()
    return found is not None


@pytest.fixture
def origin(tmp_path):
    server = Server.create(tmp_path / "origin.git", install=False)
    server.git("config", "uploadpack.allowFilter", "true")
    put(server, many(30))
    put(server, many(30, shards=2))
    return server


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--depth=1",),
        ("--filter=blob:none", "--no-checkout"),
        ("--filter=tree:0", "--no-checkout"),
        ("--bare",),
    ],
    ids=["whole", "shallow", "no-blobs", "no-trees", "bare"],
)
def test_a_clone(origin, tmp_path, options):
    url = f"file://{origin.folder}"
    clone = Repo(tmp_path / "clone", origin.environment)
    clone.git("clone", "-q", *options, url, str(clone.folder), cwd=tmp_path)
    if "--bare" in options:
        clone.git("remote", "rm", "origin")
    for _ in range(2):
        assert asked(clone, "CAMBER:file:0:7") == LOOKED
        assert asked(clone, "CAMBER:file:1:28") == "COLLIDE-WITH-CMB-1028"
        assert asked(clone, "CAMBER:file:1:27") == "ALLOCATED"
    assert cache_of(clone).is_file()
    look(clone)
    assert "agrees" in clone.fleetfeed("index", "verify").stdout


def test_a_partial_clone_asks_the_memo_and_not_the_remote(origin, tmp_path):
    url = f"file://{origin.folder}"
    clone = Repo(tmp_path / "clone", origin.environment)
    options = ("--filter=blob:none", "--no-checkout")
    clone.git("clone", "-q", *options, url, str(clone.folder), cwd=tmp_path)
    assert asked(clone, "CAMBER:file:0:7") == LOOKED
    origin.folder.rename(tmp_path / "gone")
    assert asked(clone, "CAMBER:file:0:7") == LOOKED
    assert len(queue(clone)) == 8
    cache_of(clone).unlink()
    for left in (clone.folder / ".git/objects/pack").glob("*.promisor"):
        assert left.is_file()


def test_sha256(tmp_path):
    repo = Repo.init(tmp_path / "repo", "--object-format=sha256", "-b", "main")
    put(repo, many(20))
    for _ in range(2):
        assert asked(repo, "CAMBER:file:0:7") == LOOKED
    assert remembers(repo, "refs/heads/main")
    look(repo)


def test_linked_worktrees_share_it(tmp_path):
    repo = Repo.init(tmp_path / "repo", "-b", "main")
    put(repo, many(20))
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"), "main")
    linked = Repo(tmp_path / "linked", repo.environment)
    assert asked(linked, "CAMBER:file:0:7") == LOOKED
    assert cache_of(repo).is_file()
    assert remembers(repo, "refs/heads/main")
    below = linked.write("deep/er/file", "").parent
    assert asked(linked, "CAMBER:file:0:7", cwd=below) == LOOKED
    assert [p.parent.parent.name for p in tmp_path.rglob("memo.sqlite")] == [".git"]


def test_it_lies_where_the_repository_is(tmp_path):
    """Seen from inside a bare repository, from its folders, and by GIT_DIR."""
    server = Server.create(tmp_path / "server.git", install=False)
    put(server, many(20))
    tries = [
        {"cwd": server.folder},
        {"cwd": server.folder / "objects"},
        {"cwd": tmp_path, "env": {"GIT_DIR": str(server.folder)}},
        {"cwd": server.folder, "env": {"GIT_DIR": "."}},
    ]
    for how in tries:
        assert asked(server, "CAMBER:file:0:7", **how) == LOOKED
        assert remembers(server, "refs/heads/main")
        cache_of(server).unlink()
    assert not list(tmp_path.rglob("memo.sqlite"))


def files_of(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def paths_in(file):
    """The paths of all rows: shards, and "" for feeds."""
    with closing(sqlite3.connect(file)) as db:
        asked = f"SELECT path FROM {file_module._TABLE}"  # noqa: S608, SLF001
        return {path for (path,) in db.execute(asked)}


def test_only_shards_have_rows(tmp_path):
    """A stray folder may have any name."""
    repo = Repo.init(tmp_path / "repo", "-b", "main")
    odd = ("CMB/\udcff/x", "CMB/xyz/CMB-0001/0001.yaml", "CMB/1/x", "low/000/y")
    put(repo, {**many(5), **dict.fromkeys(odd, b"")})
    assert repo.fleetfeed("index", "rebuild").ok
    assert paths_in(cache_of(repo)) == {"", "CMB/000"}
    assert "agrees" in repo.fleetfeed("index", "verify").stdout
    look(repo)


def test_a_server_keeps_of_a_push_what_landed(fleet: Fleet):
    """What is turned down is in no row; nothing but the cache and stamps is written."""
    server, seat = fleet.server, fleet.seat()
    for number in range(1, 12):
        item = f"CMB-{number:04d}"
        seat.write(path(item), claim(item, f"CAMBER:file:{number}"))
    seat.commit("claims", "--no-verify")
    before = files_of(server.folder)
    seat.push()
    landed = server.tip("refs/heads/main")
    new = {name for name in files_of(server.folder) - before if "objects/" not in name}
    assert new <= {"fleetfeed/memo.sqlite", "fleetfeed/stamps.sqlite"}
    assert not remembers(server, landed)
    for number in range(12, 90):
        item = f"CMB-{number:04d}"
        seat.write(path(item), claim(item, f"CAMBER:file:{number % 11}:part"))
    seat.commit("collisions", "--no-verify")
    refused, whole = seat.tip(), everything(server)
    done = seat.git("push", "--no-verify", "origin", "HEAD:refs/heads/main", ok=None)
    assert "FF401" in done.refusals
    assert everything(server) == whole
    assert remembers(server, landed)
    assert paths_in(cache_of(server)) == {""}
    seat.git("push", "-q", "origin", "HEAD:refs/heads/elsewhere", "--no-verify")
    assert not remembers(server, refused)
    look(server)


def test_a_first_push_that_is_turned_down_leaves_nothing(fleet: Fleet):
    """However much of it was read, shard by shard."""
    server, seat = fleet.server, fleet.seat()
    for number in range(1, 80):
        item = f"CMB-{number:04d}"
        seat.write(path(item), claim(item, f"CAMBER:file:{min(number, 78)}"))
    seat.commit("a feed with a collision", "--no-verify")
    server.git("update-ref", "-d", "refs/heads/main")
    done = seat.git("push", "--no-verify", "origin", "HEAD:refs/heads/main", ok=None)
    assert "FF401" in done.refusals
    assert not cache_of(server).exists()


def test_what_was_turned_down_holds_nothing(scene):
    me, other = scene.me, scene.other
    item = "CMB-0003"
    other.write(path(item), claim(item, FREE, owner="nobody-at-all", epoch=7))
    other.commit("wrong", "--no-verify")
    done = other.git("push", "--no-verify", "origin", "HEAD:refs/heads/main", ok=None)
    assert not done.ok
    assert asked(scene.server, FREE) == "ALLOCATED"
    me.write(path(item), claim(item, FREE))
    me.commit("right")
    me.push()
    assert asked(scene.server, FREE) == f"COLLIDE-WITH-{item}"
    look(scene.server)


def test_hooks_go_by_the_memo_and_are_right(scene):
    """A commit hook, with the cache, without it, and with one that lies."""
    me = scene.me
    for _ in range(2):
        me.write(path("CMB-0003"), claim("CMB-0003", TAKEN))
        done = me.commit("collides", ok=False)
        assert "FF401" in done.refusals
        assert "COLLIDE-WITH-CMB-0001" in done.said
        me.git("reset", "-q", "--hard")
    shutil.rmtree(me.folder / ".git/fleetfeed", ignore_errors=True)
    me.write(path("CMB-0003"), claim("CMB-0003", f"{MINE}:part"))
    assert "FF401" in me.commit("collides", ok=False).refusals


def test_a_feed_that_goes_back_and_elsewhere(scene):
    """Rebased, reset, pushed past all hooks: the cache knows trees and no history."""
    me = scene.me
    was = me.tip()
    for number in range(3, 20):
        item = f"CMB-{number:04d}"
        me.write(path(item), claim(item, f"CAMBER:many:{number}"))
    me.commit("more", "--no-verify")
    slip(me)
    assert asked(me, "CAMBER:many:7") == LOOKED
    look(me)
    me.git("reset", "-q", "--hard", was)
    slip(me, "+HEAD:refs/heads/main")
    me.git("fetch", "-q")
    assert asked(me, "CAMBER:many:7") == "ALLOCATED"
    assert asked(me, TAKEN) == "COLLIDE-WITH-CMB-0001"
    look(me)
