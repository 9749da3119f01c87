"""git where we are and in our environment, by the system call that does just that.

`subprocess` takes 2.4 ms to import, since it brings threads, selectors and locales, and
each of its processes takes longer to start. It does more: another folder, an input, and
what git complains about; `Git.run` goes to it where one of these is wanted.
"""

import os
from collections.abc import Mapping, Sequence

from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

_SIGKILL, _SIGTERM = 9, 15  # as POSIX numbers them; `signal` takes 0.3 ms to import


@record
class Done:
    """A git that has ended: its exit code (negative: the signal), what it printed."""

    returncode: int
    stdout: bytes
    stderr: bytes = b""


class Spawned:
    """A git under way, its output a pipe, and its input too where it is talked to.

    Whoever starts one ends it, by `answer` or `end`.
    """

    def __init__(
        self, args: Sequence[str], environment: Mapping[str, str], *, talk: bool = False
    ) -> None:
        """Start `git args`; OSError where that cannot be."""
        self.returncode: int | None = None
        self.stdin: IO[bytes] | None = None
        # Our own streams may be closed, and these have their numbers then. That does no
        # harm in this order, since lower numbers are given out first.
        if talk:
            given, told = os.pipe()
            self.stdin = os.fdopen(told, "wb")
        else:
            given = os.open(os.devnull, os.O_RDONLY)
        said, printed = os.pipe()
        self.stdout: IO[bytes] = os.fdopen(said, "rb")
        try:
            self.pid = _started(args, environment, given, printed)
        except OSError:
            self._close()
            raise
        finally:
            os.close(given)
            os.close(printed)

    def answer(self) -> Done:
        """What git prints until it ends."""
        try:
            said = self.stdout.read()
            return Done(self.wait(), said)
        finally:
            self.end()

    def wait(self) -> int:
        """The exit code, once git has ended."""
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def kill(self) -> None:
        """End git in the middle of what it does."""
        self._send(_SIGKILL)

    def end(self) -> None:
        """End git if it has not ended, by SIGTERM, so that it tidies up."""
        self._send(_SIGTERM)
        self._close()
        self.wait()

    def _send(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def _close(self) -> None:
        self.stdout.close()
        if self.stdin:
            try:
                self.stdin.close()
            except BrokenPipeError:  # it had ended before it was told all
                pass


def _started(
    args: Sequence[str], environment: Mapping[str, str], given: int, printed: int
) -> int:
    """The process of `git args`, which reads `given` and prints to `printed`."""
    actions = (
        (os.POSIX_SPAWN_DUP2, given, 0),
        (os.POSIX_SPAWN_DUP2, printed, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    )
    return os.posix_spawnp("git", ("git", *args), environment, file_actions=actions)
