"""pre-commit and pre-merge-commit."""

from fleetfeed.entrance.commit import judge_commit
from fleetfeed.entrance.verdict import Verdict
from fleetfeed.feed.age import view_remark
from fleetfeed.feed.trees import Repo, staged
from fleetfeed.git import refs


def pre_commit(repo: Repo, *, merging: bool = False) -> Verdict:
    """The verdict on what git is about to commit.

    `merging` is told by pre-merge-commit; at a merge that stopped at a conflict,
    pre-commit runs, and MERGE_HEAD tells.
    """
    head = repo.tree(refs.commit_of(repo.git, "HEAD"))
    merging = merging or refs.commit_of(repo.git, "MERGE_HEAD") is not None
    verdict = judge_commit(repo, staged(repo, head), merging=merging)
    return verdict + Verdict(remarks=view_remark(repo))
