"""The repository's own post-receive hook, told of what the queue has moved.

git itself tells it of the queue's ref alone, and whoever deploys or mirrors by that
hook waits for the feed ref's name.
"""

import os
import subprocess

from fleetfeed.git import queries
from fleetfeed.git.process import Git

_NAME = "hooks/post-receive"


class PostReceive:
    """One hook at a time; what is moved in the meantime, the next one is told."""

    def __init__(self, git: Git) -> None:
        """Nothing is asked before the first move."""
        self._git = git
        self._running: subprocess.Popen[bytes] | None = None
        self._moves: list[str] = []

    def tell(self, old: str, new: str, ref: str) -> None:
        """Run the hook for a move of `ref`: `old SP new SP ref` (githooks)."""
        self._moves.append(f"{old} {new} {ref}\n")
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
        moves, self._moves = "".join(self._moves).encode(), []
        hook = queries.git_paths(self._git, (_NAME,))[_NAME] if moves else ""
        if not hook or not os.access(hook, os.X_OK):
            return
        nowhere = subprocess.DEVNULL
        try:
            self._running = subprocess.Popen(
                (os.path.abspath(hook),),
                stdin=subprocess.PIPE,
                stdout=nowhere,
                stderr=nowhere,
            )
        except OSError:
            return
        if self._running.stdin:
            try:
                self._running.stdin.write(moves)
                self._running.stdin.close()
            except BrokenPipeError:
                pass
