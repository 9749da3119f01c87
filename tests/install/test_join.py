"""`fleetfeed join`, and what `init` hears of a server: again and again without harm."""

import os
import re
import shlex

import pytest
from harness import Repo, Server, clean, make_home
from harness.answers import document

KEY = "CAMBER:file:a"
CLAIM = ("claim", "--new", "CMB", "--subject", "x", "--proof", "the only work on it")


@pytest.fixture
def clone(fleet, tmp_path):
    """A fresh clone of a fleet's server, as `git clone` leaves it."""
    seat = Repo(tmp_path / "fresh", clean())
    Repo(tmp_path, clean()).git("clone", "-q", str(fleet.server.folder), "fresh")
    return seat


def test_a_clone_is_ready_after_it_and_again_after_it(clone, snapshot):
    done = clone.fleetfeed("join", "--seat", "CAMBER-06")
    assert done.stdout.endswith("enforcement is on here; it was tried\n")
    before = snapshot(clone.folder)
    again = clone.fleetfeed("join", "--seat", "CAMBER-06")
    after = snapshot(clone.folder)
    changed = {
        name for name in {*before, *after} if before.get(name) != after.get(name)
    }
    assert all("FETCH_HEAD" in name or "objects" in name for name in changed), changed
    assert "installed" not in again.stdout
    clone.fleetfeed(*CLAIM, "--surface", KEY)


def test_outside_of_a_repository_the_fleets_is_cloned(fleet, tmp_path):
    outside = Repo(tmp_path, clean())
    done = outside.fleetfeed("join", str(fleet.server.folder), "--seat", "CAMBER-06")
    assert done.stdout.startswith("installed server: a clone of ")
    assert (tmp_path / "server/feed/policy.yaml").is_file()
    again = outside.fleetfeed("join", str(fleet.server.folder), ok=False)
    assert again.returncode == 2
    assert "there is a server here already" in again.stderr


def test_an_agent_needs_nothing_but_the_address(fleet, tmp_path):
    home = make_home(tmp_path / "home", stranger=True)
    outside = Repo(tmp_path, clean(**home))
    words = ("--agent", "claude", "--agent", "cursor")
    done = outside.fleetfeed("join", str(fleet.server.folder), *words)
    seat = re.search(r"^set seat: (claude-\S+-[0-9a-f]{4})$", done.stdout, re.MULTILINE)
    assert seat, done.stdout
    clone = Repo(tmp_path / "server", outside.environment)
    assert clone.line("config", "user.name") == seat[1]
    assert "installed .cursor/hooks.json\n" in done.stdout
    clone.fleetfeed(*CLAIM, "--surface", KEY)
    again = clone.fleetfeed("join", *words)
    assert not re.search("^(set|installed) ", again.stdout, re.MULTILINE)
    assert clone.fleetfeed("agents", "check").ok


def test_where_nobody_has_started_the_feed_it_says_how(tmp_path):
    server = Server.create(tmp_path / "fleet.git")
    outside = Repo(tmp_path, clean())
    seat = ("--seat", "CAMBER-06")
    done = outside.fleetfeed("join", str(server.folder), *seat, ok=False)
    assert done.returncode == 3
    assert "origin has no refs/heads/main yet; `fleetfeed init` in this" in done.stderr
    clone = Repo(tmp_path / "fleet", clean())
    assert clone.fleetfeed("init").stdout.startswith("wrote feed/policy.yaml")


