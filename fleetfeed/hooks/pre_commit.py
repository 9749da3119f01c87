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
    merging = merging or merged is not None
    return judge_commit(
        repo, staged(repo, repo.at_head.tree), merging=merging, merged=merged
    )


def _merged(repo: Repo) -> str | None:
    """The (first) commit that is being merged, None where none is.

    At a merge that stopped at a conflict, MERGE_HEAD tells. A clean one writes it after
    the hook, and names what it merges in its environment, as `GITHEAD_<id>` (git,
    builtin/merge.c); that also tells where the pre-commit framework calls us.
    """
    merged = refs.commit_of(repo.git, "MERGE_HEAD")
    named = (name for name in os.environ if name.startswith("GITHEAD_"))
    return merged or next((name.removeprefix("GITHEAD_") for name in named), None)
