"""A claim that meets many posts of others: what it costs, and what it leaves."""

import os
import signal
import subprocess
import time
from collections import Counter

import pytest
from harness import command, path, post
from ledger.gen_worlds import Remote
from ledger.test_queued import known, new

from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.process import Git

FIELDS = {"SEAT": "CAMBER-06", "STATE": "AWAITING_CLAIM", "SUBJECT": "x"}
BEGINS, ENDS = "git begins to write", "git has written"


def land(other, posts):
    """Another seat lands so many posts, by one commit."""
    for number in range(1, posts + 1):
        item = f"HWD-{number:04d}"
        other.write(path(item), post(item=item))
    other.git("add", "feed")
    other.git("commit", "-q", "--no-verify", "-m", "many posts")
    other.git("push", "-q", "origin", "HEAD:refs/for/feed")


@pytest.fixture
def met(fleet, monkeypatch):
    """A claim after so many posts of another: its answer, and what it read, in order.

    By paths, for each time. Between `BEGINS` and `ENDS` git wrote the files.
    """
    world, run, content = Remote(fleet, guarded=True), Git.run_whole, FeedTree.content
    events, first = [], world.store()
    first.append_if_match("CMB-0001", 0, FIELDS)  # it knows the queue

    def running(self, *args, **options):
        writes = "merge" in args
        events.extend([BEGINS] * writes)
        try:
            return run(self, *args, **options)
        finally:
            events.extend([ENDS] * writes)

    def reading(self, entry, where):
        events.append(where)
        return content(self, entry, where)

    def meeting(posts):
        land(fleet.seat("CAMBER-07"), posts)
        with monkeypatch.context() as patch:
            patch.setattr(Git, "run_whole", running)
            patch.setattr(FeedTree, "content", reading)
            return first.append_if_match("CMB-0002", 0, FIELDS), events

    yield meeting
    world.close()


# As many as the queue sends along, and more than that: these are fetched.
MANY = [40, pytest.param(300, marks=pytest.mark.large)]


@pytest.mark.parametrize("posts", MANY)
def test_each_is_read_once_and_while_git_writes_them(fleet, met, posts):
    ok, events = met(posts)
    assert (ok.post.item, ok.tries) == ("CMB-0002", 1)
    others = Counter(where for where in events if where.startswith("HWD/"))
    assert (len(others), set(others.values())) == (posts, {1})
    begun, written = events.index(BEGINS), events.index(ENDS)
    assert {*events[begun:written]} >= others.keys()
    # The checkout is as new as the answer, and whole.
    seat = fleet.seat("CLONE-1")
    tip = fleet.server.line("rev-parse", "refs/heads/main")
    assert ok.commit == tip
    assert seat.line("rev-parse", "HEAD", "origin/main").split() == [tip] * 2
    assert seat.line("status", "--porcelain") == ""
    assert len(list(seat.folder.glob("feed/HWD/000/*/0001.yaml"))) == posts
    seat.git("fsck", "--strict")


@pytest.fixture
def writing(fleet, tmp_path):
    """A claim, in a session of its own, whose git is at the second of three files.

    With its clone, and the gate: a file that git waits for.
    """
    seat, gate, reached = known(fleet.seat()), tmp_path / "gate", tmp_path / "reached"
    land(fleet.seat("CAMBER-07"), 3)
    slow = f"touch {reached}; until [ -e {gate} ]; do sleep 0.01; done; cat"
    seat.git("config", "filter.slow.smudge", slow)
    seat.write(".git/info/attributes", "feed/HWD/000/HWD-0002/* filter=slow\n")
    run = subprocess.Popen(
        command(*new()),
        cwd=seat.folder,
        env=seat.environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not reached.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    yield run, seat, gate
    gate.touch()


def test_ctrl_c_while_git_writes_them_leaves_no_half_of_them(fleet, writing):
    """At a terminal git gets it, too, and would leave files that are in its way."""
    run, seat, gate = writing
    os.killpg(run.pid, signal.SIGINT)
    gate.touch()
    assert run.wait(60) == 130
    tip = fleet.server.line("rev-parse", "refs/heads/main")
    assert seat.line("rev-parse", "HEAD", "origin/main").split() == [tip] * 2
    assert seat.line("status", "--porcelain") == ""


def test_a_second_ctrl_c_waits_for_nothing(writing):
    run, _, _ = writing
    until = time.monotonic() + 60
    while run.poll() is None:
        assert time.monotonic() < until
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.1)
    assert run.returncode == 130
