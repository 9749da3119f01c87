"""A git repository in a folder, driven by the real git."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.environment import clean, command
from harness.warm import Ended, forker

_SECONDS = re.compile(r"\b\d+ s ago\b")
_FINDING = re.compile(r": (FF\d{3}) (warning: )?")


@dataclass(frozen=True, slots=True)
class Result:
    """How a process ended and what it said."""

    args: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.returncode == 0

    @property
    def said(self) -> str:
        """Both streams, stdout first."""
        return self.stdout + self.stderr

    def unsaid(self, *words: str) -> list[str]:
        """Those of `words` that are not on stderr; `0 s ago` says: in these seconds."""
        said = _SECONDS.sub("0 s ago", self.stderr)
        return [word for word in words if word not in said]

    @property
    def refusals(self) -> set[str]:
        """The codes of the findings that refuse."""
        return {code for code, warns in _FINDING.findall(self.said) if not warns}

    @property
    def warnings(self) -> set[str]:
        """The codes of the findings that only warn."""
        return {code for code, warns in _FINDING.findall(self.said) if warns}


def _judged(args: Sequence[str], ended: Ended, *, ok: bool | None) -> Result:
    """How it ended, which must be as `ok` says."""
    code, *said = ended
    out, err = (text.decode("utf-8", "surrogateescape") for text in said)
    result = Result(tuple(args), code, out, err)
    assert ok is None or result.ok == ok, result
    return result


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository at `folder`; every process runs there, under `environment`."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=clean)

    @classmethod
    def init(cls, folder: Path, *options: str, **environment: str) -> "Repo":
        """A new repository; `options` are those of `git init`."""
        folder.mkdir(parents=True, exist_ok=True)
        repo = cls(folder, clean(**environment))
        repo.git("init", "-q", "-b", "main", *options, ".")
        return repo

    def run(
        self,
        args: Sequence[str],
        *,
        ok: bool | None = True,
        stdin: str = "",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run `args`; `ok` says how it must end (True: 0, False: not 0, None: either).

        `env` is laid over the repository's environment.
        """
        done = subprocess.run(
            tuple(args),
            cwd=cwd or self.folder,
            env={**self.environment, **(env or {})},
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        return _judged(args, (done.returncode, done.stdout, done.stderr), ok=ok)

    def git(
        self,
        *args: str,
        ok: bool | None = True,
        stdin: str = "",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run `git args`, as `run`."""
        return self.run(("git", *args), ok=ok, stdin=stdin, cwd=cwd, env=env)

    def line(self, *args: str) -> str:
        """What `git args` prints, without the newline."""
        return self.git(*args).stdout.removesuffix("\n")

    def fleetfeed(
        self,
        *args: str,
        ok: bool | None = True,
        stdin: str = "",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run `fleetfeed args`, as `run`; as a fork where there is a `warm` process."""
        around, given = {**self.environment, **(env or {})}, stdin.encode()
        by = forker(around, given)
        if by is None:
            return self.run(command(*args), ok=ok, stdin=stdin, cwd=cwd, env=env)
        ended = by.run(args, cwd or self.folder, around, given)
        return _judged(command(*args), ended, ok=ok)

    def write(self, path: str, text: str | bytes) -> Path:
        """Write `text` to `path` below the folder; its absolute path."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def stage(self, path: str, text: str | bytes) -> None:
        """Write `text` to `path` and add it to the index."""
        self.write(path, text)
        self.git("add", "--", path)

    def commit(
        self, message: str = "a commit", *options: str, ok: bool | None = True
    ) -> Result:
        """Stage everything and commit it, empty or not; `options` are git commit's."""
        self.git("add", "-A")
        return self.git("commit", "-q", "--allow-empty", "-m", message, *options, ok=ok)

    def push(self, *args: str, ok: bool | None = True) -> Result:
        """Push `args`, or HEAD to the branch that carries the feed, to `origin`."""
        return self.git("push", "origin", *(args or ("HEAD:refs/heads/main",)), ok=ok)

    def alone(self) -> None:
        """Make a repository without a remote of a clone: its feed's own server."""
        policy = self.holds("feed/policy.yaml") or ""
        named = re.search(r"^server: (\S+)", policy, re.MULTILINE)
        self.git("remote", "remove", "origin")
        if named:
            self.git("config", "fleetfeed.server", named[1])

    def holds(self, path: str, commit: str = "HEAD") -> str | None:
        """The text at `path` in a commit, None where there is none."""
        found = self.git("cat-file", "blob", f"{commit}:{path}", ok=None)
        return found.stdout if found.ok else None

    def tip(self, ref: str = "HEAD") -> str:
        """The id that `ref` names; empty where there is none."""
        return self.git("rev-parse", "--verify", "-q", ref, ok=None).stdout.strip()
