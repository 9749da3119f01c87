"""`fleetfeed seal`, as a seat gives it."""

import os
import signal
import stat
import subprocess
import time

import pytest
from harness import command, path
from seal.gen_feeds import SEAL, beyond, item_id, sealed, shard

POSTS = shard()
DAY = "1d"


def listed(desks):
    listed = desks.fleet.server.git("ls-tree", "-r", "--name-only", "main", "feed/CMB")
    return listed.stdout.split()


def test_it_seals_what_is_closed(desks, me):
    done = me("seal")
    assert done.stdout == "sealed CMB/000: 30 items, 60 posts\n"
    assert listed(desks) == [SEAL, path("CMB-1000")]
    assert desks.fleet.server.holds(SEAL, "main").encode() == sealed(POSTS)
    server = desks.fleet.server
    assert server.line("log", "-1", "--format=%s", "main") == "Seal CMB/000"
    # The feed's own branch goes along, and nothing is left to be done.
    assert me.seat.tip() == desks.tip()
    again_ = me("seal")
    assert (again_.stdout, again_.stderr) == ("", "nothing to seal\n")


def test_json(me):
    row = {"shard": "CMB/000", "item_count": 30, "post_count": 60, "message": None}

    def said(*args):
        document = me.json("seal", *args)
        return document["answer"], document["shards"]

    assert said("--dry-run") == ("would seal", [row])
    assert said("--dry-run") == ("would seal", [row])
    assert said() == ("sealed", [row])
    assert said() == ("sealed", [])


def test_a_dry_run_pushes_nothing(desks, me):
    before = desks.tip()
    assert me("seal", "--dry-run").stdout == "would seal CMB/000: 30 items, 60 posts\n"
    assert desks.tip() == before


def test_it_waits_as_long_as_the_policy_says(desks, me):
    policy = me.seat.folder / "feed/policy.yaml"
    text = policy.read_text()
    policy.write_text(text.replace("after: 30d", "after: 9999d"))
    me.seat.commit("wait longer")
    me.seat.push()
    waits = "left CMB/000 as it is: CMB-0970 is not over for long enough\n"
    assert me("seal").stderr == f"{waits}nothing to seal\n"
    (left,) = me.json("seal")["shards"]
    assert left["message"] == waits.partition(": ")[2].strip()
    assert me("seal", "--older-than", DAY).stdout.startswith("sealed CMB/000")


def test_a_shard_that_is_asked_for_alone(desks, me):
    assert me("seal", "CMB/000").stdout == "sealed CMB/000: 30 items, 60 posts\n"
    # It is what was asked for, whoever has sealed it.
    assert me("seal", "CMB/000").stderr == "nothing to seal\n"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("CMB/001", "CMB-1000 is AWAITING_CLAIM"),
        ("CMB/007", "there is no such shard on the feed"),
        ("ORA/000", "there is no such shard on the feed"),
    ],
)
def test_what_is_asked_for_and_cannot_be_sealed_is_said(desks, me, asked, why):
    done = me("seal", asked, code=1)
    assert done.stderr == f"left {asked} as it is: {why}\nnothing to seal\n"
    document = me.json("seal", "CMB/000", asked, code=1)
    told = {each["shard"]: each["message"] for each in document["shards"]}
    assert (document["answer"], told) == ("refused", {"CMB/000": None, asked: why})


def test_too_young_a_shard_that_is_asked_for(me):
    done = me("seal", "CMB/000", "--older-than", "9999d", code=1)
    assert "CMB-0970 is not over for long enough" in done.stderr


@pytest.mark.parametrize("asked", ["CMB", "000", "CMB/1", "cmb/000", "feed/CMB/000"])
def test_what_is_no_shard_is_a_usage_error(me, asked):
    assert f"'{asked}' is no shard; write the prefix" in me("seal", asked, code=2).said


@pytest.mark.parametrize("flag", [("--older-than", "soon"), ("--timeout", "soon")])
def test_what_is_no_span_is_a_usage_error(me, flag):
    assert "is no span of time" in me("seal", *flag, code=2).said


def test_a_post_without_a_time_goes_by_its_commit(desks, other):
    desks.fleet.server.disarm()
    other.seat.git("pull", "-q")
    for name, text in (shard(2970, 30, at=None) | beyond(3000)).items():
        other.seat.write(name, text)
    other.seat.commit("without a time", "--no-verify")
    other.seat.git("push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main")
    said = other("seal", "--dry-run").said
    assert "left CMB/002 as it is: CMB-2970 is not over for long enough" in said
    time.sleep(1.1)
    assert "would seal CMB/002" in other("seal", "--dry-run", "--older-than", "1s").said


def test_what_came_since_is_sealed_too(desks, me):
    me("seal")
    a = item_id(980)
    me("append", a, "--state", "IN_PROGRESS", "--reason", "it came back")
    assert me("seal", "CMB/000", code=1).stderr.startswith(
        f"left CMB/000 as it is: {a} is IN_PROGRESS\n"
    )
    me("done", a)
    assert "not over for long enough" in me("seal").stderr
    time.sleep(1.1)
    done = me("seal", "--older-than", "1s")
    assert done.stdout == "sealed CMB/000: 30 items, 62 posts\n"
    assert listed(desks) == [SEAL, path("CMB-1000")]


def test_a_checkout_with_work_in_it_is_left_and_that_is_said(me):
    me.seat.write("feed/CMB/001/CMB-1000/0001.yaml", "torn")
    assert "your branch main was left as it is" in me("seal").stderr


def test_without_a_remote_the_local_branch_is_sealed(me):
    me.seat.alone()
    assert me("seal").stdout == "sealed CMB/000: 30 items, 60 posts\n"
    assert me.seat.holds(SEAL).encode() == sealed(POSTS)
    assert not me.seat.git("status", "--porcelain").stdout
    assert not (me.seat.folder / "feed/CMB/000").exists()


def test_a_remote_that_is_away(desks, me):
    desks.fleet.server.folder.rename(desks.fleet.folder / "gone")
    me("seal", "--timeout", "1s", code=3)


def test_a_remote_that_nobody_may_write_to(desks, me):
    before = desks.tip()
    objects = desks.fleet.server.folder / "objects"
    hook = desks.fleet.server.folder / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'this server is a mirror' >&2\nexit 1\n")
    ended = me("seal", code=1)
    assert "this server is a mirror" in ended.stderr
    assert desks.tip() == before
    assert objects.is_dir()


def test_ctrl_c_leaves_all_as_it_was(desks, me):
    server = desks.fleet.server
    started = server.folder / "started"
    hook = server.folder / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\n: > {started}\nsleep 20\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    before = desks.tip()
    process = subprocess.Popen(
        command("seal"),
        cwd=me.seat.folder,
        env=dict(me.seat.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    limit = time.monotonic() + 30
    while not started.exists():
        assert time.monotonic() < limit
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert desks.tip() == before
