"""Which commits are being merged into HEAD."""

import os

from fleetfeed.repo.repository import Repo

_NAMED = "GITHEAD_"


def merged_commits(repo: Repo) -> tuple[str, ...]:
    """The commits that the next commit merges; none where it is an ordinary one.

    While a merge waits for its commit, MERGE_HEAD has them, one a line. A merge that
    needs no help writes it after the hook, and names what it merges in the hook's
    environment, as `GITHEAD_<id>` (git, builtin/merge.c); that also tells where the
    pre-commit framework calls us.
    """
    waiting = repo.git_path("MERGE_HEAD")
    named = (n.removeprefix(_NAMED) for n in os.environ if n.startswith(_NAMED))
    if os.path.exists(waiting):
        with open(waiting, encoding="ascii") as rows:
            return tuple(rows.read().split())
    return tuple(named)
