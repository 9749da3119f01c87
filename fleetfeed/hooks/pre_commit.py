"""pre-commit and pre-merge-commit."""

import os

from fleetfeed.entrance.commit import judge_commit
from fleetfeed.entrance.verdict import Verdict
from fleetfeed.feed.trees import Repo, staged
from fleetfeed.git import refs


def pre_commit(repo: Repo, *, merging: bool = False) -> Verdict:
    """The verdict on what git is about to commit.

    `merging` is told by the hook's name, where it is pre-merge-commit's own.
    """
    merged = _merged(repo)
    planned = staged(repo, repo.at_head.tree)
    return judge_commit(repo, planned, merging=merging or bool(merged), merged=merged)


def _merged(repo: Repo) -> tuple[str, ...]:
    """The commits that are being merged into HEAD.

    At a merge that stopped at a conflict, MERGE_HEAD tells. A clean one writes it after
    the hook, and names what it merges in its environment, as `GITHEAD_<id>` (git,
    builtin/merge.c); that also tells where the pre-commit framework calls us.
    """
    conflicted = refs.commit_of(repo.git, "MERGE_HEAD")
    clean = (n.removeprefix(_NAMED) for n in os.environ if n.startswith(_NAMED))
    return (conflicted, *clean) if conflicted else tuple(clean)


_NAMED = "GITHEAD_"
