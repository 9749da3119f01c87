"""The push, from what the feed ref is to what it would be; and a command's write."""

import re
from collections.abc import Callable, Sequence

from fleetfeed.checks.history import (
    Seen,
    changes_rules,
    look_through,
    malformed_root,
    other_rules,
)
from fleetfeed.feed.objects import MalformedTree
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.judge.validate import validate
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.findings import Finding, Place, Severity, Verdict, in_order
from fleetfeed.model.identity import NONE, Speaker, Speakers
from fleetfeed.model.liveness import Signs, no_signs
from fleetfeed.model.policy import Policy
from fleetfeed.repo.judging_policy import judging_policy
from fleetfeed.repo.location import Where, feed_unknown
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable

PushedBy = Callable[[Policy], Speaker]
"""From a policy to who pushes, by its `logins`."""

SignsOf = Callable[[Snapshot, Policy], Signs]
"""From the feed as it is, and its policy, to the signs of life of its items."""


def judge_push(
    repo: Repo,
    old: str | None,
    new: str,
    where: Where | None = None,
    *,
    unknown: Severity = Severity.WARN,
    signs_of: SignsOf | None = None,
    pushed_by: PushedBy | None = None,
) -> Verdict:
    """The verdict on moving the feed ref from commit `old` (None: nothing) to `new`.

    `where` is given where the feed ref is known beforehand; `unknown` is the severity
    where only the server could tell a lapse; `signs_of` is who can, if any, and
    `pushed_by` who knows the login that pushes.
    """
    before = repo.snapshot(old)
    after = before.changed_to(repo.tree(new))
    where = where or repo.where(before if before.tree.root else after)
    policy, findings = judging_policy(before, after, where)
    signs = signs_of(before, policy) if signs_of else no_signs
    # By a policy that is being mended nobody would be asked whom the last one asks for.
    asks = policy.identity != NONE or not _judges(before, policy)
    ruled = other_rules(before.tree, after.tree)
    rows, broken = _looked(repo, _whole(repo, old, new), asks=asks, ruled=ruled)
    speakers, unlawful, remarks = _authors(repo, old, new, rows, pushed_by)
    found = [
        *findings,
        *validate(before, after, policy, signs, unknown, speakers=speakers),
        *broken,
        *unlawful,
    ]
    return Verdict(in_order(found), remarks)


def _judges(before: Snapshot, policy: Policy) -> bool:
    """Whether `policy`, which judges what comes after `before`, is the one there."""
    there = before.policy
    return not before.tree.root or there.absent or policy is there.policy


def _looked(
    repo: Repo, commits: bytes, *, asks: bool, ruled: bool
) -> tuple[Sequence[Seen], list[Finding]]:
    """The commits of a push, where it is asked who brought them; what breaks the rule.

    It is asked by the policy, and where the rules themselves change: between the ends,
    if `ruled`, or by a commit.
    """
    rows, found = list[Seen](), list[Finding]()
    for row in look_through(repo, commits):
        found += row.looked.findings
        ruled = ruled or changes_rules(repo, row)
        if asks:
            rows.append(row)
    return (tuple(look_through(repo, commits)) if ruled and not asks else rows), found


def _authors(
    repo: Repo,
    old: str | None,
    new: str,
    rows: Sequence[Seen],
    pushed_by: PushedBy | None,
) -> tuple[Speakers | None, tuple[Finding, ...], tuple[str, ...]]:
    """Who brings the posts of a push, what is wrong with that, and remarks."""
    if not rows:
        return None, (), ()
    from fleetfeed.checks.authors import judge_authors

    authors = judge_authors(repo, old, new, rows, pushed_by)
    return authors.speakers, authors.findings, authors.remarks


def judge_range(repo: Repo, start: str, end: str) -> Verdict:
    """The verdict on a push of the feed ref from the commit `start` to `end`.

    Both are names, such as `origin/main`; an id of zeros stands for no commit, as in
    what CI says of a branch that is new, or deleted. CannotTell where one is not here.
    """
    old = commit_here(repo, start) if start.strip("0") else None
    if not end.strip("0"):
        return deleted(printable(start))
    new = commit_here(repo, end)
    ref = printable(end)
    seen = with_feed(repo, old, new)
    if seen is None:
        message = f"neither {printable(start)} nor {ref} has a feed"
        raise feed_unknown(f"{message}; set fleetfeed.dir to where the feed is")
    return judge_move(seen, ref, old, new)