def test_without_a_remote_it_asks_for_the_address(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    done = repo.fleetfeed("join", ok=False)
    assert done.returncode == 2
    assert "which fleet? `fleetfeed join ADDRESS`" in done.stderr


def test_a_program_reads_what_was_done_and_the_doctors_report(clone):
    said = document(clone.fleetfeed("join", "--seat", "S-1", "--json").stdout)
    assert (said["answer"], said["code"], bool(said["checks"])) == ("on", 0, True)
    assert {step["action"] for step in said["steps"]} >= {"set", "installed"}


def test_settings_that_disagree_with_the_server_are_told(clone):
    clone.git("config", "fleetfeed.dir", "posts")
    done = clone.fleetfeed("join", ok=False)
    assert done.returncode == 3
    assert "fleetfeed.dir is posts, but the server guards feed" in done.stderr


def test_a_pointer_that_is_drafted_is_not_overwritten(fleet, tmp_path):
    code = Repo.init(tmp_path / "code")
    code.commit("code")
    code.git("remote", "add", "origin", "../code.git")
    code.write(".fleetfeed.yaml", "dir: mine\n")
    done = code.fleetfeed("join", str(fleet.server.folder), ok=False)
    assert done.returncode == 2
    assert ".fleetfeed.yaml is there, and says something else" in done.stderr
    assert (code.folder / ".fleetfeed.yaml").read_text() == "dir: mine\n"


LAID = [
    "dir: mine\n".encode("utf-16"),
    b"\xff\xfe",
    None,
]
"""What lies in the pointer's place, None: a folder."""


@pytest.mark.parametrize("laid", LAID, ids=["utf-16", "no text", "a folder"])
def test_whatever_lies_in_the_pointers_place_is_left_there(fleet, tmp_path, laid):
    code = Repo.init(tmp_path / "code")
    code.commit("code")
    code.git("remote", "add", "origin", "../code.git")
    path = code.folder / ".fleetfeed.yaml"
    if laid is None:
        path.mkdir()
    else:
        path.write_bytes(laid)
    branch = ("init", "--dir", "posts", "--ref", "refs/heads/fleet")
    for args in (branch, ("join", str(fleet.server.folder))):
        done = code.fleetfeed(*args, ok=False)
        assert done.returncode == 2
        assert ".fleetfeed.yaml is there, and says something else" in done.stderr
    assert laid == (None if path.is_dir() else path.read_bytes())


def test_an_address_that_does_not_answer_changes_nothing(clone):
    before = (clone.folder / ".git/config").read_bytes()
    for address in ("../nowhere.git", "file:///nowhere/fleet.git"):
        done = clone.fleetfeed("join", address, ok=False)
        assert done.returncode == 3
        assert f"{address} does not answer" in done.stderr
    assert (clone.folder / ".git/config").read_bytes() == before


def test_a_path_is_meant_from_where_it_was_typed(fleet, tmp_path):
    """And is committed as every clone on this machine understands it."""
    code = Repo.init(tmp_path / "a/b/code")
    code.write("src/app.py", "")
    code.commit("code")
    code.git("remote", "add", "origin", "../code.git")
    typed = os.path.relpath(fleet.server.folder, code.folder / "src")
    below = Repo(code.folder / "src", code.environment)
    below.fleetfeed("join", typed, "--seat", "CAMBER-06", ok=None)
    code.commit("where the feed is")
    Repo(tmp_path, clean()).git("clone", "-q", "a/b/code", "other")
    other = Repo(tmp_path / "other", clean())
    assert other.fleetfeed("active", "--surface-claim", KEY).ok
    other.fleetfeed("join", "--seat", "CAMBER-07", ok=None)
    other.fleetfeed(*CLAIM, "--surface", KEY)


def test_what_is_advised_works_with_any_folder(tmp_path):
    """A blank, an apostrophe and letters of another alphabet, in each command."""
    place = "ops/it's fö d"
    server = Server.create(tmp_path / "fleet.git", install=False)
    server.install()
    Repo(tmp_path, clean()).git("clone", "-q", "fleet.git", "seat")
    seat = Repo(tmp_path / "seat", clean())
    refused = seat.fleetfeed("init", "--dir", place, ok=False)
    todo = re.search(r"`fleetfeed (install --server .*)`", refused.stderr)
    server.fleetfeed(*shlex.split(todo[1]))
    added = re.search(r"next: git (.*) &&", seat.fleetfeed("init").stdout)
    seat.git(*shlex.split(added[1]))
    seat.git("commit", "-q", "-m", "start")
    seat.git("push", "-q", "origin", "HEAD")
    assert seat.fleetfeed("join", "--seat", "CAMBER-06").ok
    server.fleetfeed("install", "--server", ".", "--dir", "feed")
    looked = server.fleetfeed("doctor", "--server", ".", ok=False).stdout
    todo = re.search(r"`fleetfeed (install --server .*)`", looked)
    server.fleetfeed(*shlex.split(todo[1]))
    assert server.fleetfeed("doctor", "--server", ".").ok
    seat.fleetfeed(*CLAIM, "--surface", KEY)


def test_a_server_without_our_hook_is_looked_through(fleet, clone):
    fleet.server.disarm()
    done = clone.fleetfeed("join", "--seat", "CAMBER-06", ok=False)
    assert done.returncode == 3
    assert "no hook of fleetfeed's judged a push to origin" in done.stdout
    clone.fleetfeed(*CLAIM, "--surface", KEY)


def test_of_several_feeds_one_has_to_be_named(fleet, clone):
    fleet.server.disarm()
    clone.write("feed/policy.yaml", "ref: refs/heads/other\n")
    clone.commit("another feed")
    clone.git("push", "-q", "origin", "HEAD:refs/heads/other")
    clone.git("reset", "-q", "--hard", "HEAD~1")
    clone.git("checkout", "-q", "--orphan", "code")
    clone.git("rm", "-q", "-r", "-f", ".")
    clone.commit("code")
    done = clone.fleetfeed("join", ok=False)
    assert done.returncode == 2
    assert "has several feeds (" in done.stderr
    clone.git("config", "fleetfeed.ref", "refs/heads/main")
    clone.fleetfeed("join", "--seat", "S-1", ok=None)
    clone.fleetfeed(*CLAIM, "--surface", KEY)


def test_the_policy_names_a_server_that_came_later(tmp_path):
    server = Server.create(tmp_path / "fleet.git", install=False)
    Repo(tmp_path, clean()).git("clone", "-q", "fleet.git", "seat")
    seat = Repo(tmp_path / "seat", clean())
    seat.fleetfeed("init")
    seat.write(
        "feed/policy.yaml",
        (seat.folder / "feed/policy.yaml").read_text() + "# ours\n",
    )
    seat.commit("start")
    seat.git("push", "-q", "origin", "HEAD")
    server.install()
    told = seat.fleetfeed("join", "--seat", "S-1")
    name = server.line("config", "fleetfeed.server")
    assert f"the policy does not name the server {name}" in told.stdout
    text = seat.holds("feed/policy.yaml")
    seat.fleetfeed("join", "--name-server")
    seat.git("pull", "-q", "--ff-only")
    named = seat.holds("feed/policy.yaml")
    assert named.replace(f"server: {name}", "# server: 5f1c8a0e9b7d4f26") == text
    said = seat.fleetfeed("join", "--name-server").stdout
    assert f"the policy names the server {name} already" in said


# What `init` hears.


@pytest.fixture
def guarded(tmp_path):
    server = Server.create(tmp_path / "fleet.git", install=False)
    server.install("--ref", "refs/heads/fleet", "--dir", "ops/feed")
    Repo(tmp_path, clean()).git("clone", "-q", "fleet.git", "seat")
    return Repo(tmp_path / "seat", clean())


def test_a_feed_is_started_where_the_server_guards_one(guarded):
    done = guarded.fleetfeed("init")
    assert "this clone has no commit yet: it is on refs/heads/fleet now" in done.stdout
    policy = (guarded.folder / "ops/feed/policy.yaml").read_text()
    assert "\nref: refs/heads/fleet\n" in policy
    assert "\nserver: " in policy
    guarded.commit("start")
    guarded.git("push", "-q", "origin", "HEAD")
    guarded.fleetfeed("join", "--seat", "S-1")


@pytest.mark.parametrize("flags", [("--dir", "feed"), ("--ref", "refs/heads/main")])
def test_a_feed_that_the_server_would_refuse_is_not_started(guarded, flags, snapshot):
    before = snapshot(guarded.folder)
    done = guarded.fleetfeed("init", *flags, ok=False)
    assert done.returncode == 2
    assert "the server guards " in done.stderr
    assert f"`fleetfeed install --server . {' '.join(flags)}`" in done.stderr
    after = snapshot(guarded.folder)
    assert {
        k for k in after if before.get(k) != after[k] and "objects" not in k
    } == set()


def test_a_server_that_does_not_answer_is_warned_of(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    repo.git("remote", "add", "origin", str(tmp_path / "nothing.git"))
    done = repo.fleetfeed("init")
    assert "warning: what the server guards is not known (" in done.stderr


def test_a_branch_of_the_feeds_own_is_made_without_touching_the_codes(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    repo.write("app.py", "1\n")
    repo.commit("code")
    repo.fleetfeed("init", "--ref", "refs/heads/fleet", "--dir", "a/b")
    assert repo.line("ls-tree", "-r", "--name-only", "fleet").splitlines() == [
        ".fleetfeed.yaml",
        "a/b/policy.yaml",
    ]
    assert repo.line("status", "--porcelain") == "?? .fleetfeed.yaml"
    again = repo.fleetfeed("init", "--ref", "refs/heads/fleet", ok=False)
    assert again.returncode == 2
    assert "refs/heads/fleet is there already" in again.stderr or (
        ".fleetfeed.yaml is there" in again.stderr
    )
