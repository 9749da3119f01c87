"""A crowd of processes in one repository, killed as chance has it."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from harness import Repo, command

TESTS = Path(__file__).parents[1]
FEWEST = 20
"""How many are killed at least: a busy machine is slow to start them."""


class Crowd:
    """Processes of which there are always `size`, until time is up."""

    def __init__(self, repo: Repo, folder: Path, size: int):
        self.repo, self.folder, self.size = repo, folder, size
        self.chance = random.Random(1)  # noqa: S311
        self.killed, self.ended = 0, []
        self.running: list[tuple[subprocess.Popen, Path, tuple]] = []
        folder.mkdir()

    def cache_reader(self, commits):
        """A process that looks at commits."""
        return (
            sys.executable,
            "-m",
            "repo.cache_reader",
            str(self.repo.folder),
            "8",
            *commits,
        )

    def start(self, args: tuple) -> None:
        """One more process; what it prints goes to a file of its own."""
        out = self.folder / str(len(self.ended) + self.killed + len(self.running))
        env = {**self.repo.environment, "PYTHONPATH": str(TESTS)}
        with out.open("wb") as into:
            process = subprocess.Popen(
                args, cwd=self.repo.folder, env=env, stdout=into,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.running.append((process, out, args))

    def run(self, choose, seconds: float, meanwhile, last) -> None:
        """Keep the crowd up, until `FEWEST` were killed, too.

        `meanwhile` is called again and again. Nobody kills those who are there at the
        end, and `last` come to them.
        """
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end or self.killed < FEWEST:
                while len(self.running) < self.size:
                    self.start(choose(self))
                meanwhile()
                time.sleep(self.chance.uniform(0, 0.1))
                self._reap()
                self._kill(self.chance.choice(self.running) if self.running else None)
            for args in last:
                self.start(args)
            for process, _, _ in self.running:
                process.wait(120)
            self._reap()
        finally:
            while self.running:
                self._kill(self.running[0])

    def _reap(self) -> None:
        for row in list(self.running):
            process, out, args = row
            if process.poll() is not None:
                self.running.remove(row)
                self.ended.append((args, process.returncode, out.read_text()))

    def _kill(self, row) -> None:
        if row is None:
            return
        self.running.remove(row)
        with suppress(ProcessLookupError):
            os.killpg(row[0].pid, signal.SIGKILL)
        row[0].wait()
        self.killed += 1

    def said(self):
        """All that was printed in whole lines, by those who were killed, too."""
        for file in self.folder.iterdir():
            yield from file.read_text().splitlines(keepends=True)


def asking(key: str) -> tuple:
    """A process that asks who holds `key`."""
    return command("active", "--surface-claim", key, "--offline")
