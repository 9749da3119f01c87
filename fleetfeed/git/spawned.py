"""A git under way, started by the bare system call.

`subprocess` takes 2 ms to import, and twice our own time to start a git (0.32 ms in
place of 0.16, of 300); it brings threads, selectors and locales.
"""

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial

from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Self

_SIGINT, _SIGKILL, _SIGPIPE, _SIGTERM = 2, 9, 13, 15
"""As POSIX numbers them; `signal` takes 0.3 ms to import."""

_SHORTEST, _LONGEST = 0.001, 0.02
"""Seconds between two looks at a git where nothing tells of its end."""


@record
class Done:
    """A git that has ended: its exit code (negative: the signal), what it printed."""

    returncode: int
    stdout: bytes
    stderr: bytes = b""


class _Process:
    """A process. Whoever starts one ends it, or waits for its end.

    `end_those_under_way` may end one that another thread waits for.
    """

    pid: int

    def __init__(self) -> None:
        """Nothing is started yet."""
        from _thread import allocate_lock  # as `threading` has it, without its import

        self.returncode: int | None = None
        self._reaping = allocate_lock()

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        with self._reaping:
            self._look()
            return self.returncode

    def wait(self) -> int:
        """The exit code, once it has ended; for whoever alone knows of it."""
        while self.returncode is None:
            self._reap(0)
        return self.returncode

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end: at once where there are descriptors of processes."""
        deadline = time.monotonic() + seconds
        try:
            self._watch(os.pidfd_open(self.pid), seconds)
        except (AttributeError, OSError):  # not on this system, or it has ended
            pause = _SHORTEST
            while self.poll() is None and time.monotonic() < deadline:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST)
        return self.poll() is not None

    def kill(self) -> None:
        """End it in the middle of what it does."""
        self._signal(_SIGKILL)

    def terminate(self) -> None:
        """Tell it to end, after it has tidied up."""
        self._signal(_SIGTERM)

    def _signal(self, number: int) -> None:
        with self._reaping:
            self._look()
            if self.returncode is None:
                os.kill(self.pid, number)

    def _look(self) -> None:
        if self.returncode is None:
            self._reap(os.WNOHANG)

    def _reap(self, how: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, how)
        except ChildProcessError:  # whoever started it forked us since
            self.returncode = self.returncode or 0
            return
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)

    @staticmethod
    def _watch(descriptor: int, seconds: float) -> None:
        import select

        try:
            watched = select.poll()
            watched.register(descriptor, select.POLLIN)
            watched.poll(max(0.0, seconds) * 1000)
        finally:
            os.close(descriptor)


class Filed(_Process):
    """A git whose output lies in files without names until it has ended.

    Helpers (ssh, a server on this machine) of one that was killed outlive it: they
    would keep a pipe open.
    """

    def __init__(
        self,
        args: Sequence[str],
        environment: Mapping[str, str],
        stdin: bytes = b"",
        *,
        unbroken: bool = False,
    ) -> None:
        """Start `git args`; OSError where that cannot be.

        Ctrl-C does not reach an `unbroken` one.
        """
        super().__init__()
        # Our own streams may be closed, and these have their numbers then. That does no
        # harm in this order, since lower numbers are given out first.
        given = _filled(stdin)
        self._out, self._err = _nameless(), _nameless()
        try:
            streams = given.fileno(), self._out.fileno(), self._err.fileno()
            self.pid = _started(args, environment, streams, (_SIGINT,) * unbroken)
        except OSError:
            self.close()
            raise
        finally:
            given.close()

    def __enter__(self) -> "Self":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it if it has not ended."""
        self.terminate()
        self.wait()
        self.close()

    def done(self) -> Done:
        """What it printed; it has ended."""
        for file in (self._out, self._err):
            file.seek(0)
        return Done(self.wait(), self._out.read(), self._err.read())

    def close(self) -> None:
        """Let go of what it printed."""
        self._out.close()
        self._err.close()


class Spawned(_Process):
    """A git whose output is a pipe; its input ends at once, or is talked to.

    What it complains about goes nowhere.
    """

    def __init__(
        self, args: Sequence[str], environment: Mapping[str, str], *, talk: bool = False
    ) -> None:
        """Start `git args`; OSError where that cannot be."""
        super().__init__()
        # In this order, as above.
        its_input, ours = os.pipe()
        output, its_output = os.pipe()
        self.stdin: IO[bytes] = os.fdopen(ours, "wb")
        self.stdout: IO[bytes] = os.fdopen(output, "rb")
        if not talk:
            self.stdin.close()
        try:
            self.pid = _started(args, environment, (its_input, its_output, None))
        except OSError:
            self._close()
            raise
        finally:
            os.close(its_input)
            os.close(its_output)

    def answer(self) -> Done:
        """What git prints until it ends."""
        try:
            printed = self.stdout.read()
            return Done(self.wait(), printed)
        finally:
            self.end()

    def end(self) -> None:
        """End git if it has not ended."""
        self.terminate()
        self._close()
        self.wait()

    def _close(self) -> None:
        self.stdout.close()
        try:
            self.stdin.close()
        except BrokenPipeError:  # it had ended before it read all
            pass


def _started(
    args: Sequence[str],
    environment: Mapping[str, str],
    streams: tuple[int, int, int | None],
    blocked: Sequence[int] = (),
) -> int:
    """The process of `git args` with these streams; what has none goes nowhere.

    Signals that are `blocked` reach neither it nor what it starts. Those that are
    ignored do: git sets handlers of its own (sigchain.c), to remove its locks.
    """
    actions = [
        (os.POSIX_SPAWN_DUP2, stream, number)
        if stream is not None
        else (os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0)
        for number, stream in enumerate(streams)
    ]
    # Python ignores SIGPIPE, and so would what it starts.
    started = partial(
        os.posix_spawn,
        _program(environment),
        ("git", *args),
        environment,
        file_actions=actions,
        setsigdef=[_SIGPIPE],
    )
    return started(setsigmask=blocked) if blocked else started()


def _program(environment: Mapping[str, str]) -> str:
    """Where git is, by the PATH of the environment that it runs under."""
    for folder in os.get_exec_path(environment):
        path = os.path.join(folder, "git")
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise FileNotFoundError(2, "there is no git on PATH")


def _filled(data: bytes) -> "IO[bytes]":
    """A file to read `data` from."""
    if not data:
        return open(os.devnull, "rb")
    file = _nameless()
    file.write(data)
    file.seek(0)
    return file


def _nameless() -> "IO[bytes]":
    """A file without a name; in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("git"), "w+b")
    import tempfile  # it brings 2 ms of imports

    return tempfile.TemporaryFile()
