"""The command that works under a claim, as a child process.

It gets the signals that are sent to us, and it does not outlive us: when we are killed
or stopped, a guard ends it, since nobody beats for it any more.
"""

import contextlib
import ctypes
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from fleetfeed.hold import guard
from fleetfeed.model.errors import Usage
from fleetfeed.util.printable import printable
from fleetfeed.util.processes import descendants

_PR_SET_PDEATHSIG = 1

_LOOK = 0.05

_LATE = 0.5
"""Seconds, at the most, that we have for ending the command before the guard does."""

_GONE = 5.0
"""Seconds in which a process is gone that was killed."""

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def startable(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Usage where `command` is none that could be started."""
    if shutil.which(command[0], path=environment.get("PATH")) is None:
        name = printable(command[0])
        raise Usage(f"{name}: there is no such command; nothing was done")


class Child:
    """A command under way.

    In the foreground of a terminal it shares our process group, which Ctrl-C reaches as
    a whole. Else it has a group of its own, so that what it started ends with it.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        kill_after: float,
        over: float = math.inf,
    ) -> None:
        """Start `command`. Usage where it cannot be started.

        `kill_after` are the seconds that it has to end after a SIGTERM; `over` is as in
        `good_until`. The guard knows both, and whom it watches, before the command
        begins: we may be stopped at any moment.
        """
        self._alone = not _in_foreground()
        self._kill_after, self._over, self._watch = kill_after, over, ""
        self._guard = self._new_guard()
        self._to_guard(self._until)
        try:
            self._child = subprocess.Popen(
                command,
                env=dict(environment),
                process_group=0 if self._alone else None,
                preexec_fn=self._before_it_begins(),  # noqa: PLW1509 - no threads here
            )
        except (OSError, subprocess.SubprocessError) as error:
            self._dismiss()
            why = getattr(error, "strerror", "") or "it cannot be started"
            raise Usage(f"{printable(command[0])}: {why}") from error
        self._watch = self._watched(self._child.pid)

    def good_until(self, over: float) -> None:
        """By our boot clock: when the command is told, whatever has become of us."""
        self._over = over
        self._to_guard(self._until)

    @property
    def _until(self) -> str:
        return f"until {self._over + self._kill_after}"

    def wait(self, seconds: float) -> int | None:
        """The exit code, as shells have it; None where it runs on after `seconds`."""
        self._keep_guarded()
        try:
            code = self._child.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def stop(self) -> str:
        """End it by SIGTERM, or else by SIGKILL, with what it has started.

        Who wakes too late, after SIGSTOP or a suspend, has no time left to give: the
        seconds count from when the command should have been told. What works on all the
        same, in words: another user's process is not ours to end.
        """
        over, family = self._at_the_latest(), self._family()
        self.send(signal.SIGTERM)
        while (left := over - guard.boot_clock()) > 0 and not self.ended:
            # In short waits: they count no time that the machine slept through.
            self.wait(min(left, _LOOK))
        self.send(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_GONE)
        guard.outlast(family, over)
        self._end_group(over)
        if self.ended:
            return ""
        pid = self._child.pid
        todo = f"`kill -9 {pid}` by whose it is ends it"
        return f"process {pid} works on, and cannot be ended from here; {todo}"

    def over(self) -> None:
        """The command has ended: end what it left at work in its group."""
        self._end_group(self._at_the_latest())

    def _end_group(self, over: float) -> None:
        if self._alone:
            guard.end_family(self._child.pid, over, alone=True)
        self._dismiss()

    def _at_the_latest(self) -> float:
        """When it has ended, by the boot clock, if it is told now."""
        return min(guard.boot_clock(), self._over) + self._kill_after

    def send(self, signum: int) -> None:
        """Send a signal to it, and to what it started."""
        family = self._family()
        if self._child.poll() is None:
            guard.strike(self._child.pid, signum, alone=self._alone)
        for pid in family:
            guard.strike(pid, signum, alone=False)

    @property
    def ended(self) -> bool:
        """Whether the command has ended."""
        return self._child.poll() is not None

    def _family(self) -> dict[int, str]:
        """What it has started, and when each began: where no group holds them."""
        if self._alone or self._child.poll() is not None:
            return {}
        return {pid: guard.start_of(pid) for pid in descendants(self._child.pid)}

    def signalled(self, signum: int) -> None:
        """Pass on a signal to us; on a terminal Ctrl-C has reached it already."""
        if self._alone or signum in (signal.SIGTERM, signal.SIGHUP):
            self.send(signum)

    def _before_it_begins(self) -> Callable[[], None]:
        """What the child does before it is the command.

        It asks for a SIGTERM when we are gone, and tells the guard whom to watch.
        """
        die, pipe = _die_with(os.getpid()), self._guard.stdin

        def prepare() -> None:
            die()
            if pipe:
                default = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
                with contextlib.suppress(OSError):
                    line = f"{self._watched(os.getpid())}\n"
                    os.write(pipe.fileno(), line.encode("ascii"))
                signal.signal(signal.SIGPIPE, default)

        return prepare

    def _watched(self, pid: int) -> str:
        return f"watch {pid} {guard.start_of(pid) or '-'} {int(self._alone)}"

    def _new_guard(self, *lines: str) -> "subprocess.Popen[bytes]":
        """A guard, which leaves us a moment for ending the command ourselves.

        It has read `lines` before anything else.
        """
        return _guard(self._kill_after - min(_LATE, self._kill_after / 2), *lines)

    def _keep_guarded(self) -> None:
        """Put a guard that was killed back, or nobody would end what we no longer can.

        One whose time has come has gone, too: its command has ended.
        """
        if self._guard.poll() is None or self.ended or not self._watch:
            return
        with contextlib.suppress(OSError):
            self._guard = self._new_guard(self._watch, self._until)

    def _to_guard(self, line: str) -> None:
        # A guard that is gone guards nothing, which is no reason to stop the work.
        with contextlib.suppress(OSError, ValueError):
            if self._guard.stdin:
                self._guard.stdin.write(f"{line}\n".encode("ascii"))
                self._guard.stdin.flush()

    def _dismiss(self) -> None:
        self._to_guard("end")
        with contextlib.suppress(OSError):
            if self._guard.stdin:
                self._guard.stdin.close()
        self._guard.wait()


