"""`fleetfeed` commands as processes that begin where all of it is imported already.

To start Python and import fleetfeed takes three times as long as what most commands do.
So one process imports it and waits, and each command is a fork of it: a process of its
own, with the arguments, folder, environment and streams that it would have otherwise.

What is said of Python itself (`PYTHON…`, the locale, the time zone) is settled when it
starts: a command for which that is different is no fork, nor is one that reads much.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from threading import Lock

from harness.asking import of_python

_ASKING = str(Path(__file__).with_name("asking.py"))

_AT_ONCE = 4096
"""Bytes that a pipe takes before anybody reads."""

Ended = tuple[int, bytes, bytes]
"""The exit code (negative: the signal), and what was written to stdout and stderr."""


@dataclass(slots=True)
class Forker:
    """The process that is forked, as seen by who asks it; it starts when first asked."""

    _socket: socket.socket
    _theirs: socket.socket
    _address: str = field(default_factory=lambda: f"fleetfeed-{token_hex(8)}")
    _process: "subprocess.Popen[bytes] | None" = None
    _python: str = ""
    _turn: Lock = field(default_factory=Lock)

    def takes(self, environment: Mapping[str, str], stdin: bytes) -> bool:
        """Whether such a command can be a fork."""
        with self._turn:
            if self._process is None:
                self._start()
        return len(stdin) <= _AT_ONCE and of_python(environment) == self._python

    def words(self, *args: str) -> tuple[str, ...]:
        """What a script starts for the command to be a fork, where it `takes` it."""
        return (sys.executable, "-I", "-S", _ASKING, self._address, self._python, *args)

    def run(
        self,
        args: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: bytes,
    ) -> Ended:
        """Run `fleetfeed args` and wait for its end, and the end of its output."""
        (reads, feeds), *others = (os.pipe() for _ in range(4))
        out, err, told = (read for read, _ in others)
        theirs = [reads, *(write for _, write in others)]
        self._ask(theirs, args, folder, environment)
        for each in theirs:
            os.close(each)
        with suppress(BrokenPipeError):
            os.write(feeds, stdin)
        os.close(feeds)
        pid, _, rest = os.read(told, _AT_ONCE).partition(b"\n")
        try:
            said = _whole(out, err)
            code = int(rest + _whole(told)[told])
        except BaseException:  # of a test that takes too long
            os.kill(int(pid), signal.SIGKILL)
            raise
        finally:
            for each in (out, err, told):
                os.close(each)
        return os.waitstatus_to_exitcode(code), said[out], said[err]

    def end(self) -> None:
        """End the process that is forked."""
        self._socket.close()
        self._theirs.close()
        if self._process:
            assert self._process.communicate() == (b"", b"")

    def _start(self) -> None:
        self._python = of_python(os.environ)
        tests = Path(__file__).resolve().parent.parent
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(f"\0{self._address}")
            door.listen()
            ends = [self._theirs.fileno(), door.fileno()]
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-m", "harness.forked", *map(str, ends)),
                env={**os.environ, "PYTHONPATH": str(tests)},
                pass_fds=ends,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

    def _ask(
        self,
        streams: list[int],
        args: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        data = json.dumps([args, str(folder), dict(environment)]).encode()
        with self._turn:
            socket.send_fds(self._socket, [b"%9d" % len(data)], streams)
            self._socket.sendall(data)


def _whole(*files: int) -> dict[int, bytes]:
    """All that comes out of each of some pipes, until nobody can write into it."""
    found = dict.fromkeys(files, b"")
    with selectors.DefaultSelector() as ready:
        for file in files:
            ready.register(file, selectors.EVENT_READ)
        while ready.get_map():
            for key, _ in ready.select():
                data = os.read(key.fd, 65536)
                found[key.fd] += data
                if not data:
                    ready.unregister(key.fd)
    return found


_forkers: list[Forker] = []


def forker(environment: Mapping[str, str], stdin: bytes) -> Forker | None:
    """Who runs such a command as a fork; None where it has to be started."""
    return next((each for each in _forkers if each.takes(environment, stdin)), None)


@contextmanager
def warm() -> Iterator[None]:
    """Within it commands are forks, where this system has what that takes."""
    if not hasattr(os, "pidfd_open"):
        yield
        return
    _forkers.append(Forker(*socket.socketpair()))
    try:
        yield
    finally:
        _forkers.pop().end()
