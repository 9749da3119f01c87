"""A clone or a feed that is damaged: what cannot be read is said, and nothing written."""

import shutil

import pytest
from harness import path
from harness.pushes import slip

large = pytest.mark.large

FEED = "refs/heads/main"


def loose(seat, name):
    """The file of an object in a clone; what was packed is unpacked for it."""
    packs = seat.folder / ".git/objects/pack"
    for pack in list(packs.glob("*.pack")):
        moved = pack.rename(seat.folder / pack.name)
        seat.run(("sh", "-c", f"git unpack-objects -q < {moved}"))
        moved.unlink()
    for rest in packs.iterdir():
        rest.unlink()
    id_ = seat.line("rev-parse", name)
    return seat.folder / ".git/objects" / id_[:2] / id_[2:]


OBJECTS = {
    "the top": "HEAD^{tree}",
    "the feed": "HEAD:feed",
    "a post": f"HEAD:{path('CMB-0001')}",
    "the policy": "HEAD:feed/policy.yaml",
    "the tip": "HEAD",
}


@pytest.mark.parametrize(
    ("what", "how"),
    [
        pytest.param(
            what, how, marks=[] if (what, how) == ("a post", "missing") else large
        )
        for what in OBJECTS
        for how in ("missing", "corrupt")
    ],
)
def test_an_object_of_the_clone(bench, what, how):
    file = loose(bench.me, OBJECTS[what])
    kept = file.read_bytes()
    file.unlink()
    if how == "corrupt":
        file.write_bytes(b"no object")
    ran = bench.run()
    file.unlink(missing_ok=True)
    file.write_bytes(kept)
    # git (2.39) fetches what is missing again where it is the tip's own.
    assert ran.code == 3 or (what, how) == ("the tip", "missing"), ran
    assert bench.landed() == (ran.code == 0)
    bench.check(ran)


def back(bench, was):
    bench.server.git("update-ref", FEED, was)


@large
def test_the_feed_ref_is_gone(bench):
    was = bench.server.tip(FEED)
    bench.server.git("update-ref", "-d", FEED)
    ran = bench.run()
    back(bench, was)
    assert ran.code == 3
    assert "origin has no refs/heads/main" in ran.err
    bench.check(ran)


@large
def test_the_feed_ref_goes_between_look_and_push(bench):
    was = bench.server.tip(FEED)
    server = bench.server.folder
    bench.git.on("push.1", f'"$real" -C {server} update-ref -d {FEED}')
    ran = bench.run("--timeout", "6s")
    assert not bench.server.tip(FEED)
    back(bench, was)
    assert ran.code == 3
    bench.check(ran)


def damaged(bench, file, text):
    """Push a commit that changes `file` (None: takes it away) past all hooks."""
    other = bench.scene.other
    if text is None:
        other.git("rm", "-rq", file)
    else:
        other.write(file, text)
    other.commit("damage", "--no-verify")
    slip(other)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("feed", None, "carries no feed/"),
        pytest.param("feed/policy.yaml", "prefixes: [", "policy", marks=large),
        pytest.param(
            "feed/policy.yaml", "ref: refs/heads/other\n", "FF406", marks=large
        ),
    ],
    ids=["no-folder", "no-policy-to-read", "another-ref"],
)
def test_what_is_at_the_tip(bench, file, text, says):
    was = bench.server.tip(FEED)
    damaged(bench, file, text)
    ran = bench.run()
    back(bench, was)
    assert ran.code in {1, 3}
    assert says in ran.err
    assert not bench.landed()
    bench.check(ran)


@large
def test_a_feed_that_went_back(bench):
    """What was fetched is not in the server's history any more: it is not asked."""
    was = bench.server.tip(FEED)
    bench.scene.other.fleetfeed("note", "--body", "to be lost")
    bench.me.git("fetch", "-q")
    back(bench, was)
    ran = bench.run()
    assert (ran.code, bench.landed()) == (0, 1)
    bench.check(ran)


@large
def test_no_git(bench, tmp_path):
    (tmp_path / "nothing").mkdir()
    ran = bench.run(env={"PATH": str(tmp_path / "nothing")})
    assert ran.code == 3
    assert "git is not installed, or not on PATH" in ran.err
    bench.check(ran)


@large
def test_a_git_that_may_not_run(bench):
    script = bench.git.folder / "git"
    script.chmod(0o644)
    ran = bench.run(env={"PATH": str(bench.git.folder)})
    assert ran.code == 3
    assert "git cannot be run (Permission denied)" in ran.err
    bench.check(ran)


@large
def test_git_goes_away_between_look_and_push(bench):
    bench.git.on("commit-tree.1", f"{shutil.which('rm')} {bench.git.folder}/git")
    ran = bench.run(env={"PATH": str(bench.git.folder)})
    assert ran.code == 3
    assert "git is not installed, or not on PATH" in ran.err
    bench.check(ran)
