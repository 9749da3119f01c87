"""What a seat is told of the feed: never that a surface is free where nobody looked."""

import os
import shutil
import time
from pathlib import Path

import pytest
from harness import Repo, Scene, Seat, Server, claim, path, post
from harness.scene import FREE, TAKEN

FEED = "refs/heads/feed"


def test_no_feed_is_no_answer(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    repo.write("README.md", "code\n")
    repo.commit("code")
    asked = repo.fleetfeed("active", "--surface-claim", FREE, ok=False)
    assert asked.returncode == 3
    assert "carries no feed/" in asked.stderr
    assert "ALLOCATED" not in asked.stdout


def test_a_branch_without_the_feed_does_not_answer_for_it(tmp_path: Path) -> None:
    server = Server.create(tmp_path / "server.git", install=False)
    seat = Seat.clone(server, tmp_path / "seat", install=False)
    seat.git("symbolic-ref", "HEAD", FEED)
    seat.fleetfeed("init")
    seat.write(path("CMB-0001"), claim("CMB-0001", TAKEN))
    seat.commit("a feed")
    seat.push(FEED)
    seat.git("checkout", "-q", "--orphan", "main")
    seat.git("rm", "-rqf", ".")
    seat.write("README.md", "code\n")
    seat.commit("code")
    seat.push("main")
    asked = seat.fleetfeed("active", "--surface-claim", TAKEN, ok=False)
    assert asked.returncode == 3
    seat.git("config", "fleetfeed.ref", FEED)
    asked = seat.fleetfeed("active", "--surface-claim", TAKEN, ok=False)
    assert asked.stdout.startswith("COLLIDE-WITH-CMB-0001\n")


def _two_remotes(scene: Scene) -> Seat:
    scene.me.git("remote", "rename", "origin", "hub")
    scene.me.git("remote", "add", "backup", str(scene.folder / "backup.git"))
    return scene.me


def test_a_remote_is_not_guessed(scene: Scene) -> None:
    me = _two_remotes(scene)
    asked = me.fleetfeed("active", "--surface-claim", TAKEN, ok=False)
    assert asked.returncode == 3
    assert "git config fleetfeed.remote NAME" in asked.stderr
    me.stage(path("CMB-0003"), claim("CMB-0003", TAKEN))
    assert "FF406" in me.git("commit", "-qm", "x", ok=False).stderr
    me.git("config", "fleetfeed.remote", "hub")
    assert "FF401" in me.git("commit", "-qm", "x", ok=False).stderr


def test_a_remote_that_is_not_there_is_said(scene: Scene) -> None:
    scene.me.git("config", "fleetfeed.remote", "nowhere")
    asked = scene.me.fleetfeed("active", ok=False)
    assert asked.returncode == 3
    assert "there is no such remote" in asked.stderr


def test_a_fetch_that_failed_or_asked_another_makes_no_view_younger(
    scene: Scene,
) -> None:
    me = scene.me
    me.git("fetch", "-q")
    old = time.time() - 3 * 86400
    for file in (me.folder / ".git").rglob("*"):
        if file.name == "FETCH_HEAD" or "logs" in file.parts:
            os.utime(file, (old, old))
    assert "fetched 3 d ago" in me.fleetfeed("active", "--offline").stderr
    me.git("fetch", "-q", "/nonexistent", ok=False)
    assert "fetched 3 d ago" in me.fleetfeed("active", "--offline").stderr
    me.git("fetch", "-q")
    assert not me.fleetfeed("active", "--offline").unsaid("fetched 0 s ago")


def test_the_variables_of_the_framework_do_not_switch_a_push_off(scene: Scene) -> None:
    me = scene.me
    me.stage(path("CMB-0003"), claim("CMB-0003", TAKEN))
    me.git("commit", "-q", "--no-verify", "-m", "x")
    of_another_push = {"PRE_COMMIT_TO_REF": me.tip(), "PRE_COMMIT_REMOTE_BRANCH": "x"}
    refused = me.git("push", env=of_another_push, ok=False)
    assert refused.refusals == {"FF401"}
    assert "remote:" not in refused.stderr


def test_the_one_refusal_is_not_hidden_by_warnings(scene: Scene) -> None:
    me = scene.me
    for number in range(10, 70):
        item = f"CMB-{number:04d}"
        me.write(path(item), post(item=item, state="PARKED", surface_key="one"))
    me.write(path("CMB-0090"), claim("CMB-0090", TAKEN))
    refused = me.commit(ok=False)
    assert "COLLIDE-WITH-CMB-0001" in refused.stderr
    assert "… and 11 more" in refused.stderr


def test_check_and_the_commit_agree_on_a_merge(scene: Scene) -> None:
    me = scene.me
    me.stage("README.md", "mine\n")
    me.git("commit", "-qm", "mine")
    scene.other.write(path("CMB-0005"), claim("CMB-0005", FREE, seat="CAMBER-07"))
    scene.other.commit("theirs")
    scene.other.push()
    me.git("fetch", "-q")
    me.git("branch", "topic", "HEAD~1")
    me.git("merge", "-q", "-sours", "--no-commit", "topic", "origin/main", ok=None)
    assert me.fleetfeed("check", "--staged", ok=False).refusals == {"FF402"}
    assert me.git("commit", "-qm", "x", ok=False).refusals == {"FF402"}


def test_an_audit_knows_what_was_repaired_and_what_is_alike(scene: Scene) -> None:
    me = scene.me
    note = "feed/notes/2026/11/20261120T155200Z-{}-9f3a.yaml"
    shutil.rmtree(scene.server.folder / "hooks")
    target = path("CMB-0009")
    file = me.write(target, "x")
    file.unlink()
    file.symlink_to("/nowhere")
    me.write(note.format("CAMBER-06"), "SEAT: CAMBER-06\nBODY: x\n")
    me.commit("slipped in", "--no-verify")
    me.push("--no-verify", "HEAD:refs/heads/main")
    assert me.fleetfeed("audit", ok=False).refusals == {"FF021"}
    repair = post(item="CMB-0009", state="PARKED", repairs=1, reason="was a link")
    me.stage(path("CMB-0009", 2), repair)
    me.git("commit", "-qm", "repaired")
    assert me.fleetfeed("audit", "HEAD").refusals == set()
    me.write(note.format("camber-06"), "SEAT: camber-06\nBODY: x\n")
    me.commit("alike", "--no-verify")
    assert me.fleetfeed("audit", "HEAD", ok=False).refusals == {"FF023"}


@pytest.mark.parametrize("asked", ["feed/CMB", "feed/CMB/000/CMB-0002/0001.yaml"])
def test_check_of_a_path_says_what_refuses_everything(scene: Scene, asked: str) -> None:
    me = scene.me
    me.write("feed/policy.yaml", "ref: main\n")
    me.commit("broken", "--no-verify")
    assert "FF403" in me.fleetfeed("check", asked, ok=False).stdout


def test_check_of_a_removed_post_says_so(scene: Scene) -> None:
    (scene.me.folder / path("CMB-0001")).unlink()
    refused = scene.me.fleetfeed("check", path("CMB-0001"), ok=False)
    assert refused.refusals == {"FF402"}


def test_check_and_the_commit_agree_where_ids_are_sha_256(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo", "--object-format=sha256")
    repo.fleetfeed("init")
    repo.write(path("CMB-0001"), claim("CMB-0001", TAKEN))
    repo.commit("a feed")
    repo.git("rm", "-q", "--cached", path("CMB-0001"))
    assert repo.fleetfeed("check").refusals == set()


def test_a_servers_own_remotes_are_mirrors(scene: Scene) -> None:
    for name in ("one", "two"):
        scene.server.git("remote", "add", name, str(scene.folder / name))
    scene.me.stage(path("CMB-0003"), claim("CMB-0003", FREE))
    scene.me.git("commit", "-qm", "x")
    scene.me.push()
