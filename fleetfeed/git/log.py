"""Which commit added which file, newest first, in the order in which they landed.

That is the order of first parents; what one of these merges landed with it, whenever it
was made: a queue lands what was built on an earlier tip, and seats' clocks differ. So
git is asked for no order by date, and goes through all commits before it prints one.
A reader who wants the newest few must not wait for the whole history: the newest part
of it is asked for first, git's output is read while it is written, and git is ended
where nobody reads on.
"""

import os
from collections.abc import Generator
from contextlib import closing
from subprocess import DEVNULL, PIPE
from typing import IO

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.model.errors import GitFailed

Added = tuple[str, str]
"""A commit's id, and the path of a file that it added."""

_CHUNK = 1 << 16
_NEWEST, _MORE = 100, 100
"""Commits of the first parents that are asked for first, and how many times as many
each time after that: of 100 git knows the order in 0.02 s, of 10,000 in 0.9 s."""

# What a user may have set for `git log` must not change what is listed.
_LOG = (
    "log", "-z", "--raw", "--format=%H", "--root", "--no-abbrev", "--no-color",
    "--no-show-signature", "--no-notes", "--no-renames", "--no-relative", "--no-follow",
    "--no-ext-diff", "--diff-filter=A", "--diff-merges=combined", "--topo-order",
)  # fmt: skip


def added(
    git: Git, commit: str, paths: tuple[str, ...]
) -> Generator[Added, None, None]:
    """Every addition below `paths` in the history of `commit`; close it when done.

    A merge adds what none of its parents has: what came through it was added before.
    """
    newest, count = commit, _NEWEST
    while newest:
        # What an ancestor has landed before all that it has not.
        older = queries.commit_of(git, f"{newest}~{count}")
        range_ = (newest, f"^{older}") if older else (newest,)
        yield from _added_in(git, range_, paths)
        newest, count = older or "", count * _MORE


def _added_in(
    git: Git, range_: tuple[str, ...], paths: tuple[str, ...]
) -> Generator[Added, None, None]:
    """The additions of a range.

    Format: the commit's id, then `:modes ids status NUL path` for each file, the status
    with one letter a parent; a newline or an empty text may stand between.
    """
    here, names = "", list[str]()
    with closing(streamed(git, *_LOG, *range_, "--", *paths)) as texts:
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


def streamed(git: Git, *args: str) -> Generator[str, None, None]:
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
