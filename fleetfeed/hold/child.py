"""The command that works under a claim, as a child process.

It gets the signals that are meant for it, and it does not outlive us: when we are
killed, the kernel ends it, since nobody would beat for it any more.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from fleetfeed.errors import Usage
from fleetfeed.shown import shown

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1


class Child:
    """A command under way.

    On a terminal it shares our process group, which Ctrl-C reaches as a whole. Else it
    has a group of its own, so that what it started ends with it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command`. Usage where it cannot be started."""
        self._alone = not sys.stdin.isatty()
        try:
            self._child = subprocess.Popen(
                command,
                env=dict(environment),
                process_group=0 if self._alone else None,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - no threads here
            )
        except OSError as error:
            why = error.strerror or "it cannot be started"
            raise Usage(f"{shown(command[0])}: {why}") from error

    def wait(self, seconds: float) -> int | None:
        """The exit code, as shells have it; None where it runs on after `seconds`."""
        try:
            code = self._child.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def stop(self, patience: float) -> int:
        """Tell it to end, and end it after `patience` seconds; the exit code."""
        self.send(signal.SIGTERM)
        code = self.wait(patience)
        if code is None:
            self.send(signal.SIGKILL)
            code = self.wait(float("inf"))
        return code or 0

    def send(self, signum: int) -> None:
        """Send a signal to it, and to what it started where it has a group."""
        with contextlib.suppress(ProcessLookupError):
            if self._alone:
                os.killpg(self._child.pid, signum)
            else:
                self._child.send_signal(signum)

    @contextlib.contextmanager
    def gets_signals(self) -> Iterator[None]:
        """Signals to us go to it; on a terminal Ctrl-C has reached it already."""
        before = {number: signal.getsignal(number) for number in _PASSED_ON}
        for number in _PASSED_ON:
            signal.signal(number, self._pass_on)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _pass_on(self, signum: int, frame: object) -> None:
        del frame
        if self._alone or signum in (signal.SIGTERM, signal.SIGHUP):
            self.send(signum)


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does before its command: ask for SIGTERM when `parent` is gone."""
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def ask() -> None:
        if library:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(128 + signal.SIGTERM)

    return ask
