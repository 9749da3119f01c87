"""Tries mutants in the copy in which it is started: one process, forked for each.

    python trial.py < JOBS

A line of standard input is a mutant as JSON: `file`, `text`, `tests` in their order and
`limit` in seconds; a line of standard output is what became of it. What most tests
import is imported once, and nothing of fleetfeed: that is what is changed.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pytest
from hypothesis import Phase, settings

_AT_HAND = ("click", "jsonschema", "psutil", "psycopg", "pygit2", "ruamel.yaml")
_QUIET = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist")
# Hypothesis is imported before pytest would rewrite its assertions.
_KNOWN = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
_NOTICED = (
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.INTERRUPTED,  # by what a module said when it was imported
    pytest.ExitCode.USAGE_ERROR,  # the same, of what conftest.py imports
)
_NO_TEST = "ERROR: not found"
"""What pytest says of a test that was measured, and is no more: that notices nothing."""


class _Tests:
    """What is asked of pytest beside its arguments."""

    def __init__(self, tests: list[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}

    def pytest_configure(self) -> None:
        """An example that fails is enough, and each run has the same."""
        settings.register_profile(
            "mutants",
            settings.get_profile("small"),
            phases=(Phase.explicit, Phase.generate),
            derandomize=True,
        )
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """First what may notice soonest."""
        items.sort(key=lambda item: self._order.get(item.nodeid, 0))


@contextmanager
def _changed(file: Path, text: str, second: int) -> Iterator[None]:
    """`file` has `text` within; at a time of its own, by which Python knows its cache."""
    was = file.read_bytes()
    file.write_bytes(text.encode())
    os.utime(file, (second, second))
    try:
        yield
    finally:
        file.write_bytes(was)
        os.utime(file, (second + 1, second + 1))


def _tests_fail(tests: list[str], limit: float) -> tuple[str, str]:
    """How it ended, and what pytest said last.

    `survived`; `killed`; `time`, where it was over; `broken`, where pytest was.
    """
    with TemporaryFile("w+") as said:
        pid = os.fork()
        if pid == 0:
            _be_pytest(tests, said)
        code = _ended(pid, limit)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        said.seek(0)
        lines = said.read().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    last = (failed or lines or [""])[-1][:300]
    if code is None:
        return "time", last
    if code == pytest.ExitCode.OK:
        return "survived", last
    if last.startswith(_NO_TEST):
        return "broken", last
    return ("killed" if code in _NOTICED else "broken"), last


def _be_pytest(tests: list[str], said: IO[str]) -> None:
    try:
        os.setsid()
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = int(pytest.main([*_QUIET, *_KNOWN, *tests], [_Tests(tests)]))
    except BaseException:  # noqa: BLE001 - nothing may run on as the trial
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ended(pid: int, limit: float) -> int | None:
    """The exit code; None where the time was over."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def main() -> None:
    """Try what is asked for, until nothing is."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in _AT_HAND:
        importlib.import_module(name)
    second = 1_000_000_000
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        second += 2
        began = time.monotonic()
        with _changed(Path(job["file"]), job["text"], second):
            ended, last = _tests_fail(job["tests"], job["limit"])
        print(json.dumps([ended, last, time.monotonic() - began]), flush=True)


if __name__ == "__main__":
    main()
