"""Pushes that wait together for the queue's leader: none is another's harm."""

import contextlib
import os
import resource
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import path, post
from harness.fleet import MAIN

from fleetfeed.feed.objects import object_id
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.queue import follower
from fleetfeed.queue.landing import Landing, Request

AWAY = "1" * 40


@pytest.fixture
def server(fleet, monkeypatch):
    """A guarded server, in which we are."""
    monkeypatch.chdir(fleet.server.folder)
    monkeypatch.setenv("GIT_DIR", ".")
    return fleet.server


def brought(server, seat):
    """A commit on the feed that is at the server, and has not landed."""
    seat.stage(path("CMB-0001"), post(item="CMB-0001"))
    seat.git("commit", "-q", "--no-verify", "-m", "one")
    seat.git("push", "-q", "--no-verify", str(server.folder), "HEAD:refs/heads/x")
    return seat.line("rev-parse", "HEAD")


def answers(*commits):
    landing = Landing()
    try:
        said = landing.landed([Request(each, {}) for each in commits])
    finally:
        landing.close()
    return [each.partition(b"\n")[0].decode() for each in said]


def test_a_commit_that_has_vanished_is_nobody_elses_matter(server, fleet):
    good = brought(server, fleet.seat())
    assert answers(AWAY, good) == [follower.CANNOT_TELL.decode(), ""]
    assert server.line("rev-parse", MAIN) == good


def test_folders_are_as_deep_and_as_many_as_anybody_nests_them(server):
    """Beside the feed, and on the newest tip, anything may come.

    A few objects stand for more paths than anybody could look at.
    """
    base = server.line("rev-parse", MAIN)
    feed, file = server.line(
        "rev-parse", f"{base}:feed", f"{base}:feed/policy.yaml"
    ).split()
    made, row = [], b"100644 file\0" + bytes.fromhex(file)
    for _ in range(2 * sys.getrecursionlimit()):
        made.append(("tree", row))
        id_ = bytes.fromhex(object_id("tree", row, 20))
        row = b"40000 one\0%b40000 two\0%b" % (id_, id_)
    made.append(("tree", b"40000 feed\0" + bytes.fromhex(feed) + row))
    objects = Objects(Git(server.folder))
    objects.write(made, 20)
    objects.close()
    tree = object_id("tree", made[-1][1], 20)
    commit = server.line("commit-tree", "-p", base, "-m", "deep", tree)
    assert answers(commit) == [""]
    assert server.line("rev-parse", MAIN) == commit


def test_more_than_a_leader_may_have_open_are_all_answered(server):
    """The others wait behind them, and who says nothing keeps nobody out."""
    request = follower.request_of(server.line("rev-parse", MAIN).encode())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, hard))
    try:
        complaint = follower.start_leader(sys.executable)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, complaint)
        for _ in range(60):
            silent = ended.enter_context(socket.socket(socket.AF_UNIX))
            silent.connect(follower.SOCKET)
        many = ended.enter_context(ThreadPoolExecutor(60))
        # If that one ends, there is none any more.
        led = [many.submit(follower.led, "/nowhere", request) for _ in range(60)]
        said = [each.result(60) for each in led]
    assert all(b"landed as" in each for each in said), said
    assert all(each.startswith(b"\n") for each in said)
