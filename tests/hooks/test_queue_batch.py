"""Pushes that wait together for the queue's leader: none is another's harm."""

import contextlib
import os
import resource
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults.queue_bench import until
from harness import path, post
from harness.fleet import MAIN

from fleetfeed.feed.objects import object_id
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.queue import follower
from fleetfeed.queue.follower import _Away, _Unknown
from fleetfeed.queue.landing import Landing, Request
from fleetfeed.queue.post_receive import PostReceive

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


@pytest.mark.parametrize("error", [CannotTell("git cannot be run"), RuntimeError("no")])
def test_what_has_landed_is_answered_so_whatever_breaks_after_it(
    server, fleet, monkeypatch, error
):
    def tell(*_):
        raise error

    monkeypatch.setattr(PostReceive, "tell", tell)
    good = brought(server, fleet.seat())
    assert answers(good) == [""]
    assert server.line("rev-parse", MAIN) == good


def beside_the_feed(server, *more):
    """A commit on the feed's tip that adds `more`, rows of a tree as git stores them."""
    base = server.line("rev-parse", MAIN)
    feed = bytes.fromhex(server.line("rev-parse", f"{base}:feed"))
    tree = b"".join((b"40000 feed\0" + feed, *more))
    objects = Objects(Git(server.folder))
    objects.write([("tree", tree)], 20)
    objects.close()
    id_ = object_id("tree", tree, 20)
    return server.line("commit-tree", "-p", base, "-m", "code", id_)


def a_file(server, text):
    return bytes.fromhex(
        server.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
    )


def test_what_is_gone_of_one_push_is_nobody_elses_matter(server, fleet):
    good = brought(server, fleet.seat())
    blob = a_file(server, "soon gone")
    broken = beside_the_feed(server, b"100644 x\0" + blob)
    (server.folder / f"objects/{blob.hex()[:2]}/{blob.hex()[2:]}").unlink()
    assert answers(broken, good) == [follower.AWAY, ""]
    assert server.line("rev-parse", MAIN) == good


def test_a_folder_beside_the_feed_that_is_written_as_of_old_is_nobodys_harm(server):
    """Tools before git's fsck wrote modes with a zero in front, which git reads."""
    blob = a_file(server, "a file")
    row = b"100644 file\0" + blob
    objects = Objects(Git(server.folder))
    objects.write([("tree", row), ("tree", row.replace(b"1", b"01", 1))], 20)
    objects.close()
    new = bytes.fromhex(object_id("tree", row, 20))
    old = bytes.fromhex(object_id("tree", row.replace(b"1", b"01", 1), 20))
    server.git("update-ref", MAIN, beside_the_feed(server, b"40000 src\0" + old))
    changed = beside_the_feed(server, b"40000 src\0" + new)
    assert answers(changed) == [""]
    assert server.line("rev-parse", MAIN) == changed


@pytest.fixture
def leaders(server, monkeypatch):
    """Leaders, one after another, each of which says what it is given, and ends."""
    says = []

    def start(_):
        if not says or isinstance(says[0], OSError):
            raise says.pop(0)
        Path(follower.SOCKET).unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(follower.SOCKET)
        listening.listen()
        threading.Thread(
            target=lead, args=(listening, says.pop(0)), daemon=True
        ).start()
        return os.open("/dev/null", os.O_RDONLY)

    def lead(listening, said):
        with listening, listening.accept()[0] as asking:
            asking.recv(1 << 16)
            asking.sendall(said)

    Path(follower.FOLDER).mkdir(exist_ok=True)
    monkeypatch.setattr(follower, "start_leader", start)
    return says


HEARD, AWAY_SAID = follower.HEARD, follower.AWAY.encode() + b"\n" + follower.END


@pytest.mark.parametrize(
    "says",
    [
        (HEARD, OSError(12, "Cannot allocate memory")),
        (HEARD, *[HEARD + AWAY_SAID] * 3),
    ],
    ids=["none starts", "the next ones are away"],
)
def test_what_a_leader_has_heard_is_not_known_to_be_away(leaders, says):
    """It may have landed: plain git is not told that it has not."""
    leaders += says
    with pytest.raises(_Unknown):
        follower.led("/nowhere", b"commit 00\n\n")


def test_what_nobody_has_heard_is_away(leaders):
    leaders.append(OSError(12, "Cannot allocate memory"))
    with pytest.raises(_Away, match="Cannot allocate memory"):
        follower.led("/nowhere", b"commit 00\n\n")
    leaders.append(HEARD + AWAY_SAID)
    assert follower.led("/nowhere", b"commit 00\n\n").startswith(AWAY_SAID[:-1])


def test_who_has_said_nothing_waits_for_no_hook_when_the_leader_ends(server):
    """It comes again, and is answered by the next."""
    hook = server.folder / "hooks/post-receive"
    hook.write_text("#!/bin/sh\ncat > told && while [ -e told ]; do sleep 0.1; done\n")
    hook.chmod(0o755)
    request = follower.request_of(beside_the_feed(server).encode())
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, follower.start_leader(sys.executable))
        assert follower.led("/nowhere", request).startswith(b"\n")
        until((server.folder / "told").exists)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.settimeout(60)
            silent.connect(follower.SOCKET)
            time.sleep(0.3)
            Path(follower.SOCKET).unlink()  # by which it ends
            assert silent.recv(1) == b""
        (server.folder / "told").unlink()
        until(lambda: not (server.folder / follower.LOCK).read_text())
