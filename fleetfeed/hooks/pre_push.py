"""pre-push: the server's verdict, before the way to the server."""

from collections.abc import Iterable

from fleetfeed.entrance.push import judge_push, not_forward
from fleetfeed.entrance.verdict import Verdict
from fleetfeed.errors import CannotTell
from fleetfeed.feed.trees import Repo
from fleetfeed.feed.where import Where
from fleetfeed.git import refs
from fleetfeed.shown import shown


def pre_push(repo: Repo, remote: str, lines: Iterable[str]) -> Verdict:
    """The verdict on a push to `remote` (a name or an address).

    Each line is `local-ref SP local-id SP remote-ref SP remote-id` (githooks).
    """
    verdict = Verdict()
    for line in lines:
        _, new, remote_ref, old = line.split(" ")
        verdict += push_of(repo, remote, remote_ref, old, new)
    return verdict


def push_of(repo: Repo, remote: str, remote_ref: str, old: str, new: str) -> Verdict:
    """The verdict on moving one ref of the remote; ids of zeros stand for none."""
    if not new.strip("0"):
        return Verdict()
    commit = refs.commit_of(repo.git, new)
    if commit is None:
        return Verdict()
    where = repo.where(repo.snapshot(commit))
    if remote_ref != where.ref or not _is_feeds(repo, where, remote):
        return Verdict()
    if not old.strip("0"):
        return judge_push(repo, None, commit, where)
    if refs.commit_of(repo.git, old) is None:
        said = f"{remote_ref} of {shown(remote)} is at {old[:12]}, which is not here"
        raise CannotTell(f"{said}; fetch, rebase or merge, and push again")
    refused = not_forward(repo, remote_ref, old, commit)
    return refused or judge_push(repo, old, commit, where)


def _is_feeds(repo: Repo, where: Where, remote: str) -> bool:
    """Whether `remote` is where the feed lives; an unknown address may be.

    A mirror under another name is no place of claims, and old history must be free to
    go there under rules that have changed since.
    """
    others = set(refs.remotes(repo.settings)) - {where.remote}
    return remote not in others
