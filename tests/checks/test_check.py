"""`fleetfeed check`: the feed as it stands, ranges where history is cut, wrong paths."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import FREE, MINE, TAKEN, Repo, Scene, Seat, Server, claim, path, post

ZERO = "0" * 40
THIRD = path("CMB-0003")
SPREAD = [f"{TAKEN}:part", TAKEN.upper(), ["CAMBER:page:x", TAKEN]]


def _past_the_hooks(seat: Seat) -> None:
    seat.git("add", "-A")
    seat.git("commit", "-q", "--no-verify", "-m", "past the hooks")


def _pushed(scene: Scene) -> None:
    _past_the_hooks(scene.me)
    (scene.server.folder / "hooks/pre-receive").unlink()
    scene.me.push("--no-verify", "HEAD:refs/heads/main")


# How a second holder came there; after each of these no commit would change anything.


def committed(scene: Scene) -> Seat:
    _past_the_hooks(scene.me)
    return scene.me


def pushed(scene: Scene) -> Seat:
    _pushed(scene)
    return scene.me


def pulled(scene: Scene) -> Seat:
    _pushed(scene)
    scene.other.git("pull", "-q", "--ff-only")
    return scene.other


def fetched(scene: Scene) -> Seat:
    other = scene.other
    _pushed(scene)
    other.git("fetch", "-q")
    return other


def cloned_without_history(scene: Scene) -> Seat:
    _pushed(scene)
    folder, origin = scene.folder / "seats/ci", f"file://{scene.server.folder}"
    scene.server.git("clone", "-q", "--depth=1", origin, str(folder))
    return Seat(folder)


def detached(scene: Scene) -> Seat:
    _pushed(scene)
    scene.me.git("checkout", "-q", "--detach")
    return scene.me


WAYS = (committed, pushed, pulled, fetched, cloned_without_history, detached)


HELD_TWICE = [(way, TAKEN) for way in WAYS] + [(committed, key) for key in SPREAD]


@pytest.mark.parametrize(("way", "key"), HELD_TWICE)
def test_two_holders_are_found(
    scene: Scene, way: Callable[[Scene], Seat], key: str | list[str]
) -> None:
    scene.me.write(THIRD, claim("CMB-0003", key, seat="CAMBER-08"))
    found = way(scene).fleetfeed("check", ok=False)
    assert (found.returncode, found.refusals) == (1, {"FF401"})
    assert "COLLIDE-WITH-CMB-0001" in found.stdout
    assert "CMB-0003" in found.stdout
    assert "nothing to refuse" not in found.stdout


@pytest.mark.parametrize("asked", ["feed", THIRD, "feed/CMB", path("CMB-0001")])
def test_two_holders_are_found_by_the_path_of_each(scene: Scene, asked: str) -> None:
    scene.me.write(THIRD, claim("CMB-0003", TAKEN))
    _past_the_hooks(scene.me)
    assert scene.me.fleetfeed("check", asked, ok=False).refusals == {"FF401"}
    other = scene.me.fleetfeed("check", path("CMB-0002"))
    assert "nothing to refuse" in other.stdout


@pytest.mark.parametrize("stage", [True, False])
def test_a_draft_that_collides_is_said_once(scene: Scene, *, stage: bool) -> None:
    scene.me.write(THIRD, claim("CMB-0003", TAKEN))
    if stage:
        scene.me.git("add", "-A")
    said = scene.me.fleetfeed("check", ok=False).stdout
    assert said.count("COLLIDE-WITH-CMB-0001") == 1
    assert f"{THIRD}:" in said


def test_two_holders_of_whom_one_lets_go_are_none(scene: Scene) -> None:
    scene.me.write(THIRD, claim("CMB-0003", TAKEN))
    _past_the_hooks(scene.me)
    scene.me.write(path("CMB-0003", 2), post(item="CMB-0003", state="PARKED"))
    assert "nothing to refuse" in scene.me.fleetfeed("check").stdout


def test_a_post_that_cannot_be_read_is_a_warning(scene: Scene) -> None:
    scene.me.write(THIRD, "ITEM: CMB-0003\nno field\n")
    _past_the_hooks(scene.me)
    said = scene.me.fleetfeed("check")
    assert said.warnings == {"FF006"}
    assert f"{THIRD}:2" in said.stdout


# Where there is no feed to look at.


@pytest.mark.parametrize("settings", [{}, {"dir": "ops/feed"}, {"ref": "refs/heads/x"}])
def test_no_feed_is_no_yes(tmp_path: Path, settings: dict[str, str]) -> None:
    repo = Repo.init(tmp_path / "repo")
    repo.commit("nothing yet")
    for name, value in settings.items():
        repo.git("config", f"fleetfeed.{name}", value)
    said = repo.fleetfeed("check", ok=False)
    assert said.returncode == 3
    assert "there is no feed in" in said.stderr
    repo.git("config", "--remove-section", "fleetfeed", ok=None)
    repo.fleetfeed("init")
    assert "nothing to refuse" in repo.fleetfeed("check").stdout


# What the remote has, and no fetch has brought.


def narrow(scene: Scene) -> Repo:
    me = scene.me
    me.push("HEAD:refs/heads/x")
    me.git("config", "remote.origin.fetch", "+refs/heads/x:refs/remotes/origin/x")
    me.git("update-ref", "-d", "refs/remotes/origin/main")
    return me


def never_fetched(scene: Scene) -> Repo:
    scene.me.git("update-ref", "-d", "refs/remotes/origin/main")
    return scene.me


def worktree_of_a_bare_clone(scene: Scene) -> Repo:
    bare, tree = scene.folder / "bare.git", scene.folder / "tree"
    scene.server.git("clone", "-q", "--bare", str(scene.server.folder), str(bare))
    Repo(bare).git("worktree", "add", "-q", "-f", str(tree), "main")
    return Repo(tree)


UNSEEN = (narrow, never_fetched, worktree_of_a_bare_clone)


@pytest.mark.parametrize("make", UNSEEN)
def test_what_was_never_fetched_is_not_free(
    scene: Scene, make: Callable[[Scene], Repo]
) -> None:
    other, clone = scene.other, make(scene)
    assert "nothing to refuse" in clone.fleetfeed("check").stdout
    other.stage(THIRD, claim("CMB-0003", FREE))
    other.git("commit", "-qm", "x")
    other.push()
    clone.write(path("CMB-0004"), claim("CMB-0004", FREE, seat="CAMBER-08"))
    said = clone.fleetfeed("check", ok=False)
    assert (said.returncode, said.stdout) == (3, "")
    (mends,) = re.findall("`(git [^`]*)`", said.stderr)
    clone.run(("sh", "-c", mends))
    assert clone.fleetfeed("check", ok=False).refusals == {"FF401"}
    scene.server.folder.rename(scene.folder / "away.git")
    assert clone.fleetfeed("check", ok=False).refusals == {"FF401"}


def test_a_remote_without_a_feed_has_nothing_to_see(scene: Scene) -> None:
    clone = never_fetched(scene)
    scene.server.git("update-ref", "-d", "refs/heads/main")
    assert "nothing to refuse" in clone.fleetfeed("check").stdout


def test_a_remote_that_is_away_and_was_never_fetched(scene: Scene) -> None:
    clone = never_fetched(scene)
    scene.server.folder.rename(scene.folder / "away.git")
    assert clone.fleetfeed("check", ok=False).returncode == 3


# A path that is not there.


@pytest.mark.parametrize(
    "paths",
    [
        ["feed/CMB/000/CMB-9999/0001.yaml"],
        ["no/such.yaml"],
        ["feed/CMB/999"],
        [path("CMB-0001"), path("CMB-0001", 7)],
        [path("CMB-0001", 7), path("CMB-0001")],
        ["README.md.bak", "feed"],
        ["../elsewhere/feed"],
    ],
)
def test_a_path_that_is_not_there_is_an_error(scene: Scene, paths: list[str]) -> None:
    said = scene.me.fleetfeed("check", *paths, ok=False)
    missing = [p for p in paths if not (scene.me.folder / p).exists()]
    assert said.returncode == 2
    assert f"there is no {missing[0]}" in said.stderr
    assert "nothing to refuse" not in said.said


def test_every_path_that_is_not_there_is_named(scene: Scene) -> None:
    said = scene.me.fleetfeed("check", "one", "feed", "feed/two", ok=False)
    assert "there is no one, feed/two" in said.stderr


# Ranges of which not all is here. Each answer names the command that mends it.


def _ci(scene: Scene, *options: str) -> Repo:
    """A checkout as CI makes one, of the branch `pr`."""
    folder, origin = scene.folder / "ci", f"file://{scene.server.folder}"
    scene.server.git("clone", "-q", "--branch=pr", *options, origin, str(folder))
    return Repo(folder)


def one_commit(scene: Scene) -> Repo:
    ci = _ci(scene, "--depth=1")
    ci.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    return ci


def one_commit_alone(scene: Scene) -> Repo:
    return _ci(scene, "--depth=1")


def one_commit_as_actions_make_it(scene: Scene) -> Repo:
    ci = Repo.init(scene.folder / "ci")
    ci.git("remote", "add", "origin", f"file://{scene.server.folder}")
    tip = scene.me.tip()
    ci.git("fetch", "-q", "--no-tags", "--depth=1", "origin", f"+{tip}:refs/remotes/pr")
    ci.git("checkout", "-q", "--detach", tip)
    return ci


def two_commits(scene: Scene) -> Repo:
    ci = _ci(scene, "--depth=2")
    ci.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    return ci


def one_branch(scene: Scene) -> Repo:
    return _ci(scene, "--single-branch")


CUT = (
    one_commit,
    one_commit_alone,
    one_commit_as_actions_make_it,
    two_commits,
    one_branch,
)


def _pull_request(scene: Scene, key: str) -> str:
    """A branch of three commits, one of which claims `key`; where it begins."""
    me = scene.me
    me.git("switch", "-q", "-c", "pr")
    start = me.tip()
    me.git("commit", "-q", "--allow-empty", "-m", "one")
    me.write(THIRD, claim("CMB-0003", key))
    _past_the_hooks(me)
    me.git("commit", "-q", "--allow-empty", "-m", "three")
    me.push("--no-verify", "HEAD:refs/heads/pr")
    return start


@pytest.mark.parametrize("make", CUT)
@pytest.mark.parametrize("base", ["origin/main", "id"])
def test_a_range_of_which_not_all_is_here(
    scene: Scene, make: Callable[[Scene], Repo], base: str
) -> None:
    start = _pull_request(scene, TAKEN)
    ci = make(scene)
    asked = ("check", "--range", f"{start if base == 'id' else base}..HEAD")
    if make is one_branch and base == "id":
        assert ci.fleetfeed(*asked, ok=False).refusals == {"FF401"}
        return
    said = ci.fleetfeed(*asked, ok=False)
    assert said.returncode == 3
    assert said.refusals == set()
    (mends,) = re.findall("`(git fetch [^`]*)`", said.stderr)
    ci.run(shlex.split(mends))
    assert ci.fleetfeed(*asked, ok=False).refusals == {"FF401"}


@pytest.mark.parametrize("make", [one_commit, two_commits])
@pytest.mark.parametrize("start", ["HEAD~9", ZERO, "HEAD~1"])
def test_a_range_that_goes_beyond_what_is_here(
    scene: Scene, make: Callable[[Scene], Repo], start: str
) -> None:
    _pull_request(scene, FREE)
    said = make(scene).fleetfeed("check", "--range", f"{start}..HEAD", ok=None)
    within = make is two_commits and start == "HEAD~1"
    assert said.returncode == (0 if within else 3)


def test_a_merge_whose_side_is_cut_off_is_not_judged_by_half(scene: Scene) -> None:
    """A post that the side adds and edits again shows at neither end."""
    me, start = scene.me, scene.me.tip()
    me.git("switch", "-q", "-c", "side")
    for subject in ("one", "two", "three"):
        me.write(THIRD, claim("CMB-0003", FREE, subject=subject))
        _past_the_hooks(me)
    me.git("switch", "-q", "-c", "pr", start)
    me.git("commit", "-q", "--allow-empty", "-m", "other")
    me.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merged", "side")
    me.push("--no-verify", "HEAD:refs/heads/pr")
    whole = me.fleetfeed("check", "--range", f"{start}..HEAD", ok=False)
    assert "FF409" in whole.refusals
    ci = _ci(scene, "--depth=3")
    assert ci.fleetfeed("check", "--range", f"{start}..HEAD", ok=False).returncode == 3


@pytest.mark.parametrize(
    ("range_", "code"),
    [
        ("nowhere..HEAD", 2),
        ("HEAD..nowhere", 2),
        ("-n..HEAD", 2),
        ("HEAD", 2),
        (f"{'ab' * 20}..HEAD", 3),
        ("origin/none..HEAD", 3),
        ("origin/none~1..HEAD", 3),
        ("origin/main~99..HEAD", 2),
        (f"{ZERO}..HEAD", 0),
        (f"HEAD..{ZERO}", 1),
    ],
)
def test_names_in_a_range_of_a_whole_clone(
    scene: Scene, range_: str, code: int
) -> None:
    said = scene.me.fleetfeed("check", "--range", range_, ok=None)
    assert said.returncode == code, said
    assert code in (0, 1) or "`" in said.stderr or "A..B" in said.stderr


def test_a_new_branch_is_judged_from_the_beginning(scene: Scene) -> None:
    scene.me.write(THIRD, claim("CMB-0003", MINE))
    _past_the_hooks(scene.me)
    said = scene.me.fleetfeed("check", "--range", f"{ZERO}..HEAD", ok=False)
    assert said.refusals == {"FF401"}


def test_where_to_look_is_said_by_the_base_and_not_by_what_is_judged(
    scene: Scene,
) -> None:
    me = scene.me
    me.git("mv", "feed", "ops")
    me.write(".fleetfeed.yaml", "dir: ops\n")
    _past_the_hooks(me)
    me.git("tag", "base")
    me.write("ops/CMB/000/CMB-0003/0001.yaml", claim("CMB-0003", TAKEN))
    me.write(".fleetfeed.yaml", "dir: nothing/here\n")
    _past_the_hooks(me)
    asked = ("check", "--range", "base..HEAD")
    assert "FF401" in me.fleetfeed(*asked, ok=False).refusals
    new = me.fleetfeed("check", "--range", f"{ZERO}..base", ok=None)
    assert "has a feed" not in new.stderr


@pytest.mark.parametrize("depth", [1, 2])
def test_a_push_from_a_shallow_clone_that_cannot_be_told(
    scene: Scene, depth: int
) -> None:
    """pre-push knows neither what lies between nor whether it is a rewrite."""
    _pull_request(scene, FREE)
    ci = _ci(scene, f"--depth={depth}")
    ci.git("config", "fleetfeed.ref", "refs/heads/main")
    ci.git("fetch", "-q", "--depth=1", "origin", "main")
    ci.fleetfeed("install")
    said = ci.git("push", "-f", "origin", "HEAD:refs/heads/main", ok=False)
    assert "this clone is shallow" in said.stderr
    assert "`git fetch --unshallow" in said.stderr
    assert "would be rewritten" not in said.stderr
    ci.git(
        "fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*"
    )
    ci.git("push", "-q", "origin", "HEAD:refs/heads/main")


def test_a_commit_in_a_shallow_clone_is_judged_as_in_another(scene: Scene) -> None:
    folder, origin = scene.folder / "ci", f"file://{scene.server.folder}"
    ci = Seat.clone(Server(scene.server.folder), folder, "--depth=1", install=False)
    ci.git("remote", "set-url", "origin", origin)
    ci.install()
    ci.stage(THIRD, claim("CMB-0003", TAKEN))
    assert ci.git("commit", "-qm", "x", ok=False).refusals == {"FF401"}
    ci.stage(THIRD, claim("CMB-0003", FREE))
    ci.git("commit", "-qm", "x")
