"""Where git keeps its own files: linked worktrees have some to themselves."""

import os
from collections.abc import Sequence

from fleetfeed.git.process import Git

SHARED = "config"
"""A file that lies in the folder which all linked worktrees share (git, path.c)."""


def common_folder(git: Git) -> str:
    """The folder that all linked worktrees share, seen from where we are."""
    return above(os.path.join(git.at or "", git_paths(git, (SHARED,))[SHARED]))


def above(path: str) -> str:
    """The folder that a file lies in; where we are has a name, too: a dot."""
    return os.path.dirname(path) or os.curdir


def paths_question(names: Sequence[str]) -> tuple[str, ...]:
    """What `git_paths` asks."""
    return ("rev-parse", *(word for name in names for word in ("--git-path", name)))


def trace_names(tracking: str) -> tuple[str, str, str]:
    """The files that a fetch into `tracking`, or a clone, touches (see `feed.age`)."""
    clone = "/".join((*tracking.split("/")[:3], "HEAD"))
    return "FETCH_HEAD", f"logs/{tracking}", f"logs/{clone}"


def git_paths(git: Git, names: Sequence[str]) -> dict[str, str]:
    """The paths of git's files `names`, seen from where git runs, in one question."""
    said = git.line(*paths_question(names))
    # A folder may have a newline in its name: then each is asked about alone.
    paths = said.split("\n") if len(names) > 1 else [said]
    if len(paths) != len(names):
        return {name: git.line(*paths_question((name,))) for name in names}
    return dict(zip(names, paths, strict=True))
