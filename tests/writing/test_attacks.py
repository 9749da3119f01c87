"""What once made a writing command lie, or lose something."""

import pytest
from harness import Repo

CLAIM = (
    "claim", "--new", "CMB", "--subject", "x", "--surface", "CAMBER:job:x",
    "--proof", "nobody else works on it",
)  # fmt: skip


def claims(seat, seconds="20s", **options):
    return seat.fleetfeed(*CLAIM, "--timeout", seconds, **options)


def landed(server):
    return server.git("ls-tree", "-r", "--name-only", "main", "feed/CMB").stdout


@pytest.fixture
def lone(tmp_path):
    """A repository without a remote."""
    repo = Repo.init(tmp_path / "lone")
    repo.fleetfeed("init")
    repo.write("x", "1\n")
    repo.commit("start")
    repo.git("config", "fleetfeed.seat", "CAMBER-06")
    return repo


def test_a_push_url_elsewhere(fleet):
    fleet.server.disarm()
    seat = fleet.seat()
    fork = fleet.folder / "fork.git"
    fleet.server.git("clone", "-q", "--bare", ".", str(fork))
    seat.git("remote", "set-url", "--push", "origin", str(fork))
    said = claims(seat, "4s", ok=False)
    assert said.returncode == 3
    assert "pushurl is another repository" in said.stderr
    assert not landed(fleet.server)


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_what_git_pushes_to_another_repository_is_not_won(fleet, named):
    """By `pushInsteadOf`, which is no setting of the remote's."""
    if not named:
        fleet.server.disarm()
    seat = fleet.seat()
    fork = fleet.folder / "fork.git"
    fleet.server.git("clone", "-q", "--bare", ".", str(fork))
    seat.git("config", f"url.{fork}.pushInsteadOf", str(fleet.server.folder))
    said = claims(seat, "4s", ok=False)
    assert said.returncode == 3, said
    assert not landed(fleet.server)
    seat.git("config", "--unset", f"url.{fork}.pushInsteadOf")
    claims(seat)
    assert landed(fleet.server)


def test_a_server_that_cannot_tell_has_refused_nothing(fleet):
    seat = fleet.seat()
    claims(seat)
    fleet.server.git("config", "--unset-all", "fleetfeed.ref")
    said = seat.fleetfeed("done", "CMB-0001", ok=False)
    assert said.returncode == 3, said
    assert "this server has no fleetfeed.ref" in said.stderr


def test_nobody_keeps_time_for_a_repository_without_a_remote(lone):
    claims(lone)
    other = {"FLEETFEED_SEAT": "CAMBER-07"}
    taking = ("claim", "CMB-0001", "--reason", "it is silent")
    said = lone.fleetfeed(*taking, ok=False, env=other)
    assert said.returncode == 1, said
    assert "FF501" in said.stderr
    assert lone.fleetfeed("fence", "CMB-0001").ok


def test_a_server_that_puts_it_elsewhere(fleet):
    """proc-receive, as AGit servers use it: the feed ref does not move."""
    server = fleet.server
    server.git("config", "receive.procReceiveRefs", "refs/heads/main")
    hook = server.write(
        "hooks/proc-receive",
        "#!/usr/bin/env python3\n"
        "import sys\n"
        "i, o = sys.stdin.buffer, sys.stdout.buffer\n"
        "def read():\n"
        "    n = int(i.read(4), 16)\n"
        "    return i.read(n - 4) if n else None\n"
        "def write(data):\n"
        "    o.write(b'%04x' % (len(data) + 4) + data); o.flush()\n"
        "def flush():\n"
        "    o.write(b'0000'); o.flush()\n"
        "while read() is not None: pass\n"
        "write(b'version=1\\0push-options atomic'); flush()\n"
        "ref = read().split()[2]\n"
        "while read() is not None: pass\n"
        "write(b'ok ' + ref); write(b'option refname refs/review/1'); flush()\n",
    )
    hook.chmod(0o755)
    said = claims(fleet.seat(), ok=False)
    assert said.returncode == 3, said
    assert not landed(server)


def test_a_ref_that_git_takes_for_the_feed_ref(fleet):
    seat = fleet.seat()
    said = seat.git("push", "origin", "HEAD:refs/tags/refs/heads/main", ok=False)
    assert "FF407" in said.stderr
    fleet.server.disarm()
    seat.git("pull", "-q")
    seat.git("push", "origin", "HEAD:refs/tags/refs/heads/main")
    said = claims(seat, ok=False)
    assert said.returncode == 1
    assert "delete that one there" in said.stderr


