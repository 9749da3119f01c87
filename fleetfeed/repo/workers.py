"""Several processes for one long piece of work: its jobs' results, in their order.

`concurrent.futures` hands out the jobs and keeps their order, by a pool of threads with
one process to each. The processes are our own, since its pool of processes waits for
ever for a result that a killed process has sent by half, and leaves its processes
behind where this one is killed. So each has a pipe of its own: this process sees by its
end that a worker has ended, and a worker that this process has. A result that never
came is no result: then nobody can tell.
"""

import contextlib
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from typing import Any, TypeVar

from fleetfeed.model.errors import CannotTell

Own = TypeVar("Own")
Result = TypeVar("Result")
Job = Callable[[Own], Result]
Jobs = Sequence[Job[Any, Any]]

_MOST_WORKERS = 4
_WAITING = 4
"""Results a worker that may wait until somebody wants them: memory has a bound."""


def all_cores() -> int:
    """How many processes are worth while on this machine."""
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def side_by_side(
    jobs: Sequence[Job[Own, Result]], own: Callable[[], Own], workers: int
) -> Generator[Result, None, None]:
    """The results of `jobs`, in their order, by `workers` processes.

    The processes are forked, so jobs are plain functions. `own` makes what each process
    has for itself, such as a reader of objects. Who does not want all results closes
    the generator, or the processes go on.
    CannotTell where a job says so, or where a process ended before its time.
    """
    if workers < 2:  # noqa: PLR2004 - one is this process
        mine = own()
        yield from (job(mine) for job in jobs)
        return
    started: list[_Worker] = []
    idle: SimpleQueue[_Worker] = SimpleQueue()
    threads = ThreadPoolExecutor(workers)
    try:
        for _ in range(workers):  # before there are threads, which no fork takes along
            started.append(_Worker(jobs, own, started))
            idle.put(started[-1])
        give = partial(_by_one_of, idle)
        yield from _in_order(
            lambda number: threads.submit(give, number), len(jobs), workers * _WAITING
        )
    finally:
        for worker in started:
            worker.end()
        threads.shutdown(cancel_futures=True)


def _by_one_of(idle: "SimpleQueue[_Worker]", number: int) -> Any:  # noqa: ANN401
    worker = idle.get()
    try:
        return worker.result(number)
    finally:
        idle.put(worker)


def _in_order(
    start: Callable[[int], Future[Result]], jobs: int, most: int
) -> Iterator[Result]:
    """The results by the jobs' numbers; at most `most` are started ahead."""
    started: deque[Future[Result]] = deque()
    for number in range(jobs):
        started.append(start(number))
        if len(started) == most:
            yield started.popleft().result()
    for each in started:
        yield each.result()


class _Worker:
    """A forked process that is asked for one job's result after the other."""

    def __init__(
        self, jobs: Jobs, own: Callable[[], Any], others: Sequence["_Worker"]
    ) -> None:
        """Start it; `others` are those that run already."""
        self.pipe, its_end = Pipe()
        not_its = [self.pipe, *(other.pipe for other in others)]
        args = (jobs, own, its_end, not_its)
        fork = get_context("fork")
        self._process = fork.Process(target=_work, args=args, daemon=True)
        # A Ctrl-C in between would leave a process that nobody knows of.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        except OSError as error:
            self.pipe.close()
            message = f"no further process can be started ({error.strerror})"
            raise CannotTell(f"{message}; end some others, and try again") from error
        finally:
            its_end.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def result(self, number: int) -> Any:  # noqa: ANN401
        """A job's result. CannotTell where the process has ended."""
        try:
            self.pipe.send_bytes(str(number).encode())
            result, error = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            message = f"a process that did a part of the work ended {how}; try again"
            raise CannotTell(message) from None
        if error:
            raise error
        return result

    def end(self) -> None:
        """End it. It only reads: nothing is left half done."""
        self._process.kill()
        self._process.join()


def _work(
    jobs: Jobs, own: Callable[[], Any], pipe: Connection, not_mine: Sequence[Connection]
) -> None:
    """What a worker does, for as long as the first process is there."""
    # Ctrl-C is for the first process, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for end in not_mine:
        end.close()
    numbers: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, numbers), daemon=True).start()
    mine = own()
    try:
        while True:
            pipe.send(_tried(jobs[numbers.get()], mine))
    except BrokenPipeError:  # there is nobody to answer
        os._exit(1)


def _listen(pipe: Connection, numbers: "SimpleQueue[int]") -> None:
    """Take the jobs' numbers, and end this process when nobody can send any."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            numbers.put(int(pipe.recv_bytes()))
    os._exit(1)


def _tried(job: Job[Own, Result], mine: Own) -> tuple[Result | None, Exception | None]:
    """The job's result, or the error to raise where it is wanted."""
    try:
        return job(mine), None
    except CannotTell as error:
        # Its subclasses are not made from their text.
        return None, CannotTell(str(error), error.finding)
    except Exception:  # noqa: BLE001 - the first process reports a bug
        return None, RuntimeError(traceback.format_exc())
