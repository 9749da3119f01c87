"""One command, timed."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and all that it depends on; `stdin` is a file."""

    args: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    stdin: Path = field(default=Path(os.devnull))


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run took, in seconds.

    `wall` is from before the start to after the end, `cpu` the user and system time of
    the command and of all processes that it waited for. `start` is on the clock of
    `time.monotonic`, which all processes share.
    """

    start: float
    wall: float
    cpu: float


def timed(command: Command, code: int = 0) -> tuple[Sample, str]:
    """Run `command`; what it took, and what it said. RuntimeError unless it gives `code`."""
    with command.stdin.open("rb") as stdin, TemporaryFile() as said:
        start = time.monotonic()
        child = subprocess.Popen(
            command.args,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=stdin,
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    if child.returncode != code:
        line = " ".join(command.args)
        raise RuntimeError(f"{line} ended with {child.returncode}, not {code}:\n{text}")
    return Sample(start, wall, used.ru_utime + used.ru_stime), text
