"""The queue's leader: judges all that wait, moves the feed ref, and answers them.

`queue.follower` starts it with the lock and a listening socket, and one process serves
whoever comes while it lasts. What it imports and reads is so needed once for many
pushes, and one move of the feed ref lands all that waited. git's compare-and-set is
what keeps that true: whatever else moves the ref, the batch is judged anew. A leader
may be killed at any moment. Nobody has been told anything yet that is not on the feed.
"""

import contextlib
import gc
import os
import selectors
import socket
import time

from fleetfeed.queue.follower import END, HEARD
from fleetfeed.queue.landing import Landing, Request

LOCK, LISTENING = 3, 4
"""File descriptors: the lock, and the socket. Both end with the process."""

LINGER = 30.0
"""Seconds that a leader waits for the next push: starting one takes 0.1."""

LIFETIME = 300.0
"""Seconds after which it gives way to another, whose code and memory are new."""

_LOOK = 1.0
"""Seconds between two looks at whether the queue is still there."""

_LONGEST = 1 << 16
"""Bytes of a request."""
_TOGETHER = 256
"""Followers that are taken in at once, where there may be as many open files twice."""
_TO_BE_READ = 5.0
"""Seconds that a follower has for reading its answer."""


def lead() -> None:
    """Serve until nobody comes any more."""
    gc.enable()
    for own in (LOCK, LISTENING):  # a git that outlives the leader must not have them
        os.set_inheritable(own, False)
    os.truncate(LOCK, 0)
    os.pwrite(LOCK, b"%d\n" % os.getpid(), 0)  # for whoever looks who leads
    listening = socket.socket(fileno=LISTENING)
    Leader(listening).serve()


class Leader:
    """Followers that are being heard, and those that wait for their answers."""

    def __init__(self, listening: socket.socket) -> None:
        listening.setblocking(False)
        self._listening, self._path = listening, listening.getsockname()
        self._inode = _inode(self._path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ)
        self._heard: dict[socket.socket, bytes] = {}
        # The others are for git.
        self._most = min(_TOGETHER, os.sysconf("SC_OPEN_MAX") // 2)
        self._landing = Landing()

    def serve(self) -> None:
        """Answer whoever comes; until nobody does, or it is time to give way."""
        now = time.monotonic()
        end, idle = now + LIFETIME, now + LINGER
        while now < min(end, idle) and self._is_found() and not self._landing.crashed:
            served = self._served(_LOOK)
            self._landing.go_on()
            now = time.monotonic()
            idle = now + LINGER if served else idle
        # Who comes now finds no socket, and waits for the lock; who came, is served.
        if self._is_found():
            with contextlib.suppress(OSError):
                os.unlink(self._path)
        self._served(0.0)
        # The next one leads while this one waits for the repository's own hook.
        self._forget_silent()
        self._listening.close()
        os.truncate(LOCK, 0)
        os.close(LOCK)
        self._landing.close()

    def _is_found(self) -> bool:
        """Whether the socket is where followers look: it goes where a queue goes."""
        return self._inode is not None and self._inode == _inode(self._path)

    def _served(self, seconds: float) -> bool:
        """Answer all who wait; False where nobody comes for so many `seconds`."""
        waiting = self._waiting(seconds)
        if waiting:
            answers = self._landing.landed(list(waiting.values()))
            for follower, answer in zip(waiting, answers, strict=True):
                self._answer(follower, answer)
        return bool(waiting)

    def _answer(self, follower: socket.socket, answer: bytes) -> None:
        self._selector.unregister(follower)
        follower.setblocking(True)
        with follower, contextlib.suppress(OSError):  # whoever has gone, is not told
            follower.settimeout(_TO_BE_READ)
            follower.sendall(answer + END)

    def _waiting(self, seconds: float) -> dict[socket.socket, Request]:
        """All who wait for an answer; as soon as there is one.

        Or as many as there is room for: the others are taken in behind them.
        """
        found: dict[socket.socket, Request] = {}
        while ready := self._selector.select(0.0 if found else seconds):
            room = True
            for key, _ in ready:
                if key.fileobj is self._listening:
                    room = self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._hear(key.fileobj, found)
            if found and not room:
                break
            if not room:
                self._forget_silent()
        return found

    def _accept(self) -> bool:
        """Take in who comes; False where there is no room."""
        if len(self._selector.get_map()) > self._most:
            return False
        try:
            follower, _ = self._listening.accept()
        except (BlockingIOError, ConnectionError):
            return True
        except OSError:
            return False
        follower.setblocking(False)
        self._heard[follower] = b""
        self._selector.register(follower, selectors.EVENT_READ)
        return True

    def _forget_silent(self) -> None:
        """Make room: who has said nothing yet may come again."""
        for follower in self._heard:
            self._selector.unregister(follower)
            follower.close()
        self._heard.clear()

    def _hear(
        self, follower: socket.socket, found: dict[socket.socket, Request]
    ) -> None:
        """Take in what a follower says. One that has gone is not waited for."""
        try:
            said = follower.recv(_LONGEST)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        heard = self._heard.pop(follower, b"") + said
        whole = heard.endswith(b"\n\n")
        if not said or follower in found or len(heard) > _LONGEST:
            found.pop(follower, None)
            self._selector.unregister(follower)
            follower.close()
        elif whole:
            found[follower] = Request.read(heard)
            with contextlib.suppress(OSError):
                follower.send(HEARD)
        else:
            self._heard[follower] = heard


def _inode(path: str) -> int | None:
    """The number of a file; None where it is gone."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
