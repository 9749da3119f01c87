"""Small packs that mean much: the server must answer soon, and refuse."""

import subprocess

import pytest
from harness import TAKEN, claim, path
from harness.crafted import blob, commit_with, tree
from harness.pushes import FEED
from harness.transport import GIT_DAEMON

SECONDS = 10


def folders(seat, levels):
    """A folder of ten folders of ten folders …, of a few objects in all; its id."""
    id_ = tree(seat, *(("100644", str(n), blob(seat, "x")) for n in range(10)))
    for _ in range(levels - 1):
        id_ = tree(seat, *(("40000", str(n), id_) for n in range(10)))
    return id_


def push_soon(scene):
    """What a push says; TimeoutExpired where that takes long. The server is ended then."""
    with GIT_DAEMON.open(scene.server) as address:
        me = address.join(scene.me)
        return subprocess.run(
            ("git", "push", "--no-verify", "origin", FEED),
            cwd=me.folder,
            env=me.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        ).stderr


PLACES = ("feed/CMB/000/CMB-0003", "feed/elsewhere")


@pytest.mark.parametrize("where", PLACES)
def test_a_thousand_files_that_are_ten_objects(scene, where):
    commit_with(scene.me, where, folders(scene.me, 3))
    assert "FF020" in push_soon(scene)


@pytest.mark.large
@pytest.mark.xfail(
    raises=subprocess.TimeoutExpired,
    reason="every path is gone through: ten times the time for each level",
)
@pytest.mark.parametrize("where", PLACES)
def test_a_milliard_files_that_are_thirty_objects(scene, where):
    commit_with(scene.me, where, folders(scene.me, 9))
    assert "FF020" in push_soon(scene)


@pytest.mark.large
@pytest.mark.xfail(
    raises=subprocess.TimeoutExpired,
    reason="the history of a push goes through every path, too",
)
def test_a_milliard_files_that_are_gone_at_the_tip(scene):
    me, base = scene.me, scene.me.tip()
    commit_with(me, PLACES[1], folders(me, 9))
    me.git(
        "reset",
        "-q",
        "--soft",
        me.line("commit-tree", "-m", "y", "-p", "HEAD", f"{base}^{{tree}}"),
    )
    assert push_soon(scene)


@pytest.mark.large
def test_a_milliard_files_beside_the_feed(scene):
    """They are nobody's business here."""
    commit_with(scene.me, "elsewhere", folders(scene.me, 9))
    push_soon(scene)
    assert scene.server.tip("refs/heads/main") == scene.me.tip()


@pytest.mark.xfail(
    reason="only case and compatible forms are folded, not HFS+'s blanks"
)
def test_a_second_feed_where_hfs_leaves_characters_out(scene):
    """macOS's HFS+ ignores such characters: both would be one folder there."""
    me = scene.me
    commit_with(me, path("CMB-0003"), blob(me, claim("CMB-0003", TAKEN)), "100644")
    other = me.line("rev-parse", "HEAD:feed")
    me.git("reset", "-q", "--soft", "HEAD~1")
    commit_with(me, "fe\u200ced", other)
    assert "FF023" in push_soon(scene)
