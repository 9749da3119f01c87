"""git as a child process, with a written policy for its environment.

* git's own `GIT_*` variables are kept: in a hook, `GIT_INDEX_FILE`, `GIT_DIR` and the
  quarantine's `GIT_OBJECT_DIRECTORY` say what is really being committed or pushed.
  For another repository than the hook's, `elsewhere()` strips them: they would make
  git write one repository's index into another.
* `GIT_NO_REPLACE_OBJECTS=1`: a pushed `refs/replace/<blob>` would otherwise make git
  read another post than libgit2, which knows no replacements.
* `GIT_LITERAL_PATHSPECS=1`: a path is a path, whatever characters it has; and
  `GIT_OPTIONAL_LOCKS=0`: a reader takes no lock that a writer may want.
* `LC_ALL=C`: git's messages are for our log, not for parsing, and stay in one language.

Questions to git that are started before they are asked.

A hook knows from the start most of what it will ask. git answers while Python imports,
and several gits answer at one time. Nothing is decided by that: whoever asks, asks as
ever, and finds the answer waiting; what nobody asks for is ended.

The end of a git that takes too long, and of what it has started.

git ends without its helpers: an ssh or a `git remote-http` whose server never answers
would wait for ever, one more with each try. A process group of its own would be easier
to end, but ssh could not ask for a passphrase from there.

A server on this machine (the remote is a path) is left to end by itself: receive-pack
(git 2.39) that is killed while a hook runs leaves its quarantine behind.
"""

import os
from collections.abc import Mapping, Sequence

from fleetfeed.git.spawn import Done, Spawned
from fleetfeed.model.errors import CannotTell, GitFailed, TimedOut
from fleetfeed.util.records import field, record

_TO_CLEAN_UP = 2.0
"""Seconds that a git which is told to end gets for removing its locks."""