def judge_move(repo: Repo, ref: str, old: str | None, new: str) -> Verdict:
    """The verdict on moving a feed's `ref` from commit `old` (None: none) to `new`."""
    refused = commit_or_refuse(repo, ref, new)
    if not refused and old:
        refused = not_forward(repo, ref, old, new)
    return refused or judge_push(repo, old, new)


def with_feed(repo: Repo, *commits: str | None) -> Repo | None:
    """`repo` as the first of `commits` by whose pointer one of them has a feed.

    What is pushed must not say where to look for what it is judged by.
    """
    there = [commit for commit in commits if commit]
    for commit in there:
        seen = repo.as_of(commit)
        if any(_has_feed(seen, each) for each in there):
            return seen
    return None


def _has_feed(repo: Repo, commit: str) -> bool:
    try:
        return repo.tree(commit).root is not None
    except MalformedTree:
        return True  # whatever it is, it is refused


def commit_here(repo: Repo, name: str) -> str:
    """The commit that `name` stands for. Usage where it is nobody's name.

    CannotTell where it may only be away: an id, a remote's branch, or anything in a
    shallow clone. CI checks out one commit, and the base of a change is another.
    """
    found = None if name.startswith("-") else queries.commit_of(repo.git, name)
    if found:
        return found
    known = printable(name)
    remotes = queries.remotes(repo.settings)
    if repo.shallow:
        raise cut_off(repo, f"{known} is not in it")
    branch = re.split("[~^@]", name)[0]
    away = re.fullmatch("[0-9a-f]{7,64}", branch) or branch.partition("/")[0] in remotes
    if away and remotes and not queries.commit_of(repo.git, branch):
        raise CannotTell(f"{known} is not here; {bring(repo)} brings it")
    raise Usage(f"{known} is no commit here; `git log --all` lists those that are")


def _whole(repo: Repo, old: str | None, new: str) -> bytes:
    """The commits from `old` to `new`. CannotTell where some of them are not here."""
    rows = repo.between(old, new)
    first = (row for row in rows.decode("ascii").splitlines() if " " not in row)
    if any(commit in repo.shallow for commit in first):
        raise cut_off(repo, f"not all commits up to {new[:12]} are here")
    return rows


def cut_off(repo: Repo, why: str) -> CannotTell:
    """The answer where a shallow clone lacks the history that was asked about."""
    todo = f"{bring(repo)} brings the rest (in CI: a checkout with `fetch-depth: 0`)"
    return CannotTell(f"this clone is shallow, and {why}; {todo}")


def bring(repo: Repo) -> str:
    """The command that brings all branches of the remote, with all of their history.

    A clone of one branch has a refspec for that one alone.
    """
    import shlex  # late: no hook that lets through needs it

    names = queries.remotes(repo.settings)
    remote = names[0] if names and "origin" not in names else "origin"
    whole = "--unshallow " if repo.shallow else ""
    spec = f"+refs/heads/*:refs/remotes/{remote}/*"
    return f"`git fetch {whole}{shlex.quote(remote)} {shlex.quote(spec)}`"


def not_forward(repo: Repo, ref: str, old: str, new: str) -> Verdict | None:
    """FF405 where `new` does not contain `old`; None where it does.

    CannotTell where the history that could tell is not here.
    """
    # Somebody's parent, among the commits that `old` lacks: then it is an ancestor.
    rows = repo.between(old, new).decode("ascii").splitlines()
    if any(old in row.split()[1:] for row in rows):
        return None
    if queries.is_within(repo.git, old, new):
        return None
    if repo.shallow:
        raise cut_off(repo, f"whether {new[:12]} contains {old[:12]} is not known here")
    message = f"{ref} would be rewritten: {new[:12]} does not contain {old[:12]}"
    todo = "fetch, rebase or merge, and push again without force"
    return Verdict((finding("FF405", Place(ref), f"{message}; {todo}"),))


def deleted(ref: str) -> Verdict:
    """FF405 on deleting the feed ref `ref`."""
    message = f"{ref} is the feed ref and may not be deleted; leave it out of the push"
    return Verdict((finding("FF405", Place(ref), message),))


def commit_or_refuse(repo: Repo, ref: str, new: str) -> Verdict | None:
    """FF405 where `new` is no commit, FF022 where no feed can be read from it."""
    if repo.objects.read(new)[0] == "commit":
        flaws = tuple(malformed_root(repo, new))
        return Verdict(flaws) if flaws else None
    message = f"{ref} would point at {new[:12]}, which is no commit; push a branch"
    return Verdict((finding("FF405", Place(ref), message),))