class Signals:
    """Within this, signals do not end us.

    Were we to end at once while we claim, a claim might land that nobody holds.
    """

    def __init__(self) -> None:
        """Nothing is changed before it is entered."""
        self._noted: int | None = None
        self._child: Child | None = None
        self._waiting: list[int] | None = None

    def __enter__(self) -> Self:
        """Handle them from here on."""
        self._before = {number: signal.getsignal(number) for number in _PASSED_ON}
        for number, handler in self._before.items():
            # What was ignored (nohup) stays ignored, for us and for the command.
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._got)
        return self

    def __exit__(self, *_: object) -> None:
        """As it was before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def came(self) -> int | None:
        """The first that came before there was a child; None where there was none."""
        return self._noted

    def begin(self, start: Callable[[], Child]) -> Child:
        """Start a child and pass them on to it, those that came meanwhile, too."""
        self._waiting = [] if self._noted is None else [self._noted]
        try:
            self._child = child = start()
        finally:
            waiting, self._waiting = self._waiting, None
        for signum in waiting:
            child.send(signum)
        return child

    def _got(self, signum: int, frame: object) -> None:
        del frame
        if self._child and not self._child.ended:
            self._child.signalled(signum)
        elif self._waiting is not None:
            self._waiting.append(signum)
        elif self._noted is None:
            self._noted = signum
        else:  # whoever asks twice does not want to wait for the answer
            raise KeyboardInterrupt


def _in_foreground() -> bool:
    """Whether a terminal's Ctrl-C, and its keys, are for our process group."""
    with contextlib.suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def _guard(kill_after: float, *lines: str) -> "subprocess.Popen[bytes]":
    """The guard, which nothing that reaches us or the terminal reaches."""
    return subprocess.Popen(
        (sys.executable, "-I", "-S", guard.__file__, str(kill_after), *lines),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does before its command: ask for SIGTERM when `parent` is gone."""
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def ask() -> None:
        if library:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(128 + signal.SIGTERM)

    return ask