def terminate(child: "subprocess.Popen[bytes]") -> None:
    """End `child` if it has not ended: by SIGTERM, so that it removes its locks."""
    if child.poll() is not None:
        return
    import signal
    import subprocess

    from fleetfeed.util.processes import descendants

    helpers = descendants(child.pid, but=_serves)
    child.terminate()
    for helper in helpers:
        try:
            os.kill(helper, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            pass
    try:
        child.wait(_TO_CLEAN_UP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _serves(words: Sequence[bytes]) -> bool:
    """Whether this is `git-receive-pack …`, or `git receive-pack …`."""
    return any(word.endswith(b"receive-pack") for word in words[:2])


Args = tuple[str, ...]


class Ahead:
    """The gits that were started in our own folder, for one `Git`.

    An answer that was started ahead holds from then on: a hook does not change what it
    asks about.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._asked: dict[Args, Spawned] = {}
        self._answers: dict[Args, Done] = {}
        self._talks: list[Spawned] = []

    def start(
        self, args: Args, environment: Mapping[str, str], *, talk: bool = False
    ) -> None:
        """Start `git args`; what goes wrong with that does so when it is asked."""
        if args in self._asked or args in self._answers:
            return
        try:
            self._asked[args] = Spawned(args, environment, talk=talk)
        except OSError:
            pass

    def tell(self, args: Args, printed: bytes) -> None:
        """Take `printed` for what git says to `args`: whoever started us has asked."""
        self._answers[args] = Done(0, printed)

    def answer(self, args: Args, environment: Mapping[str, str]) -> Done | None:
        """What `git args` prints; None where it cannot be started."""
        asked = self._asked.pop(args, None)
        if asked:
            self._answers[args] = asked.answer()
        if args in self._answers:
            return self._answers[args]
        try:
            return Spawned(args, environment).answer()
        except OSError:
            return None

    def talk(self, args: Args, environment: Mapping[str, str]) -> Spawned | None:
        """A git to talk to; None where it cannot be started. It is ended by `end`."""
        try:
            child = self._asked.pop(args, None) or Spawned(args, environment, talk=True)
        except OSError:
            return None
        self._talks.append(child)
        return child

    def end(self) -> None:
        """End what is under way."""
        for child in (*self._asked.values(), *self._talks):
            child.end()
        self._asked.clear()
        self._talks.clear()


TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from pathlib import Path
    from typing import IO

    Stream = int | IO[bytes]

# What `git rev-parse --local-env-vars` prints (git 2.39 and 2.47): the variables that
# bind a process to one repository.
LOCAL_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_QUARANTINE_PATH",
)

_OURS = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


def elsewhere(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what binds it to the repository of a running hook."""
    return {k: v for k, v in environment.items() if k not in LOCAL_VARIABLES}


def inherited() -> dict[str, str]:
    """This process's environment, under the policy of this module."""
    return {**os.environ, **_OURS}


def apart() -> dict[str, str]:
    """An environment for a repository other than the one a hook runs in."""
    return {**elsewhere(os.environ), **_OURS}


_under_way: "set[subprocess.Popen[bytes]]" = set()


def end_those_under_way() -> None:
    """End every git that some thread waits for in `Git.within`."""
    for child in tuple(_under_way):
        terminate(child)


@record
class Git:
    """git, run in the folder `at` (None: where we are) under `environment`."""

    at: "Path | None" = None
    environment: Mapping[str, str] = field(default_factory=inherited)
    _ahead: Ahead = field(default_factory=Ahead, compare=False, show=False)

    @property
    def folder(self) -> "Path":
        """Where git is run."""
        from pathlib import Path

        return self.at or Path()

    def run(self, *args: str, stdin: bytes = b"", accept: Sequence[int] = (0,)) -> Done:
        """Run `git args`; GitFailed where the exit code is not in `accept`."""
        done = None
        if self._here and not stdin:
            done = self._ahead.answer(args, self.environment)
        if done is None or done.returncode not in accept:
            done = self._in_full(args, stdin)  # which has git's complaint, too
        if done.returncode not in accept:
            said = done.stderr.decode("utf-8", "backslashreplace")
            raise GitFailed(args, done.returncode, said)
        return done

    def ahead(self, *args: str, talk: bool = False) -> None:
        """Start `git args`, which `run`, or `talk`, will be asked for: see `Ahead`."""
        if self._here:
            self._ahead.start(args, self.environment, talk=talk)

    def tell(self, *args: str, printed: bytes) -> None:
        """Take `printed` for the answer to `git args`: see `Ahead`."""
        if self._here:
            self._ahead.tell(args, printed)

    def end(self) -> None:
        """End what was started ahead, and who was talked to."""
        self._ahead.end()

    @property
    def _here(self) -> bool:
        """Whether git runs where we are, and is the git that we would find."""
        return self.at is None and self.environment.get("PATH") == os.environ.get(
            "PATH"
        )

    def _in_full(self, args: Sequence[str], stdin: bytes) -> Done:
        """Run `git args` with an input, its complaints kept."""
        import subprocess

        try:
            done = subprocess.run(
                ("git", *args),
                cwd=self.at,
                env=dict(self.environment),
                input=stdin,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise self._not_started(error) from error
        return Done(done.returncode, done.stdout, done.stderr)

    def within(self, seconds: float, *args: str) -> Done:
        """Run `git args`, ended after `seconds`; TimedOut then. Any exit code is fine.

        What git prints goes to files: helpers (ssh, a server on this machine) of a git
        that was killed outlive it and would keep a pipe open. It stays in our process
        group, or ssh could not ask for a passphrase.
        """
        import signal
        import subprocess
        import tempfile
        import threading

        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = self.start(args, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            # `Popen.wait` with a timeout looks every 50 ms, and a fetch takes 10.
            waiter = threading.Thread(target=child.wait, daemon=True)
            _under_way.add(child)
            try:
                waiter.start()
                waiter.join(max(seconds, 0.0))
                if waiter.is_alive():
                    message = f"no end in {seconds:.0f} s"
                    raise TimedOut(args, -signal.SIGTERM, message)
            finally:
                _under_way.discard(child)
                terminate(child)
            out.seek(0)
            err.seek(0)
            return Done(child.returncode, out.read(), err.read())

    def talk(self, *args: str) -> "Spawned | subprocess.Popen[bytes]":
        """Start `git args` to talk to, for the caller to end."""
        child = self._ahead.talk(args, self.environment) if self._here else None
        if child:
            return child
        from subprocess import DEVNULL, PIPE

        return self.start(args, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)

    def start(
        self, args: Sequence[str], stdin: int, stdout: "Stream", stderr: "Stream"
    ) -> "subprocess.Popen[bytes]":
        """Start `git args` with these streams, for the caller to end."""
        import subprocess

        try:
            return subprocess.Popen(
                ("git", *args),
                cwd=self.at,
                env=dict(self.environment),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
            )
        except OSError as error:
            raise self._not_started(error) from error

    def _not_started(self, error: OSError) -> CannotTell:
        if not self.folder.is_dir():
            return CannotTell(f"there is no folder {self.folder}")
        if isinstance(error, FileNotFoundError):
            return CannotTell("git is not installed, or not on PATH")
        return CannotTell(f"git cannot be run ({error.strerror})")

    def out(self, *args: str, stdin: bytes = b"") -> bytes:
        """What `git args` prints."""
        return self.run(*args, stdin=stdin).stdout

    def line(self, *args: str) -> str:
        """What `git args` prints, as one line of text without its newline."""
        return os.fsdecode(self.out(*args)).removesuffix("\n")

    def maybe(self, *args: str) -> str | None:
        """As `line`; None where git answers no (exit code 1)."""
        done = self.run(*args, accept=(0, 1))
        return None if done.returncode else os.fsdecode(done.stdout).removesuffix("\n")

    def rows(self, *args: str, stdin: bytes = b"") -> list[str]:
        """What `git args -z` prints, one text a NUL-ended row."""
        text = self.out(*args, stdin=stdin).decode("utf-8", "surrogateescape")
        return text.removesuffix("\0").split("\0") if text else []
