"""Where posts are written to a ledger beside git: what git may have of the feed.

Nothing but what the ledger has, byte for byte: then it is an export, on whatever way it
came. It was judged where it was written, so it is not judged here. Files are compared
as they lie in git, sealed ones included: no post is read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from fleetfeed.checks.history import feed_at
from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry, MalformedTree, object_id
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.paths import MOST_MISPLACED, malformed_at
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place, Verdict, in_order
from fleetfeed.model.layout import PostPath, RulePath, SealPath
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.staged import merged_commits
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Asked = Callable[[Sequence[str]], Mapping[str, bytes]]
"""From paths in the feed to the bytes that the ledger has there, where it has any."""

_TOGETHER = 500
"""Paths that the ledger is asked about at once."""

_COMMIT = (
    "posts are written by `fleetfeed append --post FILE` and the other commands, and"
    " not by a commit; `git restore --staged PATH` takes it out"
)
_PUSH = (
    "only what `fleetfeed ledger export` has written is pushed; take it out, or claim"
    " on a branch that has the `.fleetfeed.yaml` with the ledger (`git pull`)"
)


@record
class FileChange:
    """A path where a feed's file differs from each of those before it.

    `new` is None where there is none any more; a folder only where none may lie.
    `sealed` says that the posts of its shard lie in a sealed file now.
    """

    path: str
    new: Entry | None
    sealed: bool = False


def judge_export(repo: Repo, old: str | None, new: str, asked: Asked) -> Verdict:
    """The verdict on moving the feed ref from commit `old` (None: nothing) to `new`.

    What it ends at must be on the ledger as it is now, and so must each post that some
    commit on the way brings; rules and sealed shards may be those of an earlier day
    there.
    """
    try:
        wanted = list(file_changes((feed_at(repo, old),), feed_at(repo, new)))
        for row in repo.between(old, new).decode("ascii").splitlines():
            commit, *parents = row.split()
            befores = [feed_at(repo, each) for each in parents] or [feed_at(repo, None)]
            on_the_way = file_changes(befores, feed_at(repo, commit))
            wanted += (change for change in on_the_way if not _may_be_older(change))
    except MalformedTree as error:
        return Verdict((malformed_at(repo.folder, f"the push has {error}"),))
    found = _beyond(repo.folder, wanted, asked, _PUSH)
    return Verdict(in_order(found))


def judge_staged_export(repo: Repo, planned: FeedTree, asked: Asked) -> Verdict:
    """The verdict on committing `planned`; what was fetched is no news.

    A merge takes over its sides' rules: they may be those of an earlier day.
    """
    head = repo.at_head
    where = repo.where(head if head.tree.root else head.changed_to(planned))
    sides = [repo.tree(commit) for commit in merged_commits(repo)]
    tip = repo.tip(where.tracking) if where.tracking else None
    try:
        changed = list(file_changes((head.tree,), planned))
    except MalformedTree as error:
        return Verdict((malformed_at(repo.folder, f"the commit has {error}"),))
    fetched = (repo.tree(tip),) if changed else ()
    left = (row for row in changed if not _is_in(row, fetched))
    news = [r for r in left if not (_may_be_older(r) and _is_in(r, sides))]
    return Verdict(in_order(_beyond(repo.folder, news, asked, _COMMIT)))


def _is_in(row: FileChange, trees: Iterable[FeedTree]) -> bool:
    """Whether one of `trees` has what `row` brings."""
    return row.new is not None and any(t.entry(row.path) == row.new for t in trees)


def _may_be_older(row: FileChange) -> bool:
    """Whether it is a file that the ledger knows in its last form only."""
    return isinstance(layout.classify(row.path), RulePath | SealPath)


def file_changes(befores: Sequence[FeedTree], after: FeedTree) -> Iterator[FileChange]:
    """Each file that differs from those in all of `befores`, by ids from the root.

    Folders in which no post may lie are not gone through. MalformedTree where one
    cannot be read.
    """
    olds = [tree.top for tree in befores]
    yield from _differing([t.store.tree for t in befores], after, olds, after.top, "")


_Tree = Callable[[str], Sequence[Entry]]


def _differing(
    trees: Sequence[_Tree],
    after: FeedTree,
    olds: Sequence[Entry | None],
    new: Entry | None,
    path: str,
) -> Iterator[FileChange]:
    if any(_same(old, new) for old in olds):
        return
    if new and new.mode == SUBTREE and layout.misplaced_folder(path):
        yield FileChange(path, new)
        return
    below = _rows(after.store.tree, new)
    ours = [_rows(tree, old) for tree, old in zip(trees, olds, strict=True)]
    if new and new.mode != SUBTREE:
        yield FileChange(path, new)
    elif any(old and old.mode != SUBTREE for old in olds):
        yield FileChange(path, None)
    for name in sorted(below.keys() | {name for rows in ours for name in rows}):
        where = f"{path}/{name}" if path else name
        were = [rows.get(name) for rows in ours]
        for change in _differing(trees, after, were, below.get(name), where):
            yield change if change.new else _gone(after, change.path)


def _gone(after: FeedTree, path: str) -> FileChange:
    shard = layout.shard_of(path) if isinstance(layout.classify(path), PostPath) else ""
    sealed = bool(shard) and after.entry(f"{shard}{layout.SEALED}") is not None
    return FileChange(path, None, sealed)


def _same(old: Entry | None, new: Entry | None) -> bool:
    if old is None or new is None:
        return old is new
    return (old.mode, old.id) == (new.mode, new.id)


def _rows(tree: _Tree, entry: Entry | None) -> dict[str, Entry]:
    there = tree(entry.id) if entry and entry.mode == SUBTREE else ()
    return {row.name: row for row in there}


def _beyond(
    folder: str, rows: Iterable[FileChange], asked: Asked, todo: str
) -> list[Finding]:
    """FF416 for each of `rows` that the ledger has not, or has otherwise."""
    wanted, found = list(dict.fromkeys(rows)), list[Finding]()
    for at in range(0, len(wanted), _TOGETHER):
        some = wanted[at : at + _TOGETHER]
        there = asked([row.path for row in some])
        for row in some:
            why = _why(row, there.get(row.path))
            if why:
                place = Place(f"{folder}/{printable(row.path, 400)}")
                found.append(finding("FF416", place, f"{why}; {todo}"))
        if len(found) >= MOST_MISPLACED:
            break
    return found


def _why(row: FileChange, data: bytes | None) -> str:
    """What is wrong with `row`, where the ledger has `data`; empty: nothing."""
    new = row.new
    if new is None:
        kept = data is None or row.sealed
        return "" if kept else "the ledger has it, and here it is taken away"
    if data is None:
        return "it is not on the ledger"
    same = object_id("blob", data, len(new.id) // 2) == new.id
    return "" if new.mode == PLAIN and same else "the ledger has it otherwise"
