"""Facts about git that the commit path and the readers are built on.

Each test shows two things: that git (this one, here) still behaves as it was found to,
and that the guard is not deceived by it.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from checks.commit_ways import POST, commit, lone
from harness import FREE, TAKEN, Repo, Scene, Seat, Server, claim, path

from fleetfeed.git.process import LOCAL_VARIABLES, Git, elsewhere
from fleetfeed.repo.repository import Repo as Feed
from fleetfeed.repo.staged import staged

GOOD = claim("CMB-0003", FREE)
BAD = claim("CMB-0003", TAKEN)
NEWER = path("CMB-0005")
TELL_INDEX = '#!/bin/sh\nprintf %s "$GIT_INDEX_FILE" > "$(dirname "$0")/../told"\n'


def in_index(repo: Repo, **environment: str) -> str | None:
    """The text of POST as `staged` sees it."""
    feed = Feed(Git(repo.folder, {**repo.environment, **environment}))
    data = staged(feed).read(POST.removeprefix("feed/"))
    return data.decode() if data is not None else None


def newer(scene: Scene) -> Seat:
    """CAMBER-07 takes FREE; `me` has fetched that, and not merged it."""
    me = scene.me
    scene.other.write(NEWER, claim("CMB-0005", FREE, seat="CAMBER-07"))
    scene.other.commit("taken", "--no-verify")
    scene.other.push()
    me.git("fetch", "-q")
    return me


@pytest.mark.parametrize(
    ("args", "temporary"),
    [((), False), (("-a",), True), (("-p",), True), (("--", POST), True)],
    ids=["plain", "-a", "-p", "path"],
)
def test_git_commits_from_an_index_of_its_own(scene, args, temporary):
    earlier = scene.me.write(".git/hooks/pre-commit.before-fleetfeed", TELL_INDEX)
    earlier.chmod(0o755)
    scene.me.stage(POST, GOOD if temporary else BAD)
    scene.me.write(POST, BAD)
    done = commit(scene.me, *args, stdin="y\n")
    told = Path((scene.me.folder / ".git/told").read_text()).name
    assert (told != "index") == temporary
    assert done.result.refusals == {"FF401"}


def test_a_reader_sees_the_index_that_git_names(scene):
    scene.me.stage(POST, GOOD)
    own = {"GIT_INDEX_FILE": str(scene.folder / "own")}
    shutil.copy(scene.me.folder / ".git/index", own["GIT_INDEX_FILE"])
    scene.me.stage(POST, BAD)
    assert in_index(scene.me) == BAD
    assert in_index(scene.me, **own) == GOOD


def test_the_work_tree_is_not_read(scene):
    scene.me.stage(POST, BAD)
    shutil.rmtree(scene.me.folder / "feed")
    (scene.me.folder / "feed").symlink_to("/nowhere")
    assert commit(scene.me).result.refusals == {"FF401"}


def test_an_entry_that_is_only_meant_to_be_added_is_not_there(scene):
    scene.me.write(POST, BAD)
    scene.me.git("add", "-N", POST)
    assert POST in scene.me.line("ls-files")
    assert in_index(scene.me) is None


def test_a_linked_worktree_is_guarded_by_the_same_hooks(scene):
    scene.me.fleetfeed("uninstall")
    linked = Seat(scene.folder / "linked", scene.me.environment)
    scene.me.git("worktree", "add", "-q", "-b", "side", str(linked.folder))
    assert (linked.folder / ".git").is_file()
    linked.install()
    for checkout in (linked, scene.me):
        checkout.stage(POST, BAD)
        assert commit(checkout).result.refusals == {"FF401"}


def test_the_variables_that_bind_to_a_repository_are_all_known():
    known = subprocess.run(
        ("git", "rev-parse", "--local-env-vars"), capture_output=True, check=True
    )
    assert set(known.stdout.decode().split()) <= set(LOCAL_VARIABLES)
    assert elsewhere(dict.fromkeys([*LOCAL_VARIABLES, "PATH"], "x")) == {"PATH": "x"}


def test_a_hook_that_calls_us_for_another_repository_keeps_its_own(scene):
    inside = {
        "GIT_DIR": str(scene.me.folder / ".git"),
        "GIT_INDEX_FILE": str(scene.me.folder / ".git/index"),
    }
    before = (scene.me.folder / ".git/config").read_bytes()
    server = Server.create(scene.folder / "second.git", install=False)
    server.fleetfeed("install", "--server", str(server.folder), env=inside)
    assert (scene.me.folder / ".git/config").read_bytes() == before
    assert server.line("config", "fleetfeed.ref") == "refs/heads/main"


def test_judging_writes_neither_index_nor_objects(scene):
    scene.me.stage(POST, BAD)
    watched = [scene.me.folder / ".git" / name for name in ("objects", "refs")]
    before = [sorted(map(str, folder.rglob("*"))) for folder in watched]
    index = (scene.me.folder / ".git/index").read_bytes()
    (scene.me.folder / ".git/index.lock").touch()
    refused = scene.me.fleetfeed("hook", "pre-commit", ok=False)
    assert refused.refusals == {"FF401"}
    assert [sorted(map(str, folder.rglob("*"))) for folder in watched] == before
    assert (scene.me.folder / ".git/index").read_bytes() == index


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_a_replacement_is_not_read_in_place_of_the_post(scene, options):
    repo = lone(scene, "replaced", *options)
    commit(repo)
    repo.stage(POST, BAD)
    bad, good = (
        repo.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
        for text in (BAD, GOOD)
    )
    repo.git("replace", bad, good)
    assert repo.line("cat-file", "blob", bad) == GOOD.removesuffix("\n")
    assert repo.fleetfeed("hook", "pre-commit", ok=False).refusals == {"FF401"}


@pytest.mark.parametrize("option", ["--object-format=sha256", "--ref-format=reftable"])
def test_formats_that_libgit2_does_not_open(scene, option):
    folder = scene.folder / "format"
    server = Server(folder / "server.git", scene.server.environment)
    server.folder.mkdir(parents=True)
    if not server.git("init", "-q", "--bare", "-b", "main", option, ".", ok=None).ok:
        pytest.skip(f"this git has no {option}")
    server.install()
    repo = Repo.init(folder / "seat", option)
    seat = Seat(repo.folder, repo.environment)
    seat.git("remote", "add", "origin", str(server.folder))
    shutil.copytree(scene.me.folder / "feed", seat.folder / "feed")
    seat.install()
    seat.commit()
    seat.push()
    seat.git("fetch", "-q")
    seat.stage(POST, BAD)
    assert commit(seat).result.refusals == {"FF401"}
    assert commit(seat, "--no-verify").result.ok
    assert seat.push(ok=False).refusals == {"FF401"}
    past = seat.push("HEAD:refs/heads/main", "--no-verify", ok=False)
    assert past.refusals == {"FF401"}


@pytest.fixture(params=["blob:none", "tree:0"])
def partial(scene, request) -> Seat:
    """A guarded clone that has hardly an object of the feed."""
    scene.server.git("config", "uploadpack.allowFilter", "true")
    origin, folder = scene.server.folder.as_uri(), scene.folder / "partial"
    seat = Seat(folder, scene.me.environment)
    options = ("--no-checkout", f"--filter={request.param}")
    scene.server.git("clone", "-q", *options, origin, str(folder))
    seat.git("read-tree", "HEAD")
    seat.install()
    return seat


def has(seat: Seat, file: str) -> bool:
    """Whether the blob at `file` of HEAD is here, without fetching it."""
    known = seat.line("rev-parse", f"HEAD:{file}")
    missing = seat.line("rev-list", "--objects", "--missing=print", "HEAD")
    return f"?{known}" not in missing.splitlines()


def test_what_a_partial_clone_lacks_is_fetched(partial):
    held = path("CMB-0001")
    partial.stage(POST, BAD)
    assert not has(partial, held)
    assert commit(partial).result.refusals == {"FF401"}
    assert has(partial, held)


def test_what_cannot_be_fetched_is_never_taken_for_absent(scene, partial):
    partial.stage(POST, BAD)
    scene.server.folder.rename(scene.folder / "away.git")
    # git itself gives up before its hook does, in some of its versions.
    assert not commit(partial).result.ok
    refused = partial.fleetfeed("hook", "pre-commit", ok=False)
    assert refused.refusals == {"FF410"}, refused
    assert "cannot tell" in refused.stderr


def test_tags_and_branches_named_like_the_feed_ref_do_not_win(scene):
    old = scene.me.tip()
    me = newer(scene)
    for ref in (
        "refs/tags/main",
        "refs/tags/origin/main",
        "refs/heads/origin/main",
        "refs/tags/refs/remotes/origin/main",
    ):
        me.git("update-ref", ref, old)
    assert me.tip("origin/main") == old
    me.stage(POST, GOOD)
    assert commit(me).result.refusals == {"FF401"}


def test_a_tag_does_not_stand_in_for_a_missing_feed_ref(scene):
    tip = scene.me.tip()
    scene.me.git("checkout", "-q", "-b", "side")
    scene.me.git("branch", "-q", "-D", "main")
    scene.me.git("update-ref", "-d", "refs/remotes/origin/main")
    for ref in ("refs/tags/refs/heads/main", "refs/tags/refs/remotes/origin/main"):
        scene.me.git("update-ref", ref, tip)
    scene.me.stage(POST, GOOD)
    assert commit(scene.me).result.refusals == {"FF406"}


def test_a_stale_origin_head_is_not_asked(scene):
    me = newer(scene)
    me.git("update-ref", "refs/remotes/origin/old", "HEAD")
    me.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/old")
    me.stage(POST, GOOD)
    assert commit(me).result.refusals == {"FF401"}


@pytest.mark.parametrize("how", ["cherry-pick", "am", "rebase", "fast-forward"])
def test_what_no_commit_hook_sees_the_push_does(scene, how):
    me = scene.me
    me.git("checkout", "-q", "-b", "side")
    me.stage(POST, BAD)
    commit(me, "--no-verify")
    patch = me.git("format-patch", "-1", "--stdout").stdout
    me.git("checkout", "-q", "main")
    if how != "fast-forward":
        me.stage("README.md", "on\n")
        commit(me)
    if how == "am":
        me.git("am", "-q", stdin=patch)
    elif how == "rebase":
        me.git("rebase", "-q", "main", "side")
    else:
        me.git(*{"cherry-pick": ("cherry-pick",)}.get(how, ("merge", "-q")), "side")
    assert me.holds(POST) == BAD
    assert me.push(ok=False).refusals == {"FF401"}


def test_a_revert_of_a_published_post_is_refused_at_the_push(scene):
    scene.me.git("revert", "--no-edit", "HEAD")
    assert scene.me.holds(path("CMB-0001")) is None
    assert "FF402" in scene.me.push(ok=False).refusals


def test_a_hook_cannot_see_amend_and_the_push_tells_the_two_apart(scene):
    parked = claim("CMB-0003", FREE, state="PARKED")
    for options, refused in ((("--amend",), set()), ((), {"FF409"})):
        scene.me.stage(POST, GOOD)
        commit(scene.me)
        scene.me.stage(POST, parked)
        assert commit(scene.me, *options).result.warnings == {"FF408"}
        assert scene.me.push("--dry-run", ok=None).refusals == refused
        scene.me.git("reset", "-q", "--hard", "origin/main")
