"""Racers: jobs that begin together, in processes or threads, and what they answer.

A job is called with `meet`, which waits until every other job has called its own or has
ended: from there on all go at once. The processes are started when the first race is
run, and serve all that come after it: to start one costs more than a race.
"""

import atexit
import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe
from typing import Any

from fleetfeed.ledger.testing.feeds import Meet

Job = Callable[[Meet], Any]

LIMIT = 120.0
"""Seconds within which each racer comes to the start, and ends."""

_HERE = "here"
_START = 0.01
"""Seconds from the last who is there until all go."""


def race(jobs: Sequence[Job], *, processes: bool) -> list[Any]:
    """What `jobs` answer, in their order; AssertionError where one of them raised."""
    if not processes:
        return _raced(_threads(jobs))
    lines = _processes(len(jobs))
    try:
        for line, job in zip(lines, jobs, strict=True):
            line.send((dict(os.environ), job))
        return _raced(lines)
    except BaseException:
        _end()  # some are in the middle of it
        raise


def _raced(lines: Sequence[Connection]) -> list[Any]:
    began = [_heard(line) for line in lines]
    start = time.monotonic() + _START
    for line, said in zip(lines, began, strict=True):
        if said == _HERE:
            line.send(start)
    return [
        _answer(_heard(line) if said == _HERE else said)
        for line, said in zip(lines, began, strict=True)
    ]


def _heard(line: Connection) -> Any:  # noqa: ANN401 - what a job answers
    if not line.poll(LIMIT):
        raise AssertionError(f"a racer has said nothing for {LIMIT:.0f} s")
    return line.recv()


def _answer(said: tuple[str, Any]) -> Any:  # noqa: ANN401 - as above
    raised, answer = said
    if raised:
        raise AssertionError(f"a racer failed:\n{raised}")
    return answer


def _run(line: Connection, job: Job) -> None:
    """Do `job`, and send how it ended."""
    met = False

    def meet() -> None:
        nonlocal met
        if not met:
            met = True
            line.send(_HERE)
            # By the machine's clock, and not as one after the other is told.
            time.sleep(max(line.recv() - time.monotonic(), 0.0))

    try:
        line.send(("", job(meet)))
    except Exception:  # noqa: BLE001 - told to whoever waits
        line.send((traceback.format_exc(), None))


def _threads(jobs: Sequence[Job]) -> list[Connection]:
    lines = []
    for job in jobs:
        ours, theirs = Pipe()
        threading.Thread(target=_run, args=(theirs, job), daemon=True).start()
        lines.append(ours)
    return lines


_pool: list[tuple[Any, Connection]] = []


def _processes(number: int) -> list[Connection]:
    """The lines to so many processes."""
    context = get_context("spawn")
    while len(_pool) < number:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        if not _pool:
            atexit.register(_end)
        _pool.append((process, ours))
    return [line for _, line in _pool[:number]]


def _end() -> None:
    while _pool:
        process, line = _pool.pop()
        line.close()
        process.join(0.5)
        process.kill()


def _serve(line: Connection) -> None:
    """Be a racer, job after job, until nobody asks any more."""
    with suppress(EOFError, OSError):  # who asked has gone
        while True:
            environment, job = line.recv()
            _settle(environment)
            _run(line, job)


def _settle(environment: Mapping[str, str]) -> None:
    """The environment is that of the test which asks."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
