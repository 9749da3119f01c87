"""git as a child process, with a written policy for its environment.

* git's own `GIT_*` variables are kept: in a hook, `GIT_INDEX_FILE`, `GIT_DIR` and the
  quarantine's `GIT_OBJECT_DIRECTORY` say what is really being committed or pushed.
  For another repository than the hook's, `elsewhere()` strips them: they would make
  git write one repository's index into another.
* `GIT_NO_REPLACE_OBJECTS=1`: a pushed `refs/replace/<blob>` would otherwise make git
  read another post than libgit2, which knows no replacements.
* `GIT_LITERAL_PATHSPECS=1`: a path is a path, whatever characters it has; and
  `GIT_OPTIONAL_LOCKS=0`: a reader takes no lock that a writer may want.
* `LC_ALL=C`: what became of a push is told by git's messages too (`ledger/push.py`), so
  they stay in one language.

A git that takes too long is ended, and so are its helpers: an ssh or a `git
remote-http` whose server never answers would wait for ever, one more with each try. A
process group of its own would be easier to end, but ssh could not ask for a passphrase
from there. A server on this machine (the remote is a path) is left to end by itself:
receive-pack (git 2.39) that is killed while a hook runs leaves its quarantine behind.

How a git is started is told in `fleetfeed.git.spawned`, and how a hook asks ahead in
`fleetfeed.git.hook_process`.
"""

import errno
import os
from collections.abc import Callable, Mapping, Sequence

from fleetfeed.git.spawned import Done as Done  # noqa: PLC0414 - others have it here
from fleetfeed.git.spawned import Filed, Spawned
from fleetfeed.model.errors import CannotTell, GitFailed, TimedOut, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from pathlib import Path
    from typing import IO

    Stream = int | IO[bytes]

_SIGTERM = 15  # as POSIX numbers it; `signal` takes 0.3 ms to import

_TO_CLEAN_UP = 2.0
"""Seconds that a git which is told to end gets for removing its locks."""

# What `git rev-parse --local-env-vars` prints (git 2.39 and 2.47): the variables that
# bind a process to one repository.
LOCAL_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
    "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_QUARANTINE_PATH",
)  # fmt: skip

_OURS = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


_TIDIED = 16
"""One in how many gits that may tidy up looks whether it should: that takes 3 ms."""


def untidied() -> tuple[str, ...]:
    """What tells a git that it need not look (`gc.auto`); nothing, once in a while."""
    lucky = not os.urandom(1)[0] % _TIDIED
    return () if lucky else ("-c", "maintenance.auto=false")


