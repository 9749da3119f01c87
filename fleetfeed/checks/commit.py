"""The commit: from HEAD to what would be committed, beside the fetched feed ref.

And, for who has no repository, a folder of files, judged as its first push would be.
"""

from fleetfeed.checks import drafts
from fleetfeed.checks.three_way import ThreeWay
from fleetfeed.feed.objects import Entry
from fleetfeed.feed.overlay import NoStore, overlay
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git import queries
from fleetfeed.judge.paths import malformed
from fleetfeed.judge.validate import validate
from fleetfeed.model.errors import Usage
from fleetfeed.model.findings import Finding, Severity, Verdict, in_order
from fleetfeed.model.identity import SIGNED
from fleetfeed.model.liveness import no_signs
from fleetfeed.repo.judging_policy import judging_policy
from fleetfeed.repo.location import Where, feed_unknown
from fleetfeed.repo.repository import Repo, policy_ref
from fleetfeed.repo.staged import entry_from_disk, merged_commits, staged
from fleetfeed.repo.view import view_remark
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def judge_staged(repo: Repo, *, merging: bool = False) -> Verdict:
    """The verdict on committing what is staged."""
    return judge_commit(repo, staged(repo), merging=merging)


def judge_commit(repo: Repo, planned: FeedTree, *, merging: bool = False) -> Verdict:
    """The verdict on committing `planned` on top of HEAD.

    The commit will have several parents where a merge is under way, and where
    `merging` says so because git does not tell which.
    """
    merged = merged_commits(repo)
    trees, where = three_way(repo, planned)
    _must_be_there(repo, trees, where)
    first = merging or bool(merged) or repo.head is None
    lost = (f for c in merged for f in drafts.left_out(trees, repo.tree(c)))
    # What a merge takes over was brought, and signed, by those whom it merges.
    sides = None if merging and not merged else tuple(map(repo.tree, merged))
    found = (*lost, *_judge(repo, trees, where, sides, may_mix=first))
    beside = trees.upstream and where.tracking
    remarks = (view_remark(repo, beside),) if beside else ()
    return Verdict(in_order(found), remarks)


def planned_beside(repo: Repo, planned: FeedTree) -> Snapshot:
    """`planned`, and what the fetched feed ref knows beyond it."""
    return three_way(repo, planned)[0].after


def three_way(repo: Repo, planned: FeedTree) -> tuple[ThreeWay, Where]:
    """HEAD, `planned` and the fetched feed ref; and where the feed is."""
    head = repo.at_head
    after = head.changed_to(planned)
    where = repo.where(_seen(repo, head, after))
    tip = repo.tip(where.tracking) if where.tracking else None
    return ThreeWay(head, after, repo.snapshot(tip) if tip else None), where


def _seen(repo: Repo, head: Snapshot, after: Snapshot) -> Snapshot:
    """The tree whose policy says where the feed is: HEAD's, where it has one.

    Where the settings pin a ref and the planned policy names it, that policy may be the
    one that mends a disagreement.
    """
    pinned = repo.told.ref
    mends = pinned is not None and policy_ref(after) == pinned.value
    return head if head.tree.root and not mends else after


def _must_be_there(repo: Repo, trees: ThreeWay, where: Where) -> None:
    """Refuse a feed on a branch while the feed ref itself is nowhere to be seen."""
    carries = trees.base.tree.root or trees.planned.tree.root
    if trees.upstream or not carries:
        return
    on = queries.head_ref(repo.git)
    if on == where.ref or repo.tip(where.ref):
        return
    here = f"the branch {printable(on)}" if on else "a detached HEAD"
    message = f"{here} carries a feed, but the feed ref {where.ref} is missing"
    todo = "set fleetfeed.ref, or the policy's `ref:`, or fetch it"
    raise feed_unknown(f"{message}; {todo}")


def _judge(
    repo: Repo,
    trees: ThreeWay,
    where: Where,
    sides: tuple[FeedTree, ...] | None,
    *,
    may_mix: bool,
) -> tuple[Finding, ...]:
    unclear = [malformed(c, trees.planned) for c in trees.changed if c.malformed]
    if unclear:
        # Nothing can be compared with what cannot be read.
        return tuple(unclear)
    # The policy is looked for in HEAD first, else on the fetched feed ref.
    source = trees.base if trees.base.tree.root else trees.upstream or trees.base
    policy, findings = judging_policy(source, trees.planned, where)
    unlawful: tuple[Finding, ...] = ()
    if policy.identity == SIGNED and sides is not None:
        from fleetfeed.checks.committer import by_committer

        unlawful = by_committer(repo, trees, policy, sides)
    return (
        *findings,
        *(() if may_mix else drafts.mixed(trees)),
        *drafts.changed_posts(trees),
        *drafts.stale_posts(trees),
        *drafts.sealed_posts(trees),
        *unlawful,
        *validate(trees.before, trees.after, policy, no_signs, Severity.WARN),
    )


def judge_folder(folder: "Path") -> Verdict:
    """The verdict on the feed in `folder`. Usage where it holds no file at all."""
    name = folder.as_posix().rstrip("/")
    nothing = FeedTree(NoStore(), None, name)
    files = [p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()]
    blobs, entries = dict[str, bytes](), dict[str, Entry | None]()
    for path in sorted(files):
        entries[path.relative_to(folder).as_posix()] = entry_from_disk(path, blobs)
    after = Snapshot(overlay(nothing, entries, blobs))
    if after.tree.root is None:
        raise Usage(f"{printable(name)} holds no feed")
    before, rules = Snapshot(nothing), after.rules
    return Verdict(validate(before, after, rules, no_signs, Severity.WARN))
