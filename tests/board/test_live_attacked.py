"""The live page and who means ill, byte by byte; and a feed that is not as it was."""

import re
import socket
import subprocess
import time
from contextlib import ExitStack, closing, suppress

import psutil
import pytest
from board.live import answer, ended, filed, served, soon, stream, until
from board.scenes import landed_unasked
from harness import Scene, claim, path
from harness.fleet import MAIN

HERE = b"Host: localhost\r\n"
PAGE = b"GET / HTTP/1.1\r\n" + HERE + b"\r\n"
ICON = b"GET /icon.svg HTTP/1.1\r\n" + HERE


@pytest.fixture
def here(scene: Scene):
    with served(scene.me) as (process, port):
        yield scene, process, port


def told(port: int, asked: bytes) -> tuple[list[int], bytes]:
    """The status of each answer to `asked`, and all that came until it ended."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=15)) as made:
        made.sendall(asked)
        found = b""
        while True:
            try:
                got = made.recv(1 << 16)
            except ConnectionError:  # what it did not read was thrown away
                break
            if not got:
                break
            found += got
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d+)", found)], found


HEAD = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", [400]),
    "no host, as it once was": (b"GET / HTTP/1.0\r\n\r\n", [421]),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: evil\r\n" + HERE + b"\r\n", [400]),
    "a host said beside": (b"GET / HTTP/1.1\r\nHost: evil\r\nX-Forwarded-Host: localhost\r\nConnection: close\r\n\r\n", [421]),
    "a port that is a name": (b"GET / HTTP/1.1\r\nHost: localhost:evil.example\r\nConnection: close\r\n\r\n", [421]),
    "asked as of a proxy": (b"GET http://evil.example/ HTTP/1.1\r\n" + HERE + b"Connection: close\r\n\r\n", [404]),
    "a tunnel": (b"CONNECT evil.example:80 HTTP/1.1\r\n" + HERE + b"Connection: close\r\n\r\n", [405]),
    "two lengths": (b"GET / HTTP/1.1\r\n" + HERE + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", [400]),
    "an unknown encoding": (ICON + b"Transfer-Encoding: xchunked\r\n\r\n", [400]),
    "a blank in a name": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", [400]),
    "a long header": (b"GET / HTTP/1.1\r\n" + HERE + b"X: " + b"a" * 200_000, [400]),
    "a long address": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HERE, [400]),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, [400]),
    "a slash too much": (b"GET /icon.svg/ HTTP/1.1\r\n" + HERE + b"Connection: close\r\n\r\n", [404]),
    "folders above": (b"GET /../../etc/passwd HTTP/1.1\r\n" + HERE + b"Connection: close\r\n\r\n", [404]),
    "bytes that are no text": (b"GET /%00%c0%ae%zz HTTP/1.1\r\n" + HERE + b"Connection: close\r\n\r\n", [404]),
    "a part of it": (ICON + b"Range: bytes=0-1\r\nConnection: close\r\n\r\n", [200]),
    "a stream by its head": (b"HEAD /events HTTP/1.1\r\n" + HERE + b"Connection: close\r\n\r\n", [200]),
    "a body without its end": (b"POST / HTTP/1.1\r\n" + HERE + b"Content-Length: 99999999\r\n\r\nx", [405]),
    "a body without its end, of a page": (ICON + b"Content-Length: 99999999\r\n\r\nx", [200]),
    "an endless piece": (ICON + b"Transfer-Encoding: chunked\r\n\r\n400\r\nx", [200]),
    "a request in a body": (ICON + b"Content-Length: 4\r\n\r\nabcd" + ICON + b"Connection: close\r\n\r\n", [200, 200]),
    "a request behind two lengths": (b"POST / HTTP/1.1\r\n" + HERE + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + ICON + b"\r\n", [405, 200]),
    "fifty at once": ((ICON + b"\r\n") * 49 + ICON + b"Connection: close\r\n\r\n", [200] * 50),
}  # fmt: skip


def test_whatever_is_asked_is_answered_and_ends(here) -> None:
    """Each in one process: what one of them does, the next one would feel."""
    _, process, port = here
    for name, (asked, codes) in HEAD.items():
        found, data = told(port, asked)
        assert found == codes, name
        assert b"evil" not in data.replace(b"elsewhere", b""), name
        assert b"location:" not in data.lower(), name
    assert answer(port)[0] == 200
    ended(process)
    assert process.stderr.read() == ""


def test_who_does_not_go_on_is_dropped(here) -> None:
    """A hundred that ask by drops, have bodies without end, or do not read."""
    scene, process, port = here
    landed_unasked(scene, {path(f"CMB-{n}"): many(n) for n in range(1000, 2200)})
    soon(lambda: "CMB-2100" in answer(port)[2])
    begun = b"GET / HTTP/1.1\r\n" + HERE
    rows = (begun, PAGE + PAGE, b"POST / HTTP/1.1\r\nContent-Length: 99\r\n" + HERE + b"\r\n")  # fmt: skip
    with ExitStack() as all_:
        held = [all_.enter_context(standing_still(port, row)) for row in rows * 33]
        for _ in range(40):
            time.sleep(1)
            for each in held[::3]:
                dripped(each)
            there = still_there(process)
            if not there:
                break
        assert not there
    assert answer(port)[0] == 200


def still_there(process: subprocess.Popen) -> int:
    """How many connections a process has."""
    there = psutil.Process(process.pid).net_connections("tcp")
    return sum(each.status == psutil.CONN_ESTABLISHED for each in there)


def dripped(each: socket.socket) -> None:
    with suppress(OSError):
        each.send(b"X: y\r\n")


@pytest.mark.large
def test_who_does_not_read_is_dropped(here) -> None:
    """A browser that stands still, while the others are told what there is."""
    scene, process, port = here
    landed_unasked(scene, {path(f"CMB-{n}"): many(n) for n in range(1000, 2200)})
    with stream(port) as told:
        until(told)
        until(told)
    with ExitStack() as all_:
        asked = b"GET /events HTTP/1.1\r\n" + HERE + b"\r\n"
        slow = [all_.enter_context(standing_still(port, asked)) for _ in range(3)]
        with stream(port) as told:
            until(told)
            filed(scene.other, "last")
            assert until(told, "words")
        # Those whom nothing new is told have time until they are told just that.
        end = time.monotonic() + 60
        time.sleep(25)
        for each in slow:
            sizes = 0
            while (got := read(each)) is not None and time.monotonic() < end:
                sizes += got
                assert sizes < 600_000, "it was told all that there is"
        assert time.monotonic() < end, "it was not dropped"
    assert process.poll() is None


def many(number: int) -> str:
    key = f"CAMBER:file:src/module-{number}/part.py"
    return claim(f"CMB-{number}", key, subject="as long as a subject is " * 4)


def standing_still(port: int, asked: bytes) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    made.connect(("127.0.0.1", port))
    made.sendall(asked)
    return made


def read(each: socket.socket) -> int | None:
    """How many bytes came; None where the connection has ended."""
    each.setblocking(False)
    try:
        return len(each.recv(1 << 16)) or None
    except BlockingIOError:
        return 0
    except ConnectionError:
        return None


def test_a_feed_that_was_moved_back_is_told_of(here) -> None:
    scene, _, port = here
    server, tip = scene.server, scene.server.tip(MAIN)
    with stream(port) as said:
        until(said)
        server.git("update-ref", MAIN, f"{tip}~1")
        back = until(said, "doubt")
        assert back["doubt"] == "the feed was moved back"
        assert tip[:12] in back["trouble"]
        server.git("update-ref", MAIN, tip)
        assert "doubt" not in until(said)


def test_a_feed_that_says_nothing_is_told_of(scene: Scene, tmp_path) -> None:
    """A connection that hangs is no answer, however long git waits for it."""
    hung = tmp_path / "ssh"
    hung.write_text("#!/bin/sh\nexec sleep 60\n")
    hung.chmod(0o755)
    with (
        served(scene.me, env={"GIT_SSH_COMMAND": str(hung)}) as (process, port),
        stream(port) as said,
    ):
        until(said)
        scene.me.git("remote", "set-url", "origin", "ssh://nowhere.invalid/x.git")
        doubt = next(each["doubt"] for _, each in said if "doubt" in each)
        assert doubt.startswith("no answer for ")
        began = time.monotonic()
        assert ended(process) == 0
        assert time.monotonic() - began < 8
