"""Where the demo happens: a folder that goes away, and an environment of its own.

The user's hooks, templates, signing keys and git settings stay out of it, and so do the
`GIT_*` variables of a hook that may have started the demo.

No process outlives it. A signal handler that raises might do so between a child's start
and the note that it runs. So the handler only notes the signal and kills the children;
whoever waits for them, or starts the next, finds the note and raises then.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from fleetfeed.model.errors import CannotTell, FleetfeedError
from fleetfeed.util.records import record

Running = subprocess.Popen[str]
Ended = subprocess.CompletedProcess[str]
"""How a process ended; `stdout` is what it wrote to both streams."""

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


class Interrupted(Exception):
    """A signal came; `signum` says which."""

    def __init__(self, signum: int) -> None:
        """See the class."""
        super().__init__(signum)
        self.signum = signum


class DemoFailed(FleetfeedError):
    """The play did not go as it must (exit 3)."""


@contextmanager
def sandbox(*, keep: bool = False) -> Iterator["Sandbox"]:
    """A folder and the processes in it; both are gone at the end, whatever ends it.

    With `keep` the folder stays. Interrupted is raised where a signal came.
    """
    made = Sandbox()
    with _handled(made):
        # The real path: git prints and compares it without symbolic links.
        made.folder = Path(tempfile.mkdtemp(prefix="fleetfeed-demo-")).resolve()
        try:
            (made.folder / "home").mkdir()
            (made.folder / "home/.gitconfig").write_text(_GITCONFIG, encoding="utf-8")
            yield made
            made.check()
        finally:
            made.close()
            if not keep:
                _remove(made.folder)


class Sandbox:
    """Starts processes in `folder`, waits for them, and kills them at a signal."""

    folder: Path

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._running: list[Running] = []
        self._signal = 0

    def start(self, seat: "Seat", args: tuple[str, ...]) -> Running:
        """Start `args` for `seat`. Interrupted where a signal came."""
        self.check()
        try:
            process = subprocess.Popen(
                args,
                cwd=seat.folder,
                env=_environment(self.folder / "home", seat.name),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="backslashreplace",
                # A group of its own: hooks and the server's side are ended with it.
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise CannotTell(f"{args[0]} is not installed") from error
        self._running.append(process)
        return process

    def finish(self, process: Running) -> Ended:
        """Wait for `process`. Interrupted where a signal came."""
        if self._signal:  # it may have come before the process was noted
            self._kill()
        output, _ = process.communicate()
        self._running.remove(process)
        self.check()
        return Ended(process.args, process.returncode, output)

    def interrupt(self, signum: int, frame: FrameType | None) -> None:
        """A signal handler: nothing goes on after it."""
        del frame
        self._signal = signum
        self._kill()

    def check(self) -> None:
        """Raise Interrupted where a signal came."""
        if self._signal:
            raise Interrupted(self._signal)

    def close(self) -> None:
        """End what still runs, and wait for it."""
        self._kill()
        for process in self._running:
            process.communicate()

    def _kill(self) -> None:
        """End what still runs, with all that it has started."""
        for process in self._running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@record
class Seat:
    """A seat: its name, its clone, and where its commands run."""

    name: str
    folder: Path
    sandbox: Sandbox

    def start(self, *args: str) -> Running:
        """Start the command `args`, which `run` and `must` wait for."""
        return self.sandbox.start(self, args)

    def run(self, *args: str) -> Ended:
        """Run `args`, however it ends."""
        return self.sandbox.finish(self.start(*args))

    def must(self, *args: str) -> str:
        """What `args` prints; DemoFailed where it fails."""
        return all_must(self.sandbox, self.start(*args))[0]


def all_must(within: Sandbox, *running: Running) -> list[str]:
    """What these, which run at once, print; DemoFailed where one fails."""
    ended = [within.finish(process) for process in running]
    for each in ended:
        if each.returncode:
            raise failed(f"`{' '.join(each.args)}` failed", each.stdout)
    return [each.stdout for each in ended]


def failed(what: str, output: str) -> DemoFailed:
    """What to raise where a command ended otherwise than it must."""
    return DemoFailed(f"the demo went astray: {what}; it said:\n{output.strip()}")


def fleetfeed(*args: str) -> tuple[str, ...]:
    """The command line of `fleetfeed args`, run by this very Python."""
    return (sys.executable, "-P", "-m", "fleetfeed", *args)


def _environment(home: Path, name: str) -> dict[str, str]:
    dropped = ("GIT_", "FLEETFEED_", "XDG_", "PRE_COMMIT")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    identity = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", f"{name}@example.invalid".lower()))
    }
    return {
        **kept,
        **identity,
        "FLEETFEED_SEAT": name,
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }


@contextmanager
def _handled(within: Sandbox) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # such as SIGHUP under nohup
            signal.signal(number, within.interrupt)
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