def test_a_rebase_would_set_the_branch_back(lone):
    lone.git("switch", "-q", "-c", "other")
    lone.write("x", "2\n")
    lone.commit("other")
    lone.git("switch", "-q", "main")
    lone.write("x", "3\n")
    lone.commit("mine")
    lone.git("rebase", "other", ok=False)
    said = claims(lone, ok=False)
    assert said.returncode == 3
    assert "rebase" in said.stderr


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "lone"])
def test_an_ignored_file_in_the_way_is_kept(fleet, lone, remote):
    seat = fleet.seat() if remote else lone
    path = "feed/CMB/000/CMB-0001/0001.yaml"
    seat.write(".git/info/exclude", "feed/CMB/\n")
    seat.write(path, "precious\n")
    claims(seat, ok=None)
    assert (seat.folder / path).read_text() == "precious\n"


def test_no_hook_of_the_clone_runs(fleet):
    seat = fleet.seat()
    for name in ("post-merge", "pre-push", "reference-transaction"):
        hook = seat.write(f".git/hooks/{name}", f"#!/bin/sh\ntouch ../{name}.ran\n")
        hook.chmod(0o755)
    claims(seat)
    ran = {file.name for file in seat.folder.parent.glob("*.ran")}
    assert ran <= {"reference-transaction.ran"}


def test_what_git_would_merge_otherwise(fleet):
    seat = fleet.seat()
    seat.git("config", "branch.main.mergeOptions", "--squash")
    claims(seat)
    assert seat.tip() == fleet.server.tip("main")


def test_in_the_middle_of_a_commit_the_checkout_is_left_alone(fleet):
    seat = fleet.seat()
    before = seat.tip()
    said = claims(seat, env={"GIT_INDEX_FILE": ".git/index"})
    assert "in the middle of a commit" in said.stderr
    assert seat.tip() == before


def test_one_item_that_may_not_be_taken_up_does_not_stop_the_queue(lone):
    lone.fleetfeed("reserve", "CMB", "--subject", "a", "--priority", "0")
    lone.fleetfeed("reserve", "CMB", "--subject", "b", "--field", "DEMAND=yes", ok=None)
    policy = lone.folder / "feed/policy.yaml"
    text = policy.read_text().partition("\nfields:")[0]
    policy.write_text(
        f"{text}\nfields:\n  DEMAND: {{states: [IN_PROGRESS], level: reject}}\n"
    )
    lone.commit("a rule")
    lone.fleetfeed("reserve", "CMB", "--subject", "c", "--field", "DEMAND=yes")
    said = lone.fleetfeed("next")
    assert said.stdout.startswith("CMB-0002\n")


def test_epochs_and_waits_of_any_length(fleet):
    seat = fleet.seat()
    claims(seat)
    said = seat.fleetfeed(
        "done", "CMB-0001", ok=False, env={"FLEETFEED_EPOCH": "9" * 5000}
    )
    assert said.returncode == 2
    assert (
        seat.fleetfeed("done", "CMB-0001", "--timeout", "9999999d", ok=False).returncode
        == 2
    )


def test_a_fence_binds_every_post(fleet):
    seat = fleet.seat()
    claims(seat)
    seat.fleetfeed("claim", "CMB-0001", "--resume")
    late = {"FLEETFEED_EPOCH": "1"}
    file = seat.write("p", "ITEM: CMB-0001\nSTATE: DONE\n")
    assert (
        seat.fleetfeed("append", "--post", str(file), ok=False, env=late).returncode
        == 4
    )
    parks = ("claim", "--new", "CMB", "--subject", "y", "--park", "CMB-0001")
    assert seat.fleetfeed(*parks, ok=False, env=late).returncode == 4
    other = {**late, "FLEETFEED_ITEM": "CMB-0009"}
    assert seat.fleetfeed("park", "CMB-0001", env=other).ok


def test_yield_ends_nothing_that_is_over(fleet):
    seat, other = fleet.seat(), fleet.seat("CAMBER-07")
    claims(seat)
    seat.fleetfeed("reserve", "CMB", "--subject", "y")
    seat.fleetfeed("done", "CMB-0001")
    said = other.fleetfeed("yield", "CMB-0001", "--to", "CMB-0002", ok=False)
    assert said.returncode == 1
    assert "DONE already" in said.stderr
