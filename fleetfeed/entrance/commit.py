"""The commit: from HEAD to what would be committed, beside the fetched feed ref.

Three trees meet here. `head` is where the branch is, `planned` what would be committed,
`fetched` the feed ref as the last fetch saw it. What is on `fetched` is published; what
is only in `head` is a draft, which `--amend` or a rebase may still change. The judge
knows two trees, so the three become `before` and `after`:

* `after`: `planned`, and of each item that `fetched` knows more about, its posts too;
* `before`: `head`, and of such items `fetched`. A commit that brings published posts in
  (a merge, as a rule) is judged as its push would be, from `fetched` on: published
  posts are not judged again, and drafts that they collide with are.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fleetfeed import layout
from fleetfeed.entrance.verdict import Verdict
from fleetfeed.feed.age import view_remark
from fleetfeed.feed.judged_by import judging_policy
from fleetfeed.feed.merging import merged_commits
from fleetfeed.feed.planned import staged
from fleetfeed.feed.trees import Repo, policy_ref
from fleetfeed.feed.where import Where, feed_unknown
from fleetfeed.finding import Finding, Place, Severity, in_order
from fleetfeed.git import refs
from fleetfeed.judge import no_signs, validate
from fleetfeed.judge.paths import published
from fleetfeed.layout import NoteSlot, PostSlot, RuleSlot
from fleetfeed.rules import finding
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.tree import Change, Entry, FeedTree, changes, overlay


@dataclass(frozen=True, slots=True)
class Three:
    """The three trees of a commit; `fetched` is None where no feed ref was fetched."""

    head: Snapshot
    planned: Snapshot
    fetched: Snapshot | None


def judge_staged(repo: Repo, *, merging: bool = False) -> Verdict:
    """The verdict on committing what is staged; a merge under way is one."""
    merged = merged_commits(repo)
    merging = merging or bool(merged)
    return judge_commit(repo, staged(repo), merging=merging, merged=merged)


def judge_commit(
    repo: Repo, planned: FeedTree, *, merging: bool = False, merged: Iterable[str] = ()
) -> Verdict:
    """The verdict on committing `planned` on top of HEAD.

    `merging` says that the commit will have several parents; `merged` are the
    others, where git tells them before the commit.
    """
    three, where = _three(repo, planned)
    _must_be_there(repo, three, where)
    first = merging or repo.head is None
    lost = (f for commit in merged for f in _lost(three, repo.tree(commit)))
    found = (*lost, *_judge(three, where, may_mix=first))
    beside = three.fetched and where.tracking
    remarks = (view_remark(repo, beside),) if beside else ()
    return Verdict(in_order(found), remarks)


def planned_beside(repo: Repo, planned: FeedTree) -> Snapshot:
    """`planned`, and what the fetched feed ref knows beyond it."""
    return _after(_three(repo, planned)[0])


def _three(repo: Repo, planned: FeedTree) -> tuple[Three, Where]:
    head = repo.at_head
    after = Snapshot(planned, repo.memo)
    where = repo.where(_seen(repo, head, after))
    tip = repo.tip(where.tracking) if where.tracking else None
    return Three(head, after, repo.snapshot(tip) if tip else None), where


def _seen(repo: Repo, head: Snapshot, after: Snapshot) -> Snapshot:
    """The tree whose policy says where the feed is: HEAD's, where it has one.

    Where the settings pin a ref and the planned policy names it, that policy may be the
    one that mends a disagreement.
    """
    pinned = refs.setting(repo.settings, "fleetfeed.ref")
    mends = pinned is not None and policy_ref(after) == pinned
    return head if head.tree.root and not mends else after


def _must_be_there(repo: Repo, three: Three, where: Where) -> None:
    """Refuse a feed on a branch while the feed ref itself is nowhere to be seen."""
    carries = three.head.tree.root or three.planned.tree.root
    if three.fetched or not carries:
        return
    on = refs.head_ref(repo.git)
    if on == where.ref or repo.tip(where.ref):
        return
    here = f"the branch {shown(on)}" if on else "a detached HEAD"
    said = f"{here} carries a feed, but the feed ref {where.ref} is missing"
    raise feed_unknown(
        f"{said}; set fleetfeed.ref, or the policy's `ref:`, or fetch it"
    )


def _judge(three: Three, where: Where, *, may_mix: bool) -> tuple[Finding, ...]:
    changed = list(changes(three.head.tree, three.planned.tree))
    known = _policy_source(three)
    policy, findings = judging_policy(known, three.planned, where)
    found = [*findings, *_drafts(three, changed), *_stale(three, changed)]
    if not may_mix:
        found += mixed(changed, three.planned.tree)
    before, after = _before(three, changed), _after(three)
    found += validate(before, after, policy, no_signs, Severity.WARN)
    return tuple(found)


def _policy_source(three: Three) -> Snapshot:
    """Where the policy is looked for first: HEAD, else the fetched feed ref."""
    if three.head.tree.root or three.fetched is None:
        return three.head
    return three.fetched


def mixed(changed: list[Change], tree: FeedTree) -> list[Finding]:
    """FF404 where one commit changes the policy and touches posts."""
    slots = [layout.slot(change.path) for change in changed]
    policy = any(isinstance(s, RuleSlot) and s.name == layout.POLICY for s in slots)
    if not policy or not any(isinstance(slot, PostSlot | NoteSlot) for slot in slots):
        return []
    said = "this commit changes the policy and touches posts"
    place = Place(tree.shown(layout.POLICY))
    return [finding("FF404", place, f"{said}; commit the policy first, by itself")]


def _drafts(three: Three, changed: list[Change]) -> list[Finding]:
    """What this commit does to posts that are there already, published or not."""
    fetched, found = three.fetched, []
    for change in changed:
        slot = layout.slot(change.path)
        if fetched is None or not isinstance(slot, PostSlot | NoteSlot):
            continue
        there = fetched.tree.entry(change.path)
        if there is None and change.old:
            found.append(_draft_changed(change, three.planned.tree))
        elif there is None or _same(there, change.new):
            continue
        elif change.new or _same(there, change.old):
            found.append(published(change, slot, fetched, three.planned))
        else:
            found.append(_draft_changed(change, three.planned.tree))
    return found


def _lost(three: Three, merged: FeedTree) -> list[Finding]:
    """Published posts that a merge was to bring in and, settled wrongly, does not."""
    fetched, found = three.fetched, []
    for change in changes(merged, three.planned.tree):
        slot = layout.slot(change.path)
        if fetched is None or not isinstance(slot, PostSlot | NoteSlot):
            continue
        if _same(fetched.tree.entry(change.path), change.old):
            found.append(published(change, slot, fetched, three.planned))
    return found


def _same(one: Entry | None, two: Entry | None) -> bool:
    if one is None or two is None:
        return False
    return (one.mode, one.id) == (two.mode, two.id)


def _draft_changed(change: Change, tree: FeedTree) -> Finding:
    verb = "edited" if change.new else "removed"
    said = f"this committed draft is {verb}, which is fine with --amend or in a rebase"
    todo = "as a commit of its own it is refused at the push until it is squashed"
    return finding("FF408", Place(tree.shown(change.path)), f"{said}; {todo}")


def _ahead(fetched: Snapshot | None, mine: Snapshot) -> dict[str, int]:
    """Items of which `fetched` has posts that `mine` lacks, and the newest such."""
    found: dict[str, int] = {}
    if fetched is None:
        return found
    for change in changes(mine.tree, fetched.tree):
        slot = layout.slot(change.path)
        if change.new and not change.old and isinstance(slot, PostSlot):
            found[slot.item] = max(slot.number, found.get(slot.item, 0))
    return found


def _stale(three: Three, changed: list[Change]) -> list[Finding]:
    """FF306 for a new post of an item that others have already written on."""
    found, fetched = [], three.fetched
    # What HEAD has and the commit takes away is no news, but FF402.
    news = _ahead(fetched, three.head)
    ahead = {i: n for i, n in _ahead(fetched, three.planned).items() if i in news}
    for change in changed:
        slot = layout.slot(change.path)
        new = change.new and not change.old
        if not new or not isinstance(slot, PostSlot) or slot.item not in ahead:
            continue
        if fetched and fetched.tree.entry(change.path) is None:
            found.append(_written_on(three.planned, slot, ahead[slot.item]))
    return found


def _written_on(planned: Snapshot, slot: PostSlot, newest: int) -> Finding:
    said = f"{slot.item} has posts up to {newest} on the feed ref that are not here yet"
    right = planned.tree.shown(layout.post_path(slot.item, newest + 1))
    place = Place(planned.tree.shown(layout.post_path(slot.item, slot.number)))
    todo = f"merge or rebase, read them, and number yours {newest + 1}"
    return finding("FF306", place, f"{said}; {todo}", mended=right, item=slot.item)


def _before(three: Three, changed: list[Change]) -> Snapshot:
    """The world before the commit (see the module)."""
    head, fetched = three.head, three.fetched
    if fetched is None:
        return head
    if any(_brought(change, fetched) for change in changed):
        return fetched
    items = set(_ahead(fetched, head))
    items |= {
        s.item
        for c in changed
        if c.old and isinstance(s := layout.slot(c.path), PostSlot)
    }
    laid = {layout.item_folder(item): _folder(fetched, item) for item in items}
    laid |= {c.path: fetched.tree.entry(c.path) for c in changed if _note_gone(c)}
    return Snapshot(overlay(head.tree, laid), head.memo)


def _brought(change: Change, fetched: Snapshot) -> bool:
    """Whether the commit brings this published post in."""
    is_post = isinstance(layout.slot(change.path), PostSlot | NoteSlot)
    return is_post and _same(fetched.tree.entry(change.path), change.new)


def _note_gone(change: Change) -> bool:
    return bool(change.old) and isinstance(layout.slot(change.path), NoteSlot)


def _folder(fetched: Snapshot, item: str) -> Entry | None:
    return fetched.tree.entry(layout.item_folder(item))


def _after(three: Three) -> Snapshot:
    """What would be committed, and what the fetched feed ref knows beyond it."""
    planned, fetched = three.planned, three.fetched
    if fetched is None:
        return planned
    laid = {
        change.path: change.new
        for change in changes(planned.tree, fetched.tree)
        if change.new and isinstance(layout.slot(change.path), PostSlot | NoteSlot)
    }
    return Snapshot(overlay(planned.tree, laid), planned.memo)
