"""Code under claims, played: who slept through a lease cannot push over his successor."""

import re
from itertools import pairwise

import pytest
from checks import code_fleet
from checks.code_fleet import pushed, python_dies, trailers
from harness import Fleet, Seat, Server, clean

MINE, OTHERS = "CAMBER-06", "CAMBER-07"
PAGE = "web/page.ts"
CLAIM = (
    "claim", "--new", "CMB", "--subject", "a page", "--surface", f"CAMBER:file:{PAGE}",
    "--proof", "apart from CMB-0001 and CMB-0002 (other folders)",
)  # fmt: skip


@pytest.fixture(scope="module")
def template(fleet_template, tmp_path_factory):
    return code_fleet.play(fleet_template.copy(tmp_path_factory.mktemp("c") / "fleet"))


@pytest.fixture
def fleet(template, tmp_path):
    return template.copy(tmp_path / "fleet")


def code_of(fleet: Fleet, folder) -> tuple[Server, dict[str, Seat]]:
    """A repository of code on the same server, whose feed is the fleet's; two clones."""
    server = Server.create(folder / "code.git", install=False)
    server.install("--feed", str(fleet.server.folder))
    seats = {}
    for name in (MINE, OTHERS):
        seat = Seat(folder / name, clean(FLEETFEED_SEAT=name))
        server.git("clone", "-q", str(server.folder), str(seat.folder))
        seat.git("config", "user.name", name)
        feed = str(fleet.server.folder)
        seat.git("remote", "add", "fleet", feed)
        seat.git("config", "fleetfeed.remote", "fleet")
        seat.git("fetch", "-q", "fleet")
        seat.install()
        seats[name] = seat
    return server, seats


@pytest.mark.parametrize("apart", [False, True], ids=["one repository", "two"])
def test_who_slept_through_his_lease_is_refused(fleet, tmp_path, apart):
    if apart:
        _, seats = code_of(fleet, tmp_path)
        sleeper, successor = seats[MINE], seats[OTHERS]
    else:
        sleeper, successor = fleet.seat(MINE), fleet.seat(OTHERS)
    item = sleeper.fleetfeed(*CLAIM, "--lease", "2s").stdout.split()[0]
    sleeper.stage(PAGE, "the sleeper's\n")
    sleeper.git("commit", "-q", "-m", "a page")
    assert trailers(sleeper) == [f"{item}@1"]
    takeover = ("claim", item, "--reason", "no sign of life", "--watch")
    successor.fleetfeed(*takeover)
    successor.git("fetch", "-q", "--all")
    successor.stage(PAGE, "the successor's\n")
    successor.git("commit", "-q", "-m", "a page")
    assert trailers(successor) == [f"{item}@2"]
    assert pushed(successor, "page").ok

    refused = pushed(sleeper, "mine", "--no-verify")
    assert refused.refusals == {"FF703"}
    said = refused.stderr.replace("remote: ", "")
    assert (
        f"{PAGE} lies under CAMBER:file:{PAGE}, which {item}@2 of {OTHERS} holds"
        in said
    )
    assert f"was made under {item}@1, which is over" in said
    # Without the trailer it is nobody's; and the hooks of his own clone say so, too.
    sleeper.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--amend", "-m", "x")
    assert pushed(sleeper, "mine", "--no-verify").refusals == {"FF701"}
    sleeper.git("fetch", "-q", "--all")
    assert pushed(sleeper, "mine").refusals == {"FF701"}
    sleeper.stage(PAGE, "again\n")
    done = sleeper.git("commit", "-q", "-m", "again", ok=None)
    assert done.refusals == {"FF701"}
    assert OTHERS in done.stderr


def test_what_nobody_has_claimed_is_claimed_as_advised(fleet):
    me = fleet.seat(MINE)
    me.stage(PAGE, "mine\n")
    warned = me.git("commit", "-q", "-m", "a page")
    assert warned.warnings == {"FF702"}
    advice = re.search("`fleetfeed (claim --new PREFIX [^`]+)`", warned.stderr)
    words = advice.group(1).replace("PREFIX", "CMB").split()
    proof = "apart from CMB-0001 and CMB-0002 (other folders)"
    told = {"--subject": "a page", "--proof": proof}
    typed = [told.get(before, word) for before, word in pairwise(["", *words])]
    me.fleetfeed(*typed)
    me.git("fetch", "-q")
    me.stage(PAGE, "mine again\n")
    assert me.git("commit", "-q", "-m", "a page").warnings == set()


def test_no_python_is_asked_where_no_mapped_path_is_touched(fleet):
    me = fleet.seat(MINE)
    for hook in ("pre-commit", "prepare-commit-msg", "commit-msg"):
        python_dies(me.folder / ".git/hooks", hook)
    python_dies(fleet.server.folder / "hooks", "pre-receive")
    me.stage("docs/page.md", "another\n")
    me.stage("web/gen/x.ts", "generated\n")
    assert "its Python is gone" in me.git("commit", "-m", "x", ok=False).stderr
    me.git("reset", "-q", "web")
    assert me.git("commit", "-q", "-m", "x").stderr == ""
    assert pushed(me, "docs", "--no-verify").stderr == ""
    me.stage("web/mine/a.ts", "x\n")
    assert "its Python is gone" in me.git("commit", "-m", "x", ok=False).stderr
    me.git("commit", "-q", "--no-verify", "-m", "x")
    done = pushed(me, "mine", "--no-verify")
    assert "its Python is gone" in done.stderr


