"""pre-push: the server's verdict, before the way to the server."""

from collections.abc import Iterable

from fleetfeed.checks.push import commit_or_refuse, deleted, judge_push, not_forward
from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Finding, Verdict, in_order
from fleetfeed.repo.location import locate
from fleetfeed.repo.repository import NoFeedFolder, Repo, policy_ref
from fleetfeed.util.printable import printable


def pre_push(repo: Repo, remote: str, lines: Iterable[str]) -> Verdict:
    """The verdict on a push to `remote` (a name or an address).

    Each line is `local-ref SP local-id SP remote-ref SP remote-id` (githooks).
    """
    found: list[Finding] = []
    for line in lines:
        # From the right: a local ref may be an expression, such as `HEAD^{/two words}`.
        _, new, remote_ref, old = line.rsplit(" ", 3)
        found += push_of(repo, remote, remote_ref, old, new).findings
    return Verdict(in_order(found))


def push_of(repo: Repo, remote: str, remote_ref: str, old: str, new: str) -> Verdict:
    """The verdict on moving one ref of the remote; ids of zeros stand for none."""
    where = locate(_named(repo, old, new), repo.settings)
    # A mirror under another name is no place of claims, and old history must be free to
    # go there under rules that have changed since. An unknown address may be the feed.
    mirrors = set(queries.remotes(repo.settings)) - {where.remote}
    if remote_ref != where.ref or remote in mirrors:
        return Verdict()
    if not new.strip("0"):
        return deleted(remote_ref)
    refused = commit_or_refuse(repo, remote_ref, new)
    if refused or not old.strip("0"):
        return refused or judge_push(repo, None, new, where)
    if queries.commit_of(repo.git, old) is None:
        message = (
            f"{remote_ref} of {printable(remote)} is at {old[:12]}, which is not here"
        )
        raise CannotTell(f"{message}; fetch, rebase or merge, and push again")
    refused = not_forward(repo, remote_ref, old, new)
    return refused or judge_push(repo, old, new, where)


def _named(repo: Repo, old: str, new: str) -> str | None:
    """The feed ref that a policy names, on the remote or in what is pushed.

    Where the settings name it no policy is asked. On another branch a file may be
    called `feed`; that names none.
    """
    if queries.setting(repo.settings, "fleetfeed.ref") is not None:
        return None
    for id_ in (old, new):
        try:
            commit = queries.commit_of(repo.git, id_)
            ref = policy_ref(repo.snapshot(commit)) if commit else None
        except NoFeedFolder:
            continue
        if ref:
            return ref
    return None
