"""Many `fleetfeed` commands started at one moment, each a process of its own.

Starting Python twenty times takes seconds on a small machine, and the first command
would be over before the last one has begun. So one process imports fleetfeed and then
forks: each child goes into its own folder and environment, says that it is ready, and
waits until all of them are. What runs then is the command line as `python -m fleetfeed`
runs it, with its exit code and its streams.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

FLEETFEED = "fleetfeed.__main__"
LIMIT = 900
"""Seconds after which a command is ended: it must never hang a test."""


@dataclass(frozen=True, slots=True)
class Start:
    """One command to be started: `fleetfeed *args` in `folder` under `environment`.

    `program` is the module whose `main` is run.
    """

    folder: str
    environment: Mapping[str, str]
    args: tuple[str, ...]
    program: str = FLEETFEED


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative: the signal) and what it said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Starter:
    """The process that has imported fleetfeed and forks."""

    process: "subprocess.Popen[str]"

    def together(self, starts: Sequence[Start]) -> list[Ended]:
        """Run all of `starts` from one moment; how each ended, in the same order."""
        assert self.process.stdin
        assert self.process.stdout
        print(
            json.dumps([asdict(start) for start in starts]),
            file=self.process.stdin,
            flush=True,
        )
        return [Ended(**row) for row in json.loads(self.process.stdout.readline())]


@contextmanager
def starter() -> Iterator[Starter]:
    """A starter; it and all that it has started end with the block."""
    tests = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        (sys.executable, "-P", "-m", "harness.starting"),
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Starter(process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    """Start what each line of standard input asks for; a line of answers for each."""
    import_all()
    # What is there is not looked at for garbage again: the children share its pages.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        starts = [Start(**row) for row in json.loads(line)]
        with tempfile.TemporaryDirectory() as folder:
            ended = _together(starts, Path(folder))
        print(json.dumps([asdict(each) for each in ended]), flush=True)


def import_all() -> None:
    """All of fleetfeed, so that every race has the same, whoever edits it meanwhile."""
    import fleetfeed

    for module in pkgutil.walk_packages(fleetfeed.__path__, "fleetfeed."):
        importlib.import_module(module.name)


def _together(starts: Sequence[Start], streams: Path) -> list[Ended]:
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()

    def wait() -> None:
        os.close(go_write)
        os.write(ready_write, b".")
        os.read(go_read, 1)  # It never comes; the pipe's end is the start.
        for each in (ready_read, ready_write, go_read):
            os.close(each)

    pids = [forked(each, streams / str(n), wait) for n, each in enumerate(starts)]
    for _ in pids:
        os.read(ready_read, 1)
    for each in (go_write, go_read, ready_read, ready_write):
        os.close(each)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    return [_ended(code, streams / str(n)) for n, code in enumerate(codes)]


def _ended(code: int, stream: Path) -> Ended:
    out, err = (stream.with_suffix(end).read_text() for end in (".out", ".err"))
    return Ended(code, out, err)


def forked(start: Start, stream: Path, ready: Callable[[], None]) -> int:
    """Fork a process that does what `start` says, once `ready` has come back there."""
    pid = os.fork()
    if pid == 0:
        try:
            _become(start, stream)
            ready()
            run_main(start.program)
        except BaseException:  # noqa: BLE001 - nothing may run on as the starter
            traceback.print_exc()
        finally:
            os._exit(70)
    return pid


def _become(start: Start, stream: Path) -> None:
    """Let this process be about to run a command, whose words go into files."""
    for number, end in ((1, ".out"), (2, ".err")):
        flags = os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(stream.with_suffix(end), flags, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(start.folder)
    os.environ.clear()
    os.environ.update(start.environment)
    sys.argv = ["fleetfeed", *start.args]
    signal.alarm(LIMIT)


def run_main(program: str = FLEETFEED) -> NoReturn:
    """Run the `main` of a module and end as the interpreter would."""
    try:
        importlib.import_module(program).main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
