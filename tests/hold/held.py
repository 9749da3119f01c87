"""A `hold` under way, and whether what it has started is still there."""

import subprocess
import time
from pathlib import Path

from harness import command

NEW = (
    "--new", "CMB", "--subject", "held work", "--surface", "CAMBER:job:held",
    "--proof", "new work", "--seat", "CAMBER-06",
)  # fmt: skip
ITEM = "CMB-0003"

_APART = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.STDOUT,
}


def alive(pid):
    """Whether a process is there, and no zombie."""
    try:
        return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for(what, held=None):
    while not what():
        assert held is None or held.poll() is None, held.communicate()
        time.sleep(0.02)


class Held:
    """A hold under way; `script` runs once its command has begun, `first` before."""

    def __init__(self, seat, script, *flags, first="", ready="ready", **options):
        self.seat = seat
        # A child of the command's own, which nobody may leave at work.
        begun = (
            f"{first}sleep 600 & echo $! > child; echo $$ > pid; : > ready; {script}"
        )
        self.process = subprocess.Popen(
            command("hold", *flags, *NEW, "--", "sh", "-c", begun),
            cwd=seat.folder,
            env=seat.environment,
            text=True,
            **{**_APART, **options},
        )
        if ready:
            wait_for((seat.folder / ready).exists, self.process)

    @property
    def pids(self):
        return [int((self.seat.folder / name).read_text()) for name in ("pid", "child")]

    def ended(self):
        """The exit code and what was said; nothing is at work any more."""
        said = self.process.communicate()[0]
        if (self.seat.folder / "ready").exists():
            wait_for(lambda: not any(map(alive, self.pids)))
        return self.process.returncode, said

    def close(self):
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
