"""A cache that is made from nothing tells how far it is, and can be stopped."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faults.bench import in_session
from harness import Repo
from repo.gen_repositories import asked, cache_of, many, put

SLOW = Path(__file__).with_name("fake_slow_shards.py")
ASK = ("active", "--surface-claim", "CAMBER:file:0:7", "--offline")


@pytest.fixture
def repo(tmp_path):
    repo = Repo.init(tmp_path / "repo", "-b", "main")
    put(repo, many(60, shards=12))
    return repo


def start(repo, seconds, patience, **how):
    """A command whose every shard takes `seconds`."""
    args = (sys.executable, "-P", str(SLOW), str(seconds), str(patience), *ASK)
    return subprocess.Popen(
        args, cwd=repo.folder, env=dict(repo.environment), stdout=subprocess.PIPE,
        start_new_session=True, **how,
    )  # fmt: skip


def test_a_pipe_is_told_once(repo):
    process = start(repo, 0.05, 0.2, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out.startswith(b"COLLIDE-WITH-CMB-0007\n")
    (line,) = err.decode().splitlines()
    assert line.startswith("fleetfeed: reading the feed's shards, ")
    assert line.endswith(" of 12 done; this takes a while")


def test_work_that_is_soon_over_is_not_told_of(repo):
    process = start(repo, 0, 2, stderr=subprocess.PIPE)
    assert process.communicate(timeout=60)[1] == b""


def on_a_terminal(repo, seconds):
    ours, theirs = pty.openpty()
    process = start(repo, seconds, 2, stderr=theirs)
    os.close(theirs)
    return process, ours


def shown(end, enough=b""):
    """What the terminal got, up to `enough` or its end."""
    said = b""
    while not enough or enough not in said:
        try:
            more = os.read(end, 1000)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        said += more
    return said


def test_a_terminal_has_a_bar_that_goes_away(repo):
    process, end = on_a_terminal(repo, 0.1)
    said = shown(end)
    os.close(end)
    assert process.wait(60) == 1
    assert b"reading the feed's shards [" in said
    assert b"] 12 of 12" in said
    assert said.endswith(b"\r\x1b[K")
    process.stdout.close()


def test_on_a_terminal_nothing_is_told_of_short_work(repo):
    put(repo, many(60))
    process, end = on_a_terminal(repo, 0)
    assert shown(end) == b""
    os.close(end)
    assert process.wait(60) == 1
    process.stdout.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_ctrl_c_ends_all_of_it(repo):
    process, end = on_a_terminal(repo, 0.3)
    shown(end, b"reading the feed's shards [")
    os.killpg(process.pid, signal.SIGINT)
    begun = time.monotonic()
    assert process.wait(60) == 130
    assert time.monotonic() - begun < 5
    assert not list(in_session(process.pid))
    said = shown(end)
    os.close(end)
    process.stdout.close()
    assert b"Traceback" not in said
    # What was done is not lost, and what was not is done by the next.
    assert cache_of(repo).is_file()
    assert asked(repo, "CAMBER:file:0:7") == "COLLIDE-WITH-CMB-0007"
    assert "agrees" in repo.fleetfeed("index", "verify").stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_whoever_is_ended_leaves_nobody_behind(repo, number):
    process, end = on_a_terminal(repo, 0.3)
    shown(end, b"reading the feed's shards [")
    process.send_signal(number)
    assert process.wait(60) == -number
    limit = time.monotonic() + 10
    while left := list(in_session(process.pid)):
        assert time.monotonic() < limit, left
        time.sleep(0.02)
    os.close(end)
    process.stdout.close()
    assert asked(repo, "CAMBER:file:0:7") == "COLLIDE-WITH-CMB-0007"


def test_nobody_hears_what_is_told(repo):
    """A closed stderr, or a full one, changes no answer."""
    for target in ("/dev/full", "/dev/null"):
        with Path(target).open("wb") as err:
            process = start(repo, 0.05, 0.1, stderr=err)
            assert process.communicate(timeout=60)[0].startswith(
                b"COLLIDE-WITH-CMB-0007\n"
            )
        assert process.returncode == 1
        cache_of(repo).unlink()
