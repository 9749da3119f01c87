"""pre-commit and pre-merge-commit."""

from fleetfeed.checks.commit import judge_staged
from fleetfeed.checks.verdict import Verdict
from fleetfeed.repo.repository import Repo


def pre_commit(repo: Repo, *, merging: bool = False) -> Verdict:
    """The verdict on what git is about to commit.

    `merging` is told by the hook's name, where it is pre-merge-commit's own.
    """
    return judge_staged(repo, merging=merging)
