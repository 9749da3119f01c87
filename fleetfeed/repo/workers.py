"""Several processes for one long piece of work: its jobs' results, in their order.

The processes are forked, so jobs are plain functions. Each takes the next job as soon
as it is done with one, and ends with this process, however that ends. A result that
never came is no result: then nobody can tell.
"""

import contextlib
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Generic, NoReturn, TypeVar

from fleetfeed.model.errors import CannotTell
from fleetfeed.util.records import record

Own = TypeVar("Own")
Result = TypeVar("Result")

_NUMBER = 4
"""Bytes of a job's number in the queue, which is a pipe."""
MOST_JOBS = 1000
"""Whose numbers fit into one page, the least that a pipe holds."""

Job = Callable[[Own], Result]

_MOST_HANDS = 4


def all_cores() -> int:
    """How many processes are worth while on this machine."""
    return min(os.cpu_count() or 1, _MOST_HANDS)


@record
class _Answer(Generic[Result]):
    """A job's result, or why there is none; `trace` is filled where that is a bug."""

    number: int
    results: tuple[Result, ...] = ()
    told: CannotTell | None = None
    trace: str = ""

    def result(self) -> Result:
        if self.told:
            raise self.told
        if self.trace:
            raise RuntimeError(self.trace)
        return self.results[0]


def side_by_side(
    jobs: Sequence[Job[Own, Result]], own: Callable[[], Own], hands: int
) -> Generator[Result, None, None]:
    """The results of `jobs`, at most MOST_JOBS, in their order, by `hands` processes.

    `own` makes what each process has for itself, such as a reader of objects. Who does
    not want all results closes the generator, or the processes go on.
    CannotTell where a job says so, or where a process ended before its time.
    """
    if hands < 2:  # noqa: PLR2004 - one is this process
        mine = own()
        yield from (job(mine) for job in jobs)
        return
    queue = _queue(len(jobs))
    alive, ours = os.pipe()
    crew: dict[Connection, int] = {}
    try:
        for _ in range(hands):
            _hire(crew, partial(_work, queue, (alive, ours), jobs, own))
        yield from _in_order(crew, len(jobs))
    finally:
        _dismiss(crew)
        for end in (queue, alive, ours):
            os.close(end)


def _queue(jobs: int) -> int:
    """A pipe with the number of each job in it, and an end behind them."""
    queue, entry = os.pipe()
    os.write(entry, b"".join(n.to_bytes(_NUMBER, "big") for n in range(jobs)))
    os.close(entry)
    return queue


def _hire(crew: dict[Connection, int], work: Callable[[Connection], None]) -> None:
    """Start a process that does `work`, and put it into `crew`."""
    receiver, sender = Pipe(duplex=False)
    # A Ctrl-C in between would leave a process that nobody knows of.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pid = _forked()
        if pid == 0:
            for other in (*crew, receiver):
                other.close()
            _be_one(partial(work, sender), before)
        crew[receiver] = pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    sender.close()


def _forked() -> int:
    try:
        return os.fork()
    except OSError as error:
        message = f"no further process can be started ({error.strerror})"
        raise CannotTell(f"{message}; end some others, and try again") from error


def _be_one(work: Callable[[], None], mask: set[signal.Signals | int]) -> NoReturn:
    """Do `work` and end, without anything that the first process does at its end."""
    code = 1
    try:
        # Ctrl-C is for the first process, which ends the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        work()
        code = 0
    finally:
        os._exit(code)


def _work(
    queue: int,
    life_line: tuple[int, int],
    jobs: Sequence[Job[Own, Result]],
    own: Callable[[], Own],
    sender: Connection,
) -> None:
    alive, ours = life_line
    os.close(ours)
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    mine = own()
    # Its owner went away: there is nobody to tell.
    with contextlib.suppress(BrokenPipeError):
        for number in iter(lambda: os.read(queue, _NUMBER), b""):
            sender.send(_answer(int.from_bytes(number, "big"), jobs, mine))


def _end_with(alive: int) -> None:
    """End this process when the one that holds the pipe's other end has ended."""
    os.read(alive, 1)
    os._exit(1)


def _answer(
    number: int, jobs: Sequence[Job[Own, Result]], mine: Own
) -> _Answer[Result]:
    try:
        return _Answer(number, (jobs[number](mine),))
    except CannotTell as error:
        # Its subclasses are not made from their text.
        return _Answer(number, told=CannotTell(str(error), error.finding))
    except Exception:  # noqa: BLE001 - a bug is told by the first process
        return _Answer(number, trace=traceback.format_exc())


def _in_order(crew: dict[Connection, int], jobs: int) -> Iterator[Result]:
    early: dict[int, _Answer[Result]] = {}
    working = dict(crew)
    for number in range(jobs):
        while number not in early:
            if not working:
                raise CannotTell("a part of the work was lost; try again")
            readable = wait(list(working))
            for ready in [each for each in working if each in readable]:
                answer: _Answer[Result] | None = _received(ready, crew)
                if answer is None:
                    del working[ready]
                else:
                    early[answer.number] = answer
        yield early.pop(number).result()


def _received(ready: Connection, crew: dict[Connection, int]) -> Any:  # noqa: ANN401
    """The next answer; None where a process is done. CannotTell where it failed."""
    try:
        return ready.recv()
    except (EOFError, OSError):
        pid = crew.pop(ready)
        ready.close()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            raise CannotTell(_ended(code)) from None
        return None


def _ended(code: int) -> str:
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"a process that did a part of the work ended {how}; try again"


def _dismiss(crew: dict[Connection, int]) -> None:
    """End who is still there. They only read: nothing is left half done."""
    for pid in crew.values():
        os.kill(pid, signal.SIGKILL)
    for connection, pid in crew.items():
        os.waitpid(pid, 0)
        connection.close()
