"""pre-push: the server's verdict, before the way to the server."""

from collections.abc import Iterable, Mapping

from fleetfeed.checks.push import (
    commit_here,
    commit_or_refuse,
    deleted,
    judge_push,
    judge_range,
    not_forward,
    with_feed,
)
from fleetfeed.checks.three_way import is_post_or_note
from fleetfeed.feed.diff import additions
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.remote import remote_value
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Finding, Verdict, in_order
from fleetfeed.repo.location import Where, locate
from fleetfeed.repo.repository import NoFeedFolder, Repo, policy_ref
from fleetfeed.util.printable import printable

_TOLD = "PRE_COMMIT_"


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


def told_by_framework(repo: Repo, told: Mapping[str, str]) -> Verdict | None:
    """The verdict on what the pre-commit framework says is pushed (`told`), if it does.

    It reads git's lines itself, and tells the first ref alone: from where to where, or
    the branch alone where all of its history is new. In CI (`pre-commit run --from-ref
    A --to-ref B`) there is no remote, and what is told is a range.
    """
    start, end = told.get(f"{_TOLD}FROM_REF"), told.get(f"{_TOLD}TO_REF")
    remote, ref = (told.get(f"{_TOLD}REMOTE_{name}") for name in ("NAME", "BRANCH"))
    branch = end or told.get(f"{_TOLD}LOCAL_BRANCH")
    if remote and ref and branch:
        old = remote_value(repo.git, remote, ref) or ""
        return push_of(repo, remote, ref, old, commit_here(repo, branch))
    if not start or not end:
        return None
    # A range without a feed is no business of a hook's.
    named = (name for name in (start, end) if name.strip("0"))
    seen = with_feed(repo, *(commit_here(repo, name) for name in named))
    return judge_range(repo, start, end) if seen else Verdict()


def unlisted(repo: Repo, remote: str) -> Verdict:
    """The verdict on a push to `remote` for which git lists no ref.

    So does git where there is nothing to push, or nothing that it would send; and a
    program that has read the list before us leaves the same behind. So it is asked what
    there might be to push: what the feed's branch and HEAD have that was not on the
    feed ref when it was last fetched. Mostly that is nothing, and nobody is asked; else
    it is judged as if it were pushed, since it may be.
    """
    where = repo.where(repo.at_head)
    fetched = repo.snapshot(repo.tip(where.tracking) if where.tracking else None)
    here = dict.fromkeys((repo.tip(where.ref), repo.head))
    new = [c for c in here if c and _adds_posts(fetched, repo.snapshot(c))]
    if not new or _is_mirror(repo, where, remote):
        return Verdict()
    old = remote_value(repo.git, remote, where.ref) or ""
    verdict = sum((push_of(repo, remote, where.ref, old, c) for c in new), Verdict())
    remark = f"git listed no ref; judged as if {where.ref} were pushed"
    return verdict + Verdict(remarks=(remark,))


def maps_code(repo: Repo) -> bool:
    """Whether the policy, as it was fetched last, maps paths of code to surfaces.

    A database, of which nothing is fetched, is not asked for that at each push.
    """
    where = locate(_named(repo, "HEAD"), repo.told, repo.settings)
    ref = where.tracking if where.remote else where.ref
    tip = repo.tip(ref) if ref else None
    return tip is not None and bool(repo.snapshot(tip).rules.paths)


def _adds_posts(known: Snapshot, feed: Snapshot) -> bool:
    return any(map(is_post_or_note, additions(known.tree, feed.tree)))


def _is_mirror(repo: Repo, where: Where, remote: str) -> bool:
    """Whether `remote` is a remote of this clone, and not the feed's.

    A mirror under another name is no place of claims, and old history must be free to
    go there under rules that have changed since. An unknown address may be the feed.
    """
    return remote in set(queries.remotes(repo.settings)) - {where.remote}


def push_of(repo: Repo, remote: str, remote_ref: str, old: str, new: str) -> Verdict:
    """The verdict on moving one ref of the remote; ids of zeros stand for none."""
    where = locate(_named(repo, old, new), repo.told, repo.settings)
    if remote_ref != where.ref or _is_mirror(repo, where, remote):
        return Verdict()
    if not new.strip("0"):
        return deleted(remote_ref)
    refused = commit_or_refuse(repo, remote_ref, new)
    if refused or not old.strip("0"):
        return refused or _judged(repo, None, new, where)
    if queries.commit_of(repo.git, old) is None:
        message = (
            f"{remote_ref} of {printable(remote)} is at {old[:12]}, which is not here"
        )
        raise CannotTell(f"{message}; fetch, rebase or merge, and push again")
    refused = not_forward(repo, remote_ref, old, new)
    return refused or _judged(repo, old, new, where)


def _judged(repo: Repo, old: str | None, new: str, where: Where) -> Verdict:
    """The verdict on a move of the feed ref, by the ledger where posts are on one."""
    from fleetfeed.hooks.main import ledger_asked  # late: it is what calls us

    asked = ledger_asked(repo.told)
    if asked:
        from fleetfeed.checks.on_ledger import judge_export  # late: few fleets have one

        return judge_export(repo, old, new, asked)
    return judge_push(repo, old, new, where)


def _named(repo: Repo, *commits: str) -> str | None:
    """The feed ref that the policy in one of `commits` names, the first that does.

    Where the settings name it no policy is asked. On another branch a file may be
    called `feed`; that names none.
    """
    if repo.told.ref is not None:
        return None
    for id_ in commits:
        try:
            commit = queries.commit_of(repo.git, id_)
            ref = policy_ref(repo.snapshot(commit)) if commit else None
        except NoFeedFolder:
            continue
        if ref:
            return ref
    return None
