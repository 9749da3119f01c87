"""The audit: whether the whole history of a clone is sound.

Every commit keeps what its parents hold; every post can be read and carries the right
number and epoch; no surface has two holders at the tip. Two holders at an earlier
commit of the first-parent chain are listed and not failed: the push that made that
commit may have gone on to settle it. What only the server could know (leases) is not
asked, and neither is the policy, but for what is one surface by it: new rules bind new
posts, and two items that only a change of it has made holders of one surface go on. Who
was allowed to bring what is proven where the policy of the day asked (`checks.verify`).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

from fleetfeed.checks.audit_items import ItemHistory, Keys, item_history, item_ids, what
from fleetfeed.checks.audit_overlaps import OverlapHistory, Touched, both_held
from fleetfeed.checks.history import look_at, since_first
from fleetfeed.checks.push import cut_off
from fleetfeed.checks.verify import prove
from fleetfeed.feed.diff import Change, changes
from fleetfeed.feed.objects import SUBTREE, MalformedTree
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree_reader import together
from fleetfeed.git.queries import between_question
from fleetfeed.judge.paths import (
    SoundNotes,
    case_collisions,
    judge_path,
    take_until_limit,
)
from fleetfeed.model.families import Families
from fleetfeed.model.findings import Finding, Verdict, in_order
from fleetfeed.model.layout import POLICY, PostPath, item_folder
from fleetfeed.model.policy import DEFAULT
from fleetfeed.repo.repository import NoFeedFolder, Repo
from fleetfeed.repo.workers import Job, all_cores, side_by_side
from fleetfeed.util.progress import OnProgress

T = TypeVar("T")

# What a policy decides, and what therefore an audit leaves alone.
_OF_THE_POLICY = frozenset({"FF102", "FF406"})

SHORT = 2000
"""Commits below which a second process costs more than it brings."""
_PART = 500
"""How many commits or items one process takes at a time."""


def judge_audit(
    repo: Repo, tip: str, on_progress: OnProgress, workers: int | None = None
) -> Verdict:
    """The verdict on the whole history of the commit `tip`, by so many processes."""
    if repo.shallow:
        raise cut_off(repo, "an audit needs the whole history")
    commits, asked = repo.git.out(*between_question(None, tip)), workers
    if workers is None:
        workers = 1 if commits.count(b"\n") < SHORT else all_cores()
    found, items = _items(repo, tip, on_progress, workers)
    held_at, families_at = partial(_held_at, repo), partial(_families_at, repo)
    overlaps = OverlapHistory(items, held_at, families_at, repo.folder)
    found += _history(repo, commits, overlaps, on_progress, workers)
    held = [(i.item, i.posts[-1][0], i.held[-1]) for i in items.values()]
    families = repo.snapshot(tip).rules.families
    found += both_held(held, repo.folder, families, overlaps.brought)
    proof = prove(repo, tip, on_progress, workers=asked)
    remarks = (proof.unproven,) if proof.unproven else ()
    return Verdict(in_order((*found, *proof.findings)), remarks)


_Seen = tuple[list[Finding], list[ItemHistory]]


def _items(
    repo: Repo, tip: str, on_progress: OnProgress, workers: int
) -> tuple[list[Finding], dict[str, ItemHistory]]:
    """What is wrong with the feed at the tip, and the histories of its items."""
    items = item_ids(repo.snapshot(tip))
    if workers > 1:
        repo.objects.close()  # its git has a cache, and each process has one, too
    parts = _parts(items)
    jobs: list[Job[Repo, _Seen]] = [partial(_tree, tip)]
    jobs += [partial(_item_histories, tip, part) for part in parts]
    found, histories, done = list[Finding](), dict[str, ItemHistory](), 0
    with closing(
        side_by_side(jobs, partial(repo.for_worker, workers), workers)
    ) as seen:
        for part, (wrong, some) in zip([[], *parts], seen, strict=True):
            found += wrong
            histories |= {each.item: each for each in some}
            done += len(part)
            on_progress("items", done, len(items))
    return found, histories


def _parts(rows: Sequence[T]) -> list[Sequence[T]]:
    return [rows[at : at + _PART] for at in range(0, len(rows), _PART)]


def _tree(tip: str, repo: Repo) -> _Seen:
    """What is wrong with the tip's paths, notes and policy."""
    empty, snapshot = repo.snapshot(None), repo.snapshot(tip)
    changed, _ = take_until_limit(changes(empty.tree, snapshot.tree))
    found, sound = [*case_collisions(snapshot, changed)], SoundNotes()
    for change in changed:
        if isinstance(change.kind, PostPath) and not change.malformed:
            continue  # see `item_history`, which knows what has been repaired
        wrong = judge_path(change, empty, snapshot, DEFAULT, sound)
        found += (f for f in wrong if f.code not in _OF_THE_POLICY)
    return found, []


