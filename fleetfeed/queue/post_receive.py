"""The repository's own post-receive hook, told of what the queue has moved.

git itself tells it of the queue's ref alone, and whoever deploys or mirrors by that
hook waits for the feed ref's name.
"""

import contextlib
import os

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.model.errors import FleetfeedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

_NAME = "hooks/post-receive"


class PostReceive:
    """One hook at a time; what is moved meanwhile, the next is told as one move."""

    def __init__(self, git: Git) -> None:
        """Nothing is asked before the first move."""
        self._git, self._hook = git, ""
        self._running: subprocess.Popen[bytes] | None = None
        self._untold: tuple[str, str, str] | None = None

    def tell(self, old: str, new: str, ref: str) -> None:
        """Run the hook for a move of `ref`: `old SP new SP ref` (githooks)."""
        self._untold = (self._untold[0] if self._untold else old, new, ref)
        self.go_on()

    def go_on(self) -> None:
        """Run the hook for what it has not been told, unless it is running."""
        if self._running is None or self._running.poll() is not None:
            self._start()

    def close(self) -> None:
        """Wait until the hook has been told everything."""
        while self._running is not None:
            self._running.wait()
            self._running = None
            self._start()

    def _start(self) -> None:
        """Run the hook for all that it has not been told, where there is one."""
        if self._untold is None:
            return
        moved, self._untold = " ".join(self._untold).encode() + b"\n", None
        with contextlib.suppress(FleetfeedError, OSError):
            self._running = self._told(moved)

    def _told(self, moved: bytes) -> "subprocess.Popen[bytes] | None":
        """The hook, which is being told; None where there is none."""
        if not self._hook:
            self._hook = os.path.abspath(queries.git_paths(self._git, (_NAME,))[_NAME])
        if not os.access(self._hook, os.X_OK):
            return None
        import subprocess  # late: most servers have no such hook

        nowhere = subprocess.DEVNULL
        running = subprocess.Popen(
            (self._hook,),
            stdin=subprocess.PIPE,
            stdout=nowhere,
            stderr=nowhere,
        )
        if running.stdin:
            with contextlib.suppress(BrokenPipeError), running.stdin as its:
                its.write(moved)
        return running
