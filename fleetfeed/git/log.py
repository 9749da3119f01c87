"""Which commit added which file, newest first, as git finds them.

A reader who wants the newest few must not wait for the whole history: git's output is
read while it is written, and git is ended where nobody reads on.
"""

import os
from collections.abc import Generator
from contextlib import closing
from subprocess import DEVNULL, PIPE
from typing import IO

from fleetfeed.git.process import Git
from fleetfeed.model.errors import GitFailed

Added = tuple[str, str]
"""A commit's id, and the path of a file that it added."""

_CHUNK = 1 << 16

# What a user may have set for `git log` must not change what is listed.
_LOG = (
    "log", "-z", "--raw", "--format=%H", "--root", "--no-abbrev", "--no-color",
    "--no-show-signature", "--no-notes", "--no-renames", "--no-relative", "--no-follow",
    "--no-ext-diff", "--diff-filter=A", "--diff-merges=combined",
)  # fmt: skip


def added(
    git: Git, commit: str, paths: tuple[str, ...]
) -> Generator[Added, None, None]:
    """Every addition below `paths` in the history of `commit`; close it when done.

    A merge adds what none of its parents has: what came through it was added before.
    Format: the commit's id, then `:modes ids status NUL path` for each file, the status
    with one letter a parent; a newline or an empty text may stand between.
    """
    here, names = "", list[str]()
    with closing(_streamed(git, *_LOG, commit, "--", *paths)) as texts:
        for text in texts:
            row = text.lstrip("\n")
            if row.startswith(":"):
                path = next(texts)
                if set(row.rpartition(" ")[2]) == {"A"}:
                    names.append(path)
            elif row:
                yield from _newest_first(here, names)
                here, names = row, []
        yield from _newest_first(here, names)


def _newest_first(commit: str, names: list[str]) -> list[Added]:
    """Later posts of an item have higher numbers."""
    return [(commit, name) for name in sorted(names, reverse=True)]


def _streamed(git: Git, *args: str) -> Generator[str, None, None]:
    """What `git args -z` prints, each NUL-ended text as it comes.

    GitFailed where git fails; closing it ends git.
    """
    import tempfile  # late, as in `process`

    with tempfile.TemporaryFile() as errors:
        child = git.start(args, stdin=DEVNULL, stdout=PIPE, stderr=errors)
        with child:
            try:
                yield from _texts(child.stdout)
            except GeneratorExit:
                child.kill()
                raise
        if child.returncode:
            errors.seek(0)
            complaint = errors.read().decode("utf-8", "backslashreplace")
            raise GitFailed(args, child.returncode, complaint)


def _texts(out: IO[bytes] | None) -> Generator[str, None, None]:
    rest = b""
    while out and (chunk := os.read(out.fileno(), _CHUNK)):
        *texts, rest = (rest + chunk).split(b"\0")
        for text in texts:
            yield text.decode("utf-8", "surrogateescape")