def test_a_repository_whose_feed_is_elsewhere_asks_no_python_either(fleet, tmp_path):
    server, seats = code_of(fleet, tmp_path)
    me = seats[MINE]
    me.stage("docs/page.md", "x\n")
    me.git("commit", "-q", "-m", "x")
    python_dies(server.folder / "hooks", "pre-receive")
    assert pushed(me, "docs", "--no-verify").stderr == ""
    me.stage("web/theirs/a.ts", "x\n")
    me.git("commit", "-q", "--no-verify", "-m", "x")
    assert "its Python is gone" in pushed(me, "theirs", "--no-verify").stderr
    server.install("--feed", str(fleet.server.folder))
    assert pushed(me, "theirs", "--no-verify").refusals == {"FF701"}
    # Where the feed is gone nobody can tell.
    fleet.server.folder.rename(tmp_path / "moved.git")
    gone = pushed(me, "docs-again", "--no-verify")
    assert not gone.ok
    assert "there is no such folder" in gone.stderr
    server.fleetfeed("uninstall", "--server", ".")
    assert pushed(me, "theirs", "--no-verify").ok


def test_a_policy_that_is_new_is_noticed_without_python(fleet):
    me, server = fleet.seat(MINE), fleet.server
    policy = server.holds("feed/policy.yaml", "refs/heads/main")
    server.rewrite(policy.replace('"web/**"', '"docs/**": "CAMBER:file", "web/**"'))
    me.stage("docs/page.md", "another\n")
    # What was fetched last says nothing of docs; what the server has does.
    me.git("commit", "-q", "-m", "x")
    done = pushed(me, "docs", "--no-verify")
    assert done.warnings == {"FF702"}
    me.git("fetch", "-q")
    me.stage("docs/page.md", "yet another\n")
    assert me.git("commit", "-q", "-m", "x").warnings == {"FF702"}
    assert "docs/**" in (me.folder / ".git/fleetfeed/code-paths").read_text()


@pytest.mark.parametrize("linked", [False, True], ids=["the clone", "a worktree"])
def test_before_a_push_what_is_mapped_is_found_out_once(fleet, tmp_path, linked):
    me = fleet.seat(MINE)
    known = me.folder / ".git/fleetfeed/code-paths"
    if linked:
        me.git("worktree", "add", "-q", str(tmp_path / "linked"))
        me = Seat(tmp_path / "linked", me.environment)
        known = fleet.seat(MINE).folder / ".git/worktrees/linked/fleetfeed/code-paths"
    else:
        known.unlink()
    assert not known.exists()
    me.stage("web/theirs/a.ts", "mine\n")
    me.git("commit", "-q", "--no-verify", "-m", "x")
    refused = pushed(me, "work")
    assert refused.refusals == {"FF701"}
    assert "remote: " not in refused.stderr
    assert "web/**" in known.read_text()


def test_before_a_push_nothing_is_written_down_where_nothing_is_mapped(scene):
    scene.me.stage("web/a.ts", "x\n")
    scene.me.git("commit", "-q", "-m", "code")
    assert pushed(scene.me, "code").ok
    assert not (scene.me.folder / ".git/fleetfeed/code-paths").exists()


def test_without_paths_the_hooks_are_as_they_were(scene):
    assert not (scene.me.folder / ".git/fleetfeed/code-paths").exists()
    assert not (scene.me.folder / ".git/hooks/prepare-commit-msg").exists()
    python_dies(scene.server.folder / "hooks", "pre-receive")
    python_dies(scene.me.folder / ".git/hooks", "pre-commit")
    scene.me.stage("web/a.ts", "x\n")
    scene.me.git("commit", "-q", "-m", "code")
    assert pushed(scene.me, "code", "--no-verify").ok


def test_the_trunk_takes_what_is_judged_when_it_comes_there(fleet):
    """What was lawful on a branch is judged anew where it comes to HEAD's branch."""
    me, other = fleet.seat(MINE), fleet.seat(OTHERS)
    me.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "x")
    me.stage("web/new.ts", "x\n")
    me.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "before a claim")
    assert pushed(me, "early", "--no-verify").ok
    new = [word.replace(PAGE, "web/new.ts") for word in CLAIM]
    other.fleetfeed(*new)
    assert pushed(me, "early-again", "--no-verify").ok
    me.git("pull", "-q", "--rebase")
    refused = me.git("push", "-q", "--no-verify", "origin", "HEAD:main", ok=None)
    assert refused.refusals == {"FF701"}


def test_uninstalled_nothing_is_left(fleet):
    me = fleet.seat(MINE)
    me.fleetfeed("uninstall")
    left = [file.name for file in (me.folder / ".git/hooks").iterdir()]
    assert not [name for name in left if name.endswith(("-commit", "-msg", "-push"))]
    me.stage("web/theirs/a.ts", "x\n")
    assert me.git("commit", "-q", "-m", "x").ok
    fleet.server.fleetfeed("uninstall", "--server", ".")
    assert not (fleet.server.folder / "fleetfeed/code-paths").exists()
