"""The push, from what the feed ref is to what it would be; and a command's write."""

from collections.abc import Callable

from fleetfeed.checks.history import judge_history, malformed_root
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Place, Severity, Verdict, in_order
from fleetfeed.model.liveness import Signs, no_signs
from fleetfeed.model.policy import Policy
from fleetfeed.repo.judging_policy import judging_policy
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo

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
) -> Verdict:
    """The verdict on moving the feed ref from commit `old` (None: nothing) to `new`.

    `where` is given where the feed ref is known beforehand; `unknown` is the severity
    where only the server could tell a lapse; `signs_of` is who can, if any.
    """
    before = repo.snapshot(old)
    after = before.changed_to(repo.tree(new))
    where = where or repo.where(before if before.tree.root else after)
    policy, findings = judging_policy(before, after, where)
    signs = signs_of(before, policy) if signs_of else no_signs
    found = [
        *findings,
        *validate(before, after, policy, signs, unknown),
        *judge_history(repo, repo.between(old, new)),
    ]
    return Verdict(in_order(found))


def not_forward(repo: Repo, ref: str, old: str, new: str) -> Verdict | None:
    """FF405 where `new` does not contain `old`; None where it does."""
    # Somebody's parent, among the commits that `old` lacks: then it is an ancestor.
    rows = repo.between(old, new).decode("ascii").splitlines()
    if any(old in row.split()[1:] for row in rows):
        return None
    done = repo.git.run("merge-base", "--is-ancestor", old, new, accept=(0, 1))
    if not done.returncode:
        return None
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


def judge_write(
    before: Snapshot,
    after: Snapshot,
    where: Where,
    unknown: Severity = Severity.REJECT,
    signs: Signs = no_signs,
) -> Verdict:
    """The verdict on `after`, which adds posts to `before`.

    Nobody here keeps time, so what needs a lapse is refused, as a server does that
    cannot tell: a server without hooks would let it through. Where the server can tell,
    `unknown` is a warning; `signs` are what the writer itself has watched.
    """
    policy, findings = judging_policy(before, after, where)
    found = validate(before, after, policy, signs, unknown)
    return Verdict(in_order((*findings, *found)))
