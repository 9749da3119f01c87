"""git for a hook: started by the bare system call, and before it is asked.

A hook knows from the start most of what it will ask. `HookGit.ahead` starts those gits,
several at a time, while Python imports what will ask them. Nothing is decided by that:
whoever asks, asks as ever, and finds the answer waiting; what nobody asks for is ended.

Measured on a commit of one post (55 ms; medians of 41, interleaved, 2 cores): asking
ahead saves 3.3 ms, and so does `posix_spawn` in place of `subprocess`, which brings
threads, selectors and locales; both together save 6.9 ms, an eighth. `subprocess` does
more (another folder, an input, what git complains about), so a git that fails is run
again through it.
"""

import os
from collections.abc import Mapping, Sequence

from fleetfeed.git.process import Done, Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import IO

_SIGKILL, _SIGTERM = 9, 15  # as POSIX numbers them; `signal` takes 0.3 ms to import

Args = tuple[str, ...]


class HookGit(Git):
    """git where we are, under our own environment; whoever makes one ends it.

    An answer that was started ahead holds from then on: a hook does not change what it
    asks about.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        super().__init__()
        self._ahead: dict[Args, Spawned] = {}
        self._answers: dict[Args, Done] = {}
        self._talks: list[Spawned] = []

    def ahead(self, *args: str, talk: bool = False) -> None:
        """Start `git args`, which `run`, or `talk`, will be asked for.

        What goes wrong with that does so when it is asked.
        """
        if args in self._ahead or args in self._answers:
            return
        try:
            self._ahead[args] = Spawned(args, self.environment, talk=talk)
        except OSError:
            pass

    def known(self, *args: str, printed: bytes) -> None:
        """Take `printed` for the answer to `git args`: whoever started us has asked."""
        self._answers[args] = Done(0, printed)

    def run(self, *args: str, stdin: bytes = b"", accept: Sequence[int] = (0,)) -> Done:
        """See `Git`."""
        done = None if stdin else self._answer(args)
        if done is None or done.returncode not in accept:
            return super().run(*args, stdin=stdin, accept=accept)
        return done

    def talk(self, *args: str) -> "Spawned | subprocess.Popen[bytes]":
        """See `Git`; `end` ends it."""
        try:
            child = self._ahead.pop(args, None)
            child = child or Spawned(args, self.environment, talk=True)
        except OSError:
            return super().talk(*args)
        self._talks.append(child)
        return child

    def end(self) -> None:
        """End what is under way."""
        for child in (*self._ahead.values(), *self._talks):
            child.end()
        self._ahead.clear()
        self._talks.clear()

    def _answer(self, args: Args) -> Done | None:
        """What `git args` prints; None where it cannot be started."""
        asked = self._ahead.pop(args, None)
        if asked:
            self._answers[args] = asked.answer()
        if args in self._answers:
            return self._answers[args]
        try:
            return Spawned(args, self.environment).answer()
        except OSError:
            return None


class Spawned:
    """A git under way, its output a pipe; its input ends at once, or is talked to.

    Whoever starts one ends it, by `answer` or `end`.
    """

    def __init__(
        self, args: Sequence[str], environment: Mapping[str, str], *, talk: bool = False
    ) -> None:
        """Start `git args`; OSError where that cannot be."""
        self.returncode: int | None = None
        # Our own streams may be closed, and these have their numbers then. That does no
        # harm in this order, since lower numbers are given out first.
        its_input, ours = os.pipe()
        output, its_output = os.pipe()
        self.stdin: IO[bytes] = os.fdopen(ours, "wb")
        self.stdout: IO[bytes] = os.fdopen(output, "rb")
        if not talk:
            self.stdin.close()
        try:
            self.pid = _started(args, environment, its_input, its_output)
        except OSError:
            self._close()
            raise
        finally:
            os.close(its_input)
            os.close(its_output)

    def answer(self) -> Done:
        """What git prints until it ends."""
        try:
            printed = self.stdout.read()
            return Done(self.wait(), printed)
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
        if self.returncode is None:
            os.kill(self.pid, _SIGKILL)

    def terminate(self) -> None:
        """Tell git to end, after it has tidied up."""
        if self.returncode is None:
            os.kill(self.pid, _SIGTERM)

    def end(self) -> None:
        """End git if it has not ended."""
        self.terminate()
        self._close()
        self.wait()

    def _close(self) -> None:
        self.stdout.close()
        try:
            self.stdin.close()
        except BrokenPipeError:  # it had ended before it read all
            pass


def _started(
    args: Sequence[str], environment: Mapping[str, str], its_input: int, its_output: int
) -> int:
    """The process of `git args`, which reads `its_input` and prints to `its_output`."""
    actions = (
        (os.POSIX_SPAWN_DUP2, its_input, 0),
        (os.POSIX_SPAWN_DUP2, its_output, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    )
    return os.posix_spawnp("git", ("git", *args), environment, file_actions=actions)
