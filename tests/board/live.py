"""The live page served by a process, as somebody serves it."""

import http.client
import json
import signal
import socket
import subprocess
import time
from contextlib import closing, contextmanager

from harness.environment import command


@contextmanager
def served(seat, port=0, *more, env=None):
    """The process, and the port at which it serves the board of a seat's clone."""
    words = command("board", "--serve", "--port", str(port), *more)
    process = subprocess.Popen(
        words,
        cwd=seat.folder,
        env={**seat.environment, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline()
        assert said.startswith("the board is at http://"), said + process.stderr.read()
        yield process, int(said.partition(" (")[0].rstrip("/").rpartition(":")[2])
    finally:
        ended(process)
        process.stdout.close()
        process.stderr.close()


def ended(process):
    """End it as Ctrl-C does; its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def answer(port, path="/", method="GET", **headers):
    """Status, headers and text of an answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asked:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked.request(method, path, headers=named)
        got = asked.getresponse()
        return got.status, dict(got.headers), got.read().decode()


@contextmanager
def stream(port, **headers):
    """What is told, event by event: pairs of its name and what it says."""
    lines = "".join(f"{name.replace('_', '-')}: {v}\r\n" for name, v in headers.items())
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as made:
        made.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
        yield _events(made.makefile("rb"))


def _events(lines):
    name = ""
    for line in lines:
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            yield name, json.loads(line[6:])


def until(told, what="version"):
    """The next board that tells that; some only tell of time that has passed."""
    return next(said for event, said in told if event == "board" and what in said)


def soon(is_so, seconds=20):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.02)


def filed(seat, subject, *more):
    """File an item of that subject, and claim it."""
    words = ("--subject", subject, "--surface", f"CAMBER:file:{subject}")
    seat.fleetfeed("claim", "--new", "CMB", *words, "--proof", "nothing near", *more)
