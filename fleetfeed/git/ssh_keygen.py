"""ssh-keygen as a child process: the one that says whether a signature is one.

Arguments are lists, never a shell's words, and none begins with a dash that a stranger
wrote. Times are UTC (`TZ`), so the same allowed_signers says the same on every machine.
What strangers sent goes through files of a folder that nobody else may enter.

A signature takes one process, 5 ms (an expired certificate or an unknown key take none:
see `checks.signatures`), so they are run side by side. (OpenSSH 9.2; it has no way to
ask for several at once.)
"""

import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence

from fleetfeed.git.process import Done
from fleetfeed.model.errors import CannotTell
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Self

PROGRAM = "ssh-keygen"
INSTALL = "install OpenSSH 8.9 or later"
_NO = 255
"""How ssh-keygen ends where its answer is no."""

_SIGTERM = 15  # as POSIX numbers it; `signal` takes 0.3 ms to import

_EARLIEST, _LATEST = 86_400, 253_402_300_799
"""The times that it takes: of 1970-01-01 it says that they are none."""


def run(
    *args: str,
    stdin: bytes | None = b"",
    program: str = PROGRAM,
    beside: bool = False,
) -> Done:
    """Run `ssh-keygen args`, in UTC; any exit code is fine.

    A `program` in its place is one that signs as it does. A passphrase is asked for on
    a terminal alone; where this process's own standard input (`stdin` None) is one.
    `beside` is for what runs while somebody else has the terminal.
    """
    import subprocess

    try:
        ended = subprocess.run(
            (program, *args),
            env={**_environment(), **unasked(beside=beside)},
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise not_started(error, program) from error
    return Done(ended.returncode, ended.stdout, ended.stderr)


def not_started(error: OSError, program: str = PROGRAM) -> CannotTell:
    """What to say where `program` cannot be run."""
    name = printable(program, 300)
    if isinstance(error, FileNotFoundError):
        why = f"{name} is not installed, or not on PATH"
        todo = "install OpenSSH's client (openssh-client, openssh)"
        if program != PROGRAM:
            todo = "`git config gpg.ssh.program` names it"
        return CannotTell(f"{why}; {todo}")
    return CannotTell(f"{name} cannot be run ({error.strerror})")


def unasked(*, beside: bool = False) -> Mapping[str, str]:
    """What keeps ssh-keygen from asking for a passphrase where nobody looks on.

    It would ask the terminal that a pipe was started from, and wait for ever. Nor is
    the terminal asked `beside` another program that has it.
    """
    if beside:
        answers = os.environ.get("SSH_ASKPASS") or "false"
        return {"SSH_ASKPASS": answers, "SSH_ASKPASS_REQUIRE": "force"}
    if any(map(_is_terminal, (sys.stdin, sys.stderr))) or "SSH_ASKPASS" in os.environ:
        return {}
    return {"SSH_ASKPASS": "false", "SSH_ASKPASS_REQUIRE": "force"}


def _is_terminal(stream: "IO[str] | None") -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _no_room(error: OSError) -> CannotTell:
    why = f"signatures cannot be verified: no file can be written ({error.strerror})"
    return CannotTell(f"{why}; make room in {printable(_temporary())}")


def _temporary() -> str:
    """Where what is soon taken away may lie; `tempfile` takes 12 ms to import."""
    return os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - our folder in it is ours


def _environment() -> Mapping[str, str]:
    return {**os.environ, "TZ": "UTC", "LC_ALL": "C"}


@record
class Question:
    """Whether `signature` is one over `payload`, for the namespace.

    With a `principal`: and by a key that allowed_signers gives to it, valid `at` that
    time (seconds since 1970), and, if `unrevoked`, not revoked.
    """

    payload: bytes
    signature: bytes
    namespace: str
    principal: str = ""
    at: int = 0
    unrevoked: bool = True


class Verifier:
    """Asks ssh-keygen questions, on all cores; it has a folder while it is open."""

    def __init__(self, signers: bytes, revoked: bytes) -> None:
        """By these allowed_signers, and revoked keys (empty: none are)."""
        self._signers, self._revoked = signers, revoked
        self._environment = _environment()
        self._most = (os.cpu_count() or 1) + 1
        # Processes under way and the numbers of their questions, the oldest first.
        self._under_way: deque[tuple[int, int]] = deque()

    def __enter__(self) -> "Self":
        """Write what all questions are asked by."""
        self._at = os.path.join(_temporary(), f"fleetfeed-{os.urandom(12).hex()}")
        try:
            os.mkdir(self._at, 0o700)
            self._write("signers", self._signers)
            self._write("revoked", self._revoked)
        except OSError as error:
            self._clear()
            raise _no_room(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        """End what is under way, and take the files away."""
        for process in [row[0] for row in self._under_way]:
            try:
                os.kill(process, _SIGTERM)
                os.waitpid(process, 0)
            except (ProcessLookupError, ChildProcessError):  # it was waited for
                pass
        self._under_way.clear()
        self._clear()

    def ask(self, questions: Sequence[Question]) -> list[bool]:
        """The answers, in order. CannotTell where ssh-keygen gave none."""
        answers = list[bool]()
        for number, question in enumerate(questions):
            if len(self._under_way) == self._most:
                answers.append(self._answer())
            self._begin(number, question)
        while self._under_way:
            answers.append(self._answer())
        return answers

    def _begin(self, number: int, question: Question) -> None:
        try:
            payload = self._write(f"{number}", question.payload)
            signature = self._write(f"{number}.sig", question.signature)
        except OSError as error:
            raise _no_room(error) from error
        args = ("-Y", *self._how(question), "-n", question.namespace, "-s", signature)
        streams = (
            (os.POSIX_SPAWN_OPEN, 0, payload, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        )
        command, environment = (PROGRAM, *args), self._environment
        try:
            # As git is started for a hook: see `git.hook_process` for what that saves.
            process = os.posix_spawnp(
                PROGRAM, command, environment, file_actions=streams
            )
        except OSError as error:
            raise not_started(error) from error
        self._under_way.append((process, number))

    def _answer(self) -> bool:
        """That of the oldest question: its process is waited for."""
        process, number = self._under_way[0]
        _, status = os.waitpid(process, 0)
        self._under_way.popleft()
        for name in (f"{number}", f"{number}.sig"):
            os.unlink(os.path.join(self._at, name))
        code = os.waitstatus_to_exitcode(status)
        if code in (0, _NO):
            return code == 0
        message = f"{PROGRAM} ended with code {code} and no answer"
        raise CannotTell(f"{message}; where it did, {INSTALL}")

    def _how(self, question: Question) -> list[str]:
        if not question.principal:
            return ["check-novalidate"]
        by = ["-f", os.path.join(self._at, "signers"), "-I", question.principal]
        if self._revoked and question.unrevoked:
            by += ["-r", os.path.join(self._at, "revoked")]
        return ["verify", *by, f"-Overify-time={_time(question.at)}"]

    def _write(self, name: str, data: bytes) -> str:
        """A new file in our folder; its path."""
        path = os.path.join(self._at, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def _clear(self) -> None:
        """Take our folder away; what cannot be says nothing to anybody else."""
        try:
            for name in os.listdir(self._at):
                os.unlink(os.path.join(self._at, name))
            os.rmdir(self._at)
        except OSError:
            pass


def _time(seconds: int) -> str:
    from datetime import UTC, datetime

    at = min(max(seconds, _EARLIEST), _LATEST)
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%d%H%M%S")


def krl_flaw(data: bytes) -> str:
    """Why ssh-keygen cannot read this key revocation list; empty where it can."""
    import tempfile  # late: rules change seldom

    with tempfile.NamedTemporaryFile(prefix="fleetfeed-") as file:
        file.write(data)
        file.flush()
        done = run("-Q", "-l", "-f", file.name)
    if not done.returncode:
        return ""
    words = done.stderr.decode("utf-8", "replace").replace(file.name, "it")
    return printable(" ".join(words.split())) or "it says nothing of why"


def readable(keys: Sequence[str]) -> frozenset[str]:
    """The fingerprints of those of `keys`, lines of keys, that ssh-keygen reads."""
    import tempfile  # late: rules change seldom

    with tempfile.NamedTemporaryFile(prefix="fleetfeed-") as file:
        file.write("".join(f"{key}\n" for key in keys).encode())
        file.flush()
        rows = run("-l", "-f", file.name).stdout.decode("utf-8", "replace").splitlines()
    return frozenset(row.split()[1] for row in rows)


# A key whose private half is nowhere, and what it signed for `fleetfeed`.
_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPVLQgdJVPqWWNlJgnPbrF8WvYIWP5Ew6QY35agP8p2l"
)
_SIGNERS = f'probe valid-before="20300101" {_KEY}\n'
_TEXT = b"fleetfeed tries ssh-keygen\n"
_SIGNATURE = b"""\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg9UtCB0lU+pZY2UmCc9usXxa9gh
Y/kTDpBjflqA/ynaUAAAAJZmxlZXRmZWVkAAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1l
ZDI1NTE5AAAAQHg3I6qn0W4BLgaRYAHwzUiaWUd5+x7Yo5XnNTuhPN3EZPaNijx1Ikxubj
BGSLD2KxEXUMavOUWpuXwOfLSNGAA=
-----END SSH SIGNATURE-----
"""
_IN_2025, _IN_2031 = 1_750_000_000, 1_925_000_000


def tried() -> str:
    """Why ssh-keygen here cannot verify signatures; empty where it can, by trying.

    An old one knows no times, and would take today's for each. CannotTell where it
    cannot be asked at all.
    """
    good = Question(_TEXT, _SIGNATURE, "fleetfeed", "probe", _IN_2025, unrevoked=False)
    wanted = {
        good: (True, "finds no signature good"),
        replace(good, payload=_TEXT * 2): (False, "finds any signature good"),
        replace(good, at=_IN_2031): (False, "takes what has expired for valid"),
        replace(good, unrevoked=True): (False, "takes what is revoked for valid"),
    }
    with Verifier(_SIGNERS.encode(), _KEY.encode()) as verifier:
        answers = verifier.ask(list(wanted))
    wrong = (
        words
        for yes, (right, words) in zip(answers, wanted.values(), strict=True)
        if yes is not right
    )
    return next(wrong, "")
