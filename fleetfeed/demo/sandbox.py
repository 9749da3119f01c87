"""Where the demo happens: a folder that goes away, and an environment of its own.

The user's hooks, templates, signing keys and git settings stay out of it, and so do the
`GIT_*` variables of a hook that may have started the demo.

Child processes that never outlive the demo.

A signal handler that raises would do so anywhere, between a child's start and the note
that it runs, too. So the handler only notes the signal and kills the children; whoever
waits for them, or starts the next, finds the note and raises then.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from fleetfeed.model.errors import CannotTell, FleetfeedError
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


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# git's housekeeping would go on in the background and write after the end.
_GITCONFIG = """\
[init]
	defaultBranch = main
[gc]
	auto = 0
[maintenance]
	auto = false
"""


class DemoFailed(FleetfeedError):
    """The play did not go as it must (exit 3)."""


@record
class Seat:
    """A seat: its name, its clone, and what it runs there."""

    name: str
    folder: Path
    processes: Processes

    def call(self, *args: str) -> Call:
        """The command `args`, as this seat would run it."""
        home = self.folder.parent / "home"
        who = {"NAME": self.name, "EMAIL": f"{self.name}@example.invalid".lower()}
        identity = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in who.items()
        }
        environment = {**_environment(home), **identity, "FLEETFEED_SEAT": self.name}
        return Call(args, self.folder, environment)

    def run(self, *args: str) -> Said:
        """Run `args`, however it ends."""
        return self.processes.together(self.call(*args))[0]

    def must(self, *args: str) -> str:
        """What `args` prints; DemoFailed where it fails."""
        return all_must(self.processes, self.call(*args))[0]


def all_must(processes: Processes, *calls: Call) -> list[str]:
    """What `calls`, run at once, print; DemoFailed where one fails."""
    said = processes.together(*calls)
    for call, each in zip(calls, said, strict=True):
        if each.code:
            raise failed(f"`{' '.join(call.args)}` failed", each)
    return [each.text for each in said]


def failed(what: str, said: Said) -> DemoFailed:
    """What to raise where a command ended otherwise than it must."""
    return DemoFailed(f"the demo went astray: {what}; it said:\n{said.text.strip()}")


def fleetfeed(*args: str) -> tuple[str, ...]:
    """The command line of `fleetfeed args`, run by this very Python."""
    return (sys.executable, "-P", "-m", "fleetfeed", *args)


def _environment(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "FLEETFEED_", "XDG_", "PRE_COMMIT"))
    }
    return {
        **kept,
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }


@contextmanager
def stage(*, keep: bool = False) -> Iterator[tuple[Path, Processes]]:
    """A folder and the processes in it; both are gone at the end, whatever ends it.

    With `keep` the folder stays. Interrupted is raised where a signal came.
    """
    processes = Processes()
    with _handled(processes):
        # The real path: git prints and compares it without symbolic links.
        folder = Path(tempfile.mkdtemp(prefix="fleetfeed-demo-")).resolve()
        try:
            (folder / "home").mkdir()
            (folder / "home" / ".gitconfig").write_text(_GITCONFIG, encoding="utf-8")
            yield folder, processes
            processes.check()
        finally:
            processes.close()
            if not keep:
                _remove(folder)


@contextmanager
def _handled(processes: Processes) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # such as SIGHUP under nohup
            signal.signal(number, processes.interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _remove(folder: Path) -> None:
    """Remove `folder`; what was killed a moment ago may still be writing in it."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
    shutil.rmtree(folder)
