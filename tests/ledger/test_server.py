"""The fleet's server is known by its hook's word, and by nothing that can be copied."""

import itertools
import json
import re
import shlex
import stat
from pathlib import Path

import pytest
from harness import Repo, clean
from harness.answers import document
from harness.rows import of_each_kind

from fleetfeed.model.server import Announcement, Word, judging, read_announcement

KEY = "CAMBER:file:a"
CLAIM = ("claim", "--new", "CMB", "--subject", "x", "--proof", "the only work on it")


def counted(seat, folder: Path):
    """Let each connection of `seat` to its server leave a line; the lines so far."""
    log = folder / "connections"
    log.touch()
    for name in ("uploadpack", "receivepack"):
        program = folder / name
        git = "git-upload-pack" if name == "uploadpack" else "git-receive-pack"
        program.write_text(f'#!/bin/sh\necho {name} >>{log}\nexec {git} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        seat.git("config", f"remote.origin.{name}", str(program))
    return lambda: log.read_text().split()


def test_what_a_server_says_is_read_back():
    queue = Announcement("a2", queue="refs/for/feed", brings=True)
    stamping = Announcement("a1", "ops/feed", "refs/heads/x", True)
    for said in (Announcement(), stamping, queue):
        assert read_announcement(said.data) == said
    assert read_announcement(b"format: 1\nstamps: yes\n") == Announcement(stamps=True)
    assert read_announcement(b"format: 9\nnew: thing\nserver: x\n").id == "x"
    for folder in ("feed", "ops/feed", "in feed", "ops/fö d", "x\x1b"):
        word = Word.of("a1", folder, "refs/heads/fö/on")
        assert judging(("x", f"fleetfeed: {word.text}")) == word
    for said in ("judged by nobody", "judged by server a1"):
        assert judging((f"fleetfeed: {said}",)) is None


def test_a_claim_costs_no_connection_more_after_the_first_contact(fleet, tmp_path):
    seat = fleet.seat()
    connections = counted(seat, tmp_path)
    seat.fleetfeed(*CLAIM, "--surface", KEY)
    assert connections() == ["uploadpack", "receivepack", "receivepack"]
    seat.fleetfeed(*CLAIM, "--surface", f"{KEY}2")
    assert connections()[3:] == ["receivepack"]  # into the server's queue


def test_who_names_no_server_is_not_asked(fleet, tmp_path):
    fleet.server.disarm()
    seat = fleet.seat()
    connections = counted(seat, tmp_path)
    seat.fleetfeed(*CLAIM, "--surface", KEY)
    assert connections() == ["uploadpack", "receivepack"]


def elsewhere(fleet, seat, kind, met):
    """What the seat's remote leads to now; `met`: it has been the fleet's before."""
    if met:
        seat.fleetfeed(*CLAIM, "--surface", "CAMBER:file:met")
    server = fleet.server
    if kind == "hook gone":
        for name in ("pre-receive", "proc-receive"):
            (server.folder / "hooks" / name).unlink()
        return server
    other = server.folder.with_name("other.git")
    option = "--mirror" if kind == "mirror" else "--bare"
    seat.git("clone", "-q", option, str(server.folder), str(other))
    if kind == "in its place":
        other.rename(server.folder.with_name("kept"))
        server.folder.rename(server.folder.with_name("true.git"))
        server.folder.with_name("kept").rename(server.folder)
        return server
    seat.git("config", "remote.origin.url", str(other))
    return type(server)(other, server.environment)


KINDS = ("mirror", "fork", "hook gone", "in its place")
SMALL = {
    ("mirror", False),
    ("fork", True),
    ("hook gone", True),
    ("in its place", False),
}


@pytest.mark.parametrize(
    ("kind", "met"),
    of_each_kind(itertools.product(KINDS, (False, True)), SMALL.__contains__),
)
def test_no_claim_is_won_where_the_server_does_not_answer(fleet, kind, met):
    """Nor by a claim that is run again, nor by one that found its post there."""
    seat = fleet.seat()
    there = elsewhere(fleet, seat, kind, met)
    for _ in range(3):
        done = seat.fleetfeed(
            *CLAIM, "--surface", KEY, "--op", "one-claim", "--json", ok=False
        )
        assert done.returncode == 3, done.said
        said = document(done.stdout)
        assert said["answer"] == "cannot tell"
        assert "is not the fleet's server" in done.said
    assert seat.fleetfeed("active", "--surface-claim", KEY, ok=None).returncode != 0
    # What it was asked with is taken away again.
    assert there.line("for-each-ref", "refs/fleetfeed/probe/") == ""


def test_a_claim_is_not_won_by_what_is_found_where_no_hook_answers(fleet):
    """Found by the same command, run again by hand or after an answer that was lost."""
    seat, hooks = fleet.seat(), fleet.server.folder / "hooks"
    one = (*CLAIM, "--surface", KEY, "--op", "one-claim")
    seat.fleetfeed(*one)
    assert seat.fleetfeed(*one).ok
    (hooks / "pre-receive").unlink()
    for again in (one, (*one, "--dry-run")):
        done = seat.fleetfeed(*again, ok=False)
        assert done.returncode == 3
        assert "is not the fleet's server" in done.stderr
    slow = hooks / "post-receive"
    slow.write_text("#!/bin/sh\nsleep 3\n")
    slow.chmod(0o755)
    two = (*CLAIM, "--surface", f"{KEY}2", "--timeout", "1s")
    remembered = seat.folder / ".git/fleetfeed/servers.json"
    assert json.loads(remembered.read_text()) == {}
    name = fleet.server.line("config", "fleetfeed.server")
    known = {
        str(fleet.server.folder): {
            "server": name,
            "dir": "feed",
            "ref": "refs/heads/main",
        }
    }
    remembered.write_text(json.dumps(known))
    assert seat.fleetfeed(*two, ok=False).returncode == 3


def test_a_feed_beside_the_one_that_is_guarded_wins_nothing(fleet):
    """One push brings both, and of one of them no post is judged."""
    seat, other = fleet.seat(), "examples/feed"
    seat.git("pull", "-q", "origin", "HEAD")
    seat.write(f"{other}/policy.yaml", (seat.folder / "feed/policy.yaml").read_text())
    seat.git("add", ".")
    seat.git("commit", "-q", "-m", "an example")
    seat.git("push", "-q", "origin", "HEAD")
    seat.fleetfeed(*CLAIM, "--surface", KEY)
    seat.git("config", "fleetfeed.dir", other)
    done = seat.fleetfeed(*CLAIM, "--surface", KEY, ok=False)
    assert done.returncode == 3
    assert " guards feed/ on refs/heads/main, " in done.stderr
    assert f"posts in {other}/ on refs/heads/main land unjudged" in done.stderr
    done = seat.fleetfeed("active", "--surface-claim", KEY, ok=False)
    assert done.returncode == 3
    assert "`git config fleetfeed.dir feed` looks there" in done.stderr
    done = seat.fleetfeed("doctor", ok=False)
    assert done.returncode == 1
    assert f"posts in {other}/ on refs/heads/main land unjudged" in done.stdout
    seat.git("config", "fleetfeed.dir", "feed")
    around = {"FLEETFEED_DIR": other}
    done = seat.fleetfeed("active", "--surface-claim", KEY, ok=False, env=around)
    assert "`unset FLEETFEED_DIR`" in done.stderr
    # There the server guards it now, and no longer where it was before.
    server = fleet.server
    server.fleetfeed("install", "--server", ".", "--dir", other)
    seat.git("config", "fleetfeed.dir", "feed")
    done = seat.fleetfeed(*CLAIM, "--surface", f"{KEY}2", ok=False)
    assert done.returncode == 3
    assert f" guards {other}/ on refs/heads/main, " in done.stderr
    seat.git("config", "fleetfeed.dir", other)
    seat.fleetfeed(*CLAIM, "--surface", f"{KEY}2")


def test_a_feed_on_another_branch_than_the_guarded_one_wins_nothing(fleet):
    seat, server = fleet.seat(), fleet.server
    seat.fleetfeed(*CLAIM, "--surface", KEY)
    server.fleetfeed("install", "--server", ".", "--ref", "refs/heads/other")
    said = "posts in feed/ on refs/heads/main land unjudged"
    for args in (("active", "--surface-claim", f"{KEY}2"), ("join",)):
        done = seat.fleetfeed(*args, ok=False)
        assert done.returncode == 3
    done = seat.fleetfeed("active", "--surface-claim", f"{KEY}2", ok=False)
    assert said in done.stderr
    assert said in seat.fleetfeed("doctor", ok=False).stdout
    done = seat.fleetfeed(*CLAIM, "--surface", f"{KEY}2", ok=False)
    assert done.returncode == 3
    todo = re.search(r"on the server `fleetfeed (install .*)`", done.stderr)
    server.fleetfeed(*shlex.split(todo[1]))
    seat.fleetfeed(*CLAIM, "--surface", f"{KEY}2")


def test_what_is_fetched_elsewhere_than_it_is_pushed_to_may_be_old(fleet):
    seat, mirror = fleet.seat(), fleet.server.folder.with_name("mirror.git")
    address = str(fleet.server.folder)
    seat.git("clone", "-q", "--mirror", address, str(mirror))
    fleet.seat("CAMBER-07").fleetfeed(*CLAIM, "--surface", KEY)
    seat.git("config", "remote.origin.url", str(mirror))
    seat.git("config", "remote.origin.pushurl", address)
    done = seat.fleetfeed("active", "--surface-claim", KEY, ok=False)
    assert done.returncode == 3
    todo = f"`git config fleetfeed.remote {address}` asks there"
    assert todo in done.stderr
    seat.git("config", "fleetfeed.remote", address)
    assert seat.fleetfeed("active", "--surface-claim", KEY, ok=False).returncode == 1


def test_no_dry_run_promises_what_nobody_would_judge(fleet):
    seat = fleet.seat()
    elsewhere(fleet, seat, "fork", met=False)
    done = seat.fleetfeed(*CLAIM, "--surface", KEY, "--dry-run", ok=False)
    assert done.returncode == 3, done.said
    assert "is not the fleet's server" in done.stderr


def test_of_several_addresses_all_must_have_the_feed(fleet):
    """And none of them keeps what the server was asked with."""
    seat, mirror = fleet.seat(), fleet.server.folder.with_name("mirror.git")
    address = str(fleet.server.folder)
    seat.git("clone", "-q", "--mirror", address, str(mirror))
    for each in (address, str(mirror)):
        seat.git("config", "--add", "remote.origin.pushurl", each)
    assert seat.fleetfeed("active", "--surface-claim", KEY).stdout
    refs = Repo(mirror, clean()).line("for-each-ref", "refs/fleetfeed/probe/")
    assert refs == ""
    fleet.seat("CAMBER-07").fleetfeed(*CLAIM, "--surface", "CAMBER:file:other")
    done = seat.fleetfeed("active", "--surface-claim", KEY, ok=False)
    assert done.returncode == 3
    todo = re.search(r"`git (config .*)` leaves", done.stderr)
    assert todo[1] in seat.fleetfeed("doctor", ok=False).stdout
    seat.git(*shlex.split(todo[1]))
    assert seat.fleetfeed("active", "--surface-claim", KEY).stdout


def test_a_rule_of_the_users_sends_pushes_elsewhere(fleet):
    """It is for all of his repositories, so no setting of this one takes it away."""
    seat, mirror = fleet.seat(), fleet.server.folder.with_name("a mirror.git")
    seat.git("clone", "-q", "--mirror", str(fleet.server.folder), str(mirror))
    rule = ("--global", f"url.{mirror}.pushInsteadOf", str(fleet.server.folder))
    seat.git("config", *rule)
    done = seat.fleetfeed(*CLAIM, "--surface", KEY, ok=False)
    assert done.returncode == 3
    todo = re.search(r"`git (config .*)` lets it be pushed", done.stderr)
    seat.git(*shlex.split(todo[1]))
    seat.fleetfeed(*CLAIM, "--surface", KEY)


def test_no_beat_counts_where_the_server_does_not_answer(fleet, tmp_path):
    seat, hook = fleet.seat(), fleet.server.folder / "hooks/pre-receive"
    gone = tmp_path / "gone"
    done = seat.fleetfeed(
        "hold", *CLAIM[1:], "--surface", KEY, "--lease", "4s", "--",
        "sh", "-c", f"mv {hook} {gone}; sleep 30", ok=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "did not answer a beat" in done.stderr or "counts as lost" in done.stderr


def test_a_server_that_answers_again_is_believed_again(fleet, tmp_path):
    seat, hook = fleet.seat(), fleet.server.folder / "hooks/pre-receive"
    hook.rename(tmp_path / "kept")
    assert seat.fleetfeed(*CLAIM, "--surface", KEY, ok=False).returncode == 3
    (tmp_path / "kept").rename(hook)
    seat.fleetfeed(*CLAIM, "--surface", KEY)


def test_a_copy_without_a_remote_wins_nothing(fleet):
    seat = fleet.seat()
    seat.git("remote", "remove", "origin")
    done = seat.fleetfeed(*CLAIM, "--surface", KEY, ok=False)
    assert done.returncode == 3
    assert "there is no remote to reach it by; `fleetfeed join ADDRESS`" in done.stderr


def test_a_server_that_the_committed_pointer_names_is_asked_for_too(fleet):
    """Where no policy names one, as on a branch of code beside the feed's."""
    name = fleet.server.line("config", "fleetfeed.server")
    fleet.server.disarm()
    seat = fleet.seat()
    seat.fleetfeed(*CLAIM, "--surface", KEY)
    seat.git("switch", "-q", "-c", "code")
    seat.stage(".fleetfeed.yaml", f"server: {name}\n")
    seat.git("commit", "-q", "--no-verify", "-m", "where the feed is")
    done = seat.fleetfeed(*CLAIM, "--surface", f"{KEY}2", ok=False)
    assert done.returncode == 3, done
    assert f"is not the fleet's server {name}" in done.stderr
