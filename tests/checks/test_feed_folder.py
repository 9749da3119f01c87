"""The feed's folder itself: it may be no link and no file, and have no twin."""

from pathlib import Path

import pytest
from harness import Repo, Scene, claim, path
from harness.scene import FREE


def _push_tree(scene: Scene, entry: str) -> str:
    """Push a commit whose root has `entry` beside or instead of the feed."""
    me = scene.me
    blob = me.line("hash-object", "-w", "README.md")
    rows = me.line("ls-tree", "HEAD").splitlines()
    if entry.endswith("\tfeed"):
        rows = [row for row in rows if not row.endswith("\tfeed")]
    rows.append(entry.format(blob=blob, feed=me.line("rev-parse", "HEAD:feed")))
    tree = me.git("mktree", stdin="\n".join(rows) + "\n").stdout.strip()
    commit = me.line("commit-tree", tree, "-p", "HEAD", "-m", "x")
    refused = me.push("--no-verify", f"{commit}:refs/heads/main", ok=False)
    return refused.stderr


@pytest.mark.parametrize(
    ("entry", "code", "says"),
    [
        ("040000 tree {feed}\tFeed", "FF023", "Feed and feed differ only in case"),
        ("040000 tree {feed}\t\uff46eed", "FF023", "differ only in case or Unicode"),
        ("120000 blob {blob}\tfeed", "FF021", "feed is no folder but a symbolic link"),
        ("100644 blob {blob}\tfeed", "FF021", "feed is no folder but a file"),
    ],
)
def test_a_feed_that_two_readers_see_differently_is_refused(
    scene: Scene, entry: str, code: str, says: str
) -> None:
    said = _push_tree(scene, entry)
    assert code in said
    assert says in said
    assert scene.server.tip("refs/heads/main") == scene.me.line("rev-parse", "HEAD")


def test_a_feed_that_is_a_link_is_refused_by_the_commit_hook(scene: Scene) -> None:
    me = scene.me
    me.git("rm", "-rq", "--cached", "feed")
    blob = me.line("hash-object", "-w", "README.md")
    me.git("update-index", "--add", "--cacheinfo", f"120000,{blob},feed")
    refused = me.git("commit", "-qm", "x", ok=False)
    assert "feed is" in refused.stderr
    assert "FF021" in refused.stderr


def test_a_feed_in_another_folder_is_judged_there(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    repo.git("config", "fleetfeed.dir", "work/the feed")
    repo.fleetfeed("init")
    repo.fleetfeed("install")
    repo.commit("start")
    feed = "work/the feed"
    repo.stage(path("CMB-0001", feed=feed), claim("CMB-0001", FREE))
    repo.git("commit", "-qm", "a claim")
    repo.stage(path("CMB-0002", feed=feed), claim("CMB-0002", FREE))
    refused = repo.git("commit", "-qm", "another", ok=False)
    assert f"{path('CMB-0002', feed=feed)}:" in refused.stderr
    assert "COLLIDE-WITH-CMB-0001" in refused.stderr
