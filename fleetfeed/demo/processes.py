"""Child processes that never outlive the demo.

A signal handler that raises would do so anywhere, between a child's start and the note
that it runs, too. So the handler only notes the signal and kills the children; whoever
waits for them, or starts the next, finds the note and raises then.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from fleetfeed.model.errors import CannotTell
from fleetfeed.util.records import record


class Interrupted(Exception):
    """A signal came; `signum` says which."""

    def __init__(self, signum: int) -> None:
        """See the class."""
        super().__init__(signum)
        self.signum = signum


@record
class Call:
    """A command line, where it runs, and under which environment."""

    args: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@record
class Said:
    """How a process ended, and what it wrote to both streams."""

    code: int
    text: str


class Processes:
    """Starts processes, waits for them, and kills them when a signal comes."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []
        self._signal = 0

    def interrupt(self, signum: int, frame: FrameType | None) -> None:
        """A signal handler: nothing goes on after it."""
        del frame
        self._signal = signum
        self.kill()

    def together(self, *calls: Call) -> list[Said]:
        """Start `calls` at once and wait for all. Interrupted where a signal came."""
        running = [self._start(call) for call in calls]
        return [self._finish(process) for process in running]

    def check(self) -> None:
        """Raise Interrupted where a signal came."""
        if self._signal:
            raise Interrupted(self._signal)

    def close(self) -> None:
        """End what still runs, and wait for it."""
        self.kill()
        for process in self._running:
            process.communicate()

    def kill(self) -> None:
        """End what still runs, with all that it has started."""
        for process in self._running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _start(self, call: Call) -> subprocess.Popen[str]:
        self.check()
        try:
            process = subprocess.Popen(
                call.args,
                cwd=call.folder,
                env=call.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="backslashreplace",
                # A group of its own: hooks and the server's side are ended with it.
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise CannotTell(f"{call.args[0]} is not installed") from error
        self._running.append(process)
        return process

    def _finish(self, process: subprocess.Popen[str]) -> Said:
        if self._signal:  # it may have come before the process was noted
            self.kill()
        said, _ = process.communicate()
        self._running.remove(process)
        self.check()
        return Said(process.returncode, said)
