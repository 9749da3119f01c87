"""Long work by a process for each core: jobs in, results in the jobs' order out.

Forked, so that what is known here need not be sent; a child whose parent is gone ends
at its next result, and one that is not waited for any more is ended.
"""

import contextlib
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, TypeVar

from fleetfeed.errors import CannotTell

Job = TypeVar("Job")
Result = TypeVar("Result")


def hands() -> int:
    """How many processes can work at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def share(
    jobs: Sequence[Job], begin: Callable[[], Callable[[Job], Result]]
) -> Iterator[Result]:
    """The result of each job. `begin` makes, in each process, what does them.

    What a job raises is raised here; CannotTell where a process ended early.
    """
    crew = min(hands(), len(jobs))
    with contextlib.ExitStack() as ending:
        outs = [
            ending.enter_context(_started(begin, jobs[place::crew]))
            for place in range(crew)
        ]
        for place, _ in enumerate(jobs):
            yield _received(outs[place % crew])


@contextlib.contextmanager
def _started(
    begin: Callable[[], Callable[[Job], Result]], jobs: Sequence[Job]
) -> Iterator[BinaryIO]:
    """What a process that does `jobs` writes. It is ended in the end."""
    into, out = os.pipe()
    child = os.fork()
    if not child:
        os.close(into)
        _do(begin, jobs, out)
    os.close(out)
    try:
        with os.fdopen(into, "rb") as results:
            yield results
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _do(
    begin: Callable[[], Callable[[Job], Result]], jobs: Sequence[Job], out: int
) -> None:
    """Do `jobs` and end this process, whatever happens: it is a copy of its parent."""
    # Ctrl-C reaches the whole group; the parent hears it, and ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        with os.fdopen(out, "wb") as results:
            _answer(begin, jobs, results)
    finally:
        os._exit(0)


def _answer(
    begin: Callable[[], Callable[[Job], Result]], jobs: Sequence[Job], out: BinaryIO
) -> None:
    try:
        work = begin()
        for job in jobs:
            pickle.dump((work(job), None), out)
            out.flush()
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        pickle.dump((None, error), out)


def _received(out: BinaryIO) -> Any:  # noqa: ANN401 - what a job came to
    try:
        result, error = pickle.load(out)  # noqa: S301 - our own child wrote it
    except (EOFError, pickle.UnpicklingError) as ended:
        said = "a process that was reading the feed ended early"
        raise CannotTell(f"{said}; try again") from ended
    if error is not None:
        raise error
    return result