def _item_histories(tip: str, items: Sequence[str], repo: Repo) -> _Seen:
    """The histories of some items, and what is wrong with their posts."""
    snapshot = repo.snapshot(tip)
    places = ((item, snapshot.tree.entry(item_folder(item))) for item in items)
    folders = {item: each for item, each in places if each and each.mode == SUBTREE}
    read = together(snapshot.tree, folders)
    seen = [item_history(snapshot, item) for item, _ in read]
    found = [each for _, wrong in seen for each in wrong]
    return found, [history for history, _ in seen if history]


_Step = tuple[str, Touched, bool]
"""A commit, the posts that it touches, and whether it touches the policy."""

_Commits = tuple[bytes, bytes]
"""Some commits, a line each with its parents; and whether each is on the chain."""


def _history(
    repo: Repo,
    commits: bytes,
    overlaps: OverlapHistory,
    on_progress: OnProgress,
    workers: int,
) -> Iterator[Finding]:
    """What is wrong with the commits; overlaps along the first-parent chain."""
    parts = list(_commit_parts(commits))
    tip = commits.splitlines()[-1].split()[0].decode("ascii")
    jobs = [partial(_commits, part) for part in parts]
    done, total = 0, sum(len(chained) for _, chained in parts)
    with closing(
        side_by_side(jobs, partial(repo.for_worker, workers), workers)
    ) as judged:
        for (_, chained), (wrong, steps) in zip(parts, judged, strict=True):
            yield from wrong
            for commit, touched, ruled in steps:
                brought = list(overlaps.at(commit, touched, ruled=ruled))
                # Of what is held at the tip it is said in full.
                yield from () if commit == tip else brought
            done += len(chained)
            on_progress("commits", done, total)


def _commit_parts(commits: bytes) -> Iterator[_Commits]:
    """`commits` for several processes: few objects, which they share.

    On the chain is each first parent from the tip on.
    """
    lines = commits.splitlines()
    chained, wanted = bytearray(len(lines)), lines[-1].split()[:1]
    for at in range(len(lines) - 1, -1, -1):
        commit, *parents = lines[at].split()
        if [commit] == wanted:
            chained[at], wanted = True, parents[:1]
    parts = zip(_parts(lines), _parts(chained), strict=True)
    return ((b"\n".join(some), bytes(flags)) for some, flags in parts)


def _commits(part: _Commits, repo: Repo) -> tuple[list[Finding], list[_Step]]:
    """Some commits: how they break the rule; what those on the chain touch."""
    found, steps = list[Finding](), list[_Step]()
    lines = part[0].decode("ascii").splitlines()
    for line, chained in zip(lines, part[1], strict=True):
        commit, *parents = line.split()
        looked = look_at(repo, commit, parents)
        found += looked.findings
        if chained:
            changed = since_first(repo, commit, parents, looked)
            ruled = any(change.path == POLICY for change in changed)
            steps.append((commit, _touched(changed), ruled))
    return found, steps


def _touched(changed: Sequence[Change]) -> Touched:
    posts = ((change.kind, change.new) for change in changed)
    return tuple(
        (post.item, (post.number, what(new) if new else ""))
        for post, new in posts
        if isinstance(post, PostPath)
    )


def _families_at(repo: Repo, commit: str) -> Families:
    """The families of the policy at `commit`; as without one where it has none."""
    try:
        return Snapshot(repo.tree(commit)).rules.families
    except (MalformedTree, NoFeedFolder):
        return DEFAULT.families  # `look_at` has said so


def _held_at(repo: Repo, commit: str, item: str) -> Keys:
    """What `item` held at `commit`; nothing where its feed cannot be read."""
    try:
        return Snapshot(repo.tree(commit)).item(item).held
    except (MalformedTree, NoFeedFolder):
        return ()  # `look_at` has said so
