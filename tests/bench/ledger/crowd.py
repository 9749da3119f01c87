"""Writers in processes of their own, who begin at one moment.

Run as a program it is one of the processes: it connects its writers, and plays what it
reads on its input, a task a line.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Barrier, Thread

from bench.ledger.places import environment
from bench.ledger.tasks import TASKS, Write, Writer


@dataclass(frozen=True, slots=True)
class Crowd:
    """Processes that have some writers each."""

    processes: tuple["subprocess.Popen[str]", ...]

    def play(self, task: str, mark: str, each: int) -> list[list[Write]]:
        """What each writer did; they began together."""
        for process in self.processes:
            self._say(process, json.dumps([task, mark, each]))
        for process in self.processes:
            self._hear(process)  # it is ready
        for process in self.processes:
            self._say(process, "go")
        heard = [json.loads(self._hear(process)) for process in self.processes]
        return [[tuple(w) for w in own] for one in heard for own in one]

    @staticmethod
    def _say(process: "subprocess.Popen[str]", line: str) -> None:
        assert process.stdin
        process.stdin.write(f"{line}\n")
        process.stdin.flush()

    @staticmethod
    def _hear(process: "subprocess.Popen[str]") -> str:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of writers has ended: {process.wait()}")
        return line


@contextmanager
def crowd(url: str, writers: int, processes: int) -> Iterator[Crowd]:
    """So many writers in so many processes, all connected."""
    each = -(-writers // processes)
    shares = [range(at, min(at + each, writers)) for at in range(0, writers, each)]
    with ExitStack() as stack:
        started = [stack.enter_context(_started(url, share)) for share in shares]
        for process in started:
            Crowd._hear(process)  # noqa: SLF001 - it is connected
        yield Crowd(tuple(started))


def _started(url: str, share: range) -> "subprocess.Popen[str]":
    numbers = (str(share.start), str(share.stop))
    return subprocess.Popen(
        (sys.executable, "-m", "bench.ledger.crowd", url, *numbers),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def _played(writers: Sequence[Writer], task: str, mark: str, each: int) -> None:
    start = Barrier(len(writers) + 1)
    found: list[list[Write]] = [[] for _ in writers]

    def run(number: int) -> None:
        start.wait()
        found[number].extend(TASKS[task](writers[number], f"{mark}-{number}", each))

    threads = [Thread(target=run, args=(n,)) for n in range(len(writers))]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    start.wait()
    for thread in threads:
        thread.join()
    print(json.dumps(found), flush=True)


def main(url: str, first: str, last: str) -> None:
    """Play what is asked, until the input ends."""
    seats = range(int(first), int(last))
    writers = [Writer(url, f"CAMBER-{seat:02d}") for seat in seats]
    print("connected", flush=True)
    for line in iter(sys.stdin.readline, ""):
        task, mark, each = json.loads(line)
        _played(writers, task, f"{mark}-{first}", each)


if __name__ == "__main__":
    main(*sys.argv[1:])