class Git:
    """git, run in the folder `at` (None: where we are) under `environment`."""

    def __init__(
        self,
        at: "str | Path | None" = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """The environment is ours, where none is given (see `inherited`)."""
        self.at = at
        self.environment = inherited() if environment is None else environment

    @property
    def folder(self) -> "Path":
        """Where git is run."""
        from pathlib import Path

        return Path(self.at or "")

    def run(self, *args: str, stdin: bytes = b"", accept: Sequence[int] = (0,)) -> Done:
        """Run `git args`; GitFailed where the exit code is not in `accept`."""
        ended = self._ended(args, stdin)
        if ended is None or (ended.returncode and _no_file_may_grow()):
            ended = self._by_pipes(args, stdin)
        return self._accepted(args, ended, accept)

    def run_whole(
        self, *args: str, meanwhile: Callable[[], None] | None = None
    ) -> Done:
        """As `run`, for a git that would leave half of something: it is not cut off.

        Ctrl-C does not reach it, and is raised when it has ended; a second one ends it.
        `meanwhile` is called once it is under way.
        """
        with self._filed(args, unbroken=True) as child:
            try:
                if meanwhile:
                    meanwhile()
            finally:
                _wait_whole(child)
            ended = child.done()
        if ended.returncode and _no_file_may_grow():
            ended = self._by_pipes(args, b"")
        return self._accepted(args, ended, (0,))

    def _accepted(
        self, args: tuple[str, ...], ended: Done, accept: Sequence[int]
    ) -> Done:
        """`ended`, whose exit code must be in `accept`."""
        complaint = ended.stderr.decode("utf-8", "backslashreplace")
        untrusted = not_trusted(complaint) if ended.returncode else None
        if untrusted:
            raise untrusted
        if ended.returncode and not self.folder_is_there:
            raise CannotTell(f"there is no folder {self.at}")
        if ended.returncode not in accept:
            raise nameless(complaint) or GitFailed(args, ended.returncode, complaint)
        return ended

    def _ended(self, args: Sequence[str], stdin: bytes) -> Done | None:
        """What became of `git args`; None where it could not be given `stdin`."""
        try:
            with Filed(self._here(args), self.environment, stdin) as child:
                child.wait()
                return child.done()
        except OSError as error:
            if error.errno == errno.EFBIG:
                return None
            raise self._not_started(error) from error

    def _by_pipes(self, args: Sequence[str], stdin: bytes) -> Done:
        """The same without files: one in memory is a file to `ulimit -f`, too."""
        import subprocess

        try:
            ended = subprocess.run(
                ("git", *self._here(args)),
                env=dict(self.environment),
                input=stdin,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise self._not_started(error) from error
        return Done(ended.returncode, ended.stdout, ended.stderr)

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

    def within(
        self,
        seconds: float,
        *args: str,
        meanwhile: Callable[[], None] | None = None,
    ) -> Done:
        """Run `git args`, ended after `seconds`; TimedOut then. Any exit code is fine.

        `meanwhile` is called once git is under way.
        It stays in our process group, or ssh could not ask for a passphrase.
        """
        with self._filed(args) as child:
            _under_way.add(child)
            try:
                if meanwhile:
                    meanwhile()
                if not child.ends_within(seconds):
                    raise TimedOut(args, -_SIGTERM, f"no end in {seconds:.0f} s")
            finally:
                _under_way.discard(child)
                terminate(child)
            return child.done()

    def talk(self, *args: str) -> Spawned:
        """Start `git args` to talk to, for the caller to end."""
        try:
            return Spawned(self._here(args), self.environment, talk=True)
        except OSError as error:
            raise self._not_started(error) from error

    def _filed(self, args: Sequence[str], *, unbroken: bool = False) -> Filed:
        try:
            return Filed(self._here(args), self.environment, unbroken=unbroken)
        except OSError as error:
            raise self._not_started(error) from error

    def _here(self, args: Sequence[str]) -> Sequence[str]:
        """`args` for a git that is started where we are."""
        if self.at is None:
            return args
        there = os.fspath(self.at)
        try:
            return args if there == os.getcwd() else ("-C", there, *args)
        except OSError:  # where we are is gone
            return ("-C", there, *args)

    @property
    def folder_is_there(self) -> bool:
        """Whether git can be run where it is to be."""
        return self.at is None or os.path.isdir(self.at)

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
        if not self.folder_is_there:
            return CannotTell(f"there is no folder {self.at}")
        if isinstance(error, FileNotFoundError):
            return CannotTell("git is not installed, or not on PATH")
        return CannotTell(f"git cannot be run ({error.strerror})")


def _wait_whole(child: Filed) -> None:
    """Wait for its end: Ctrl-C is raised then, and not before."""
    try:
        child.wait()
    except KeyboardInterrupt:
        child.wait()
        raise


def _no_file_may_grow() -> bool:
    """Whether there is a limit on what is written (`ulimit -f`)."""
    import resource  # late: it is asked where something has gone wrong

    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY


_NAMELESS = "Please tell me who you are"
"""What git says with each reason why it makes no commit of nobody's."""

_OWNER = "detected dubious ownership"
_TRUST = "git config --global --add safe.directory "


def not_trusted(complaint: str) -> CannotTell | None:
    """In git's words: it opens no repository of another owner. None for the rest.

    No `GitFailed`: whoever takes a failure for a folder without a repository would take
    this for one.
    """
    if _OWNER not in complaint:
        return None
    from fleetfeed.util.printable import printable

    lines = [line.strip() for line in complaint.splitlines()]
    why = next(line for line in lines if _OWNER in line).removeprefix("fatal: ")
    mends = next((line for line in lines if line.startswith(_TRUST)), _TRUST + "…")
    todo = f"if you trust its owner, `{printable(mends, 400)}`, and run it again"
    return CannotTell(f"git opens nothing here: {printable(why, 400)}; {todo}")


def nameless(complaint: str) -> Usage | None:
    """In git's words: it does not know who commits. None for the rest."""
    if _NAMELESS not in complaint:
        return None
    todo = "`git config user.name NAME && git config user.email ADDRESS` says it"
    return Usage(f"git does not know who commits here; {todo}")


def inherited() -> dict[str, str]:
    """This process's environment, under the policy of this module."""
    return {**os.environ, **_OURS}


def apart() -> dict[str, str]:
    """An environment for a repository other than the one a hook runs in."""
    return {**elsewhere(os.environ), **_OURS}


def elsewhere(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what binds it to the repository of a running hook."""
    return {k: v for k, v in environment.items() if k not in LOCAL_VARIABLES}


_under_way: set[Filed] = set()


def end_those_under_way() -> None:
    """End every git that some thread waits for in `Git.within`."""
    for child in tuple(_under_way):
        terminate(child)


def terminate(child: Filed) -> None:
    """End `child` if it has not ended: by SIGTERM, so that it removes its locks."""
    if child.poll() is not None:
        return
    from fleetfeed.util.processes import descendants

    helpers = descendants(child.pid, but=_serves)
    child.terminate()
    for helper in helpers:
        try:
            os.kill(helper, _SIGTERM)
        except (ProcessLookupError, PermissionError):
            pass
    if not child.ends_within(_TO_CLEAN_UP):
        child.kill()
        child.ends_within(_TO_CLEAN_UP)


def _serves(words: Sequence[bytes]) -> bool:
    """Whether this is `git-receive-pack …`, or `git receive-pack …`."""
    return any(word.endswith(b"receive-pack") for word in words[:2])
