"""Processes that start at one moment, each seat's own one after another."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from tempfile import TemporaryFile
from threading import Barrier
from typing import IO, Any

from bench.timing import Command, Sample


@dataclass(frozen=True, slots=True)
class Turn:
    """One command of one seat: what it took, how it ended, what it answered.

    `tries` is how many pushes it took; `answer` is empty where none was in JSON.
    """

    sample: Sample
    code: int
    tries: int
    answer: dict[str, Any]

    @property
    def end(self) -> float:
        """When it was done."""
        return self.sample.start + self.sample.wall


Seats = tuple[tuple[Turn, ...], ...]
"""The turns of each seat, one after another."""


def together(asked: Sequence[Sequence[Command]]) -> Seats:
    """Run each seat's commands one after another, all seats from one start."""
    start = Barrier(len(asked))

    def run(own: Sequence[Command]) -> tuple[Turn, ...]:
        start.wait()
        return tuple(map(turn, own))

    with ThreadPoolExecutor(len(asked)) as pool:
        return tuple(pool.map(run, asked))


def turn(asked: Command) -> Turn:
    """Run one command. RuntimeError where it neither did it nor was refused."""
    with TemporaryFile() as out, TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen(
            asked.args,
            cwd=asked.folder,
            env=dict(asked.environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        _, status, used = os.wait4(child.pid, 0)
        sample = Sample(start, time.monotonic() - start, used.ru_utime + used.ru_stime)
        child.returncode = code = os.waitstatus_to_exitcode(status)
        said, more = _read(out), _read(err)
    if code not in (0, 1):
        line = " ".join(asked.args)
        raise RuntimeError(f"{line} ended with {code}:\n{said}{more}")
    answer = json.loads(said) if said.startswith("{") else {}
    return Turn(sample, code, answer.get("tries", 1), answer)


def won(seats: Seats) -> Seats:
    """The turns, all of which must have been won. RuntimeError where one was not."""
    for one in (one for seat in seats for one in seat):
        if one.code:
            raise RuntimeError(f"it was not for a race to refuse: {one}")
    return seats


def wall(seats: Seats) -> float:
    """Seconds from the start of the first to the end of the last."""
    turns = [one for seat in seats for one in seat]
    return max(one.end for one in turns) - min(one.sample.start for one in turns)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
