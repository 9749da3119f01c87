"""A place where a process waits for the test: an order is forced, never slept for."""

import os
import select
from pathlib import Path

SECONDS = 30.0


class Gate:
    """`shell` is what the process runs there; it says so, and waits to be let through."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self._ends = {}
        for name in ("reached", "open"):
            os.mkfifo(folder / name)
            # For reading and writing: nobody waits for the other side to open it.
            self._ends[name] = os.open(folder / name, os.O_RDWR)
        self.shell = f"echo x > {folder}/reached; read -r _ < {folder}/open"

    def reached(self):
        """Wait until a process is there."""
        end = self._ends["reached"]
        ready, _, _ = select.select([end], [], [], SECONDS)
        assert ready, "nobody came to the gate"
        os.read(end, 2)

    def open(self):
        """Let one process through, now or when it comes."""
        os.write(self._ends["open"], b"x\n")

    def close(self):
        """Let all through that still wait, and be gone."""
        for _ in range(10):
            self.open()
        for end in self._ends.values():
            os.close(end)
