"""Runs one command after another as processes of their own, and records each.

A command is a fork that has fleetfeed imported already: it has its own session, folder
and streams, and runs what `python -m fleetfeed` runs.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.environment import clean
from harness.starting import Start, forked

from torture.history import Answer, Run

LIMIT = 120.0
"""Seconds after which a command is ended: none may hang."""
_OFTEN = 0.02


def now() -> float:
    """Seconds of this machine's boot clock, which servers count leases by."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Harm:
    """What is done to a command: `number` is sent `after` so many seconds.

    A stopped one goes on after `pause` seconds. `alone`: not its children, too.
    """

    number: int
    after: float
    pause: float = 0.0
    alone: bool = False


@dataclass
class Recorder:
    """Whoever runs commands in a seat's clone; `out` is where the runs are written."""

    seat: str
    clone: Path
    out: Path
    program: str
    harmed: dict[str, int] = field(default_factory=dict)
    _number: int = 0

    def run(
        self,
        *args: str,
        op: str,
        harm: Harm | None = None,
        wrote: Callable[[], str] = str,
    ) -> Run:
        """Run `fleetfeed args`; what is recorded of it.

        `wrote` tells, at its end, the id that its post has where it chooses that.
        """
        self._number += 1
        stream = self.out.with_name(f"{self.out.stem}-{self._number}")
        environment = clean(FLEETFEED_SEAT=self.seat)
        start = Start(str(self.clone), environment, args, self.program)
        begin = now()
        pid = forked(start, stream, os.setsid)
        code = self._ended(pid, harm)
        end = now()
        answer = _answer(stream) if code >= 0 else None
        said = stream.with_suffix(".err").read_text("utf-8", "replace")
        if code >= 0 and ("Traceback" in said or "this is a bug" in said):
            sys.stderr.write(f"{self.seat} {args}: {said}\n")
        for each in (".out", ".err"):
            stream.with_suffix(each).unlink()
        chosen = wrote() or (answer.op if answer else "")
        told = answer.answer if answer else None
        run = Run(
            self.seat, args[0], args, op, begin, end,
            None if code < 0 else code, told, chosen if chosen != op else "",
        )  # fmt: skip
        with self.out.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"run": asdict(run)}) + "\n")
        return run

    def _ended(self, pid: int, harm: Harm | None) -> int:
        """Wait for the end, and do harm before; the exit code, or minus the signal."""
        begun, done = time.monotonic(), harm is None
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            passed = time.monotonic() - begun
            if harm and not done and passed >= harm.after:
                done = True
                self._harm(pid, harm)
            if passed > LIMIT:
                self._count("ended since it hung")
                _send(pid, signal.SIGKILL, alone=False)
            time.sleep(_OFTEN)

    def _harm(self, pid: int, harm: Harm) -> None:
        self._count("stopped" if harm.pause else "killed")
        _send(pid, harm.number, alone=harm.alone)
        if harm.pause:
            time.sleep(harm.pause)
            _send(pid, signal.SIGCONT, alone=harm.alone)

    def _count(self, what: str) -> None:
        self.harmed[what] = self.harmed.get(what, 0) + 1


@dataclass(frozen=True, slots=True)
class _Said:
    answer: Answer
    op: str


def _answer(stream: Path) -> _Said | None:
    text = stream.with_suffix(".out").read_text("utf-8", "replace")
    with suppress(ValueError):
        said = json.loads(text)
        return _Said(Answer.of(said), said["op"] or "")
    return None


def _send(pid: int, number: int, *, alone: bool) -> None:
    with suppress(ProcessLookupError):
        (os.kill if alone else os.killpg)(pid, number)


def some_harm(chance: random.Random, longest: float) -> Harm:
    """A kill of a command or of all that it has started, or a pause of it all."""
    after = chance.uniform(0, longest)
    if chance.random() < 0.3:
        return Harm(signal.SIGSTOP, after, chance.uniform(0.5, 4.0))
    return Harm(signal.SIGKILL, after, alone=chance.random() < 0.5)
