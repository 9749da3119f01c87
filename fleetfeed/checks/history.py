"""The per-commit rule: every commit of the feed is whole, against all its parents.

A push's two ends do not show a post that one commit adds and a later one edits, nor a
policy that came together with the act it allows.
"""

from collections.abc import Iterator, Sequence

from fleetfeed.checks.drafts import mixed_finding, sealed_finding
from fleetfeed.feed.diff import Change, changes_from_all
from fleetfeed.feed.objects import SUBTREE, MalformedTree
from fleetfeed.feed.seal_view import Store
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.paths import MOST_MISPLACED, malformed_at, take_until_limit
from fleetfeed.judge.seals import sealed_new
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.repo.repository import NoFeedFolder, Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


def look_through(repo: Repo, commits: bytes) -> Iterator["Seen"]:
    """Each of `commits`: FF409, FF404, FF022 and FF020 where it breaks the rule.

    Trees are compared here and not by `git diff-tree`, which goes through all of a
    commit before it says a word, even where a handful of objects stand for more paths
    than there is memory.
    """
    rows = [line.split() for line in commits.decode("ascii").splitlines()]
    for at in range(0, len(rows), _TOGETHER):
        some = rows[at : at + _TOGETHER]
        repo.expect([commit for commit, *_ in some])
        for commit, *parents in some:
            yield Seen(commit, tuple(parents), look_at(repo, commit, parents))


_TOGETHER = 100
"""Commits that are read together."""


@record
class Looked:
    """What a commit changes against all its parents, as far as it can be told."""

    findings: tuple[Finding, ...] = ()
    changed: Sequence[Change] = ()


@record
class Seen:
    """A commit, its parents, and what it changes against all of them."""

    commit: str
    parents: tuple[str, ...]
    looked: Looked


def look_at(repo: Repo, commit: str, parents: Sequence[str]) -> Looked:
    """What `commit` changes against `parents`, and how it breaks the rule."""
    who, unclear = f"commit {commit[:12]}", tuple(malformed_root(repo, commit))
    if unclear:
        return Looked(unclear)
    try:
        befores = [feed_at(repo, each) for each in parents] or [repo.tree(None)]
        found = changes_from_all(befores, feed_at(repo, commit))
        changed, at_limit = take_until_limit(found)
        crowded = next((row.path for row in changed if _crowded(repo.objects, row)), "")
    except MalformedTree as error:
        about = error.finding or malformed_at(repo.folder, f"{who} has {error}")
        return Looked((about,))
    findings = [*_malformed(repo, who, changed)]
    if at_limit or crowded:
        findings.append(_too_many(who, f"{repo.folder}/{crowded}".rstrip("/")))
    posts = [row for row in changed if isinstance(row.kind, PostPath | NotePath)]
    findings += (_altered(who, _path(repo, row), row) for row in posts if all(row.olds))
    findings += (sealed_finding(_path(repo, row), who) for row in sealed_new(changed))
    policy = any(row.path == layout.POLICY for row in changed)
    if policy and posts and len(parents) == 1:
        findings.append(mixed_finding(f"{repo.folder}/{layout.POLICY}", who))
    return Looked(tuple(findings), changed)


def _malformed(repo: Repo, who: str, changed: Sequence[Change]) -> Iterator[Finding]:
    for row in changed:
        if row.malformed:
            message = f"{who} has {row.malformed}"
            yield malformed_at(_path(repo, row), message, of_seal=row.of_seal)


def changes_rules(repo: Repo, seen: Seen) -> bool:
    """Whether a commit changes the policy, the signers or the revoked keys.

    Against its first parent, since a merge may take over what once was.
    """
    if any(change.path in layout.RULES for change in seen.looked.changed):
        return True
    if len(seen.parents) < 2 or seen.looked.findings:  # noqa: PLR2004 - no merge
        return False
    return other_rules(feed_at(repo, seen.parents[0]), feed_at(repo, seen.commit))


def other_rules(before: FeedTree, after: FeedTree) -> bool:
    """Whether the policy, the signers or the revoked keys differ.

    Not where `after` is malformed: then it is refused, whatever is in it.
    """
    try:
        return any(before.entry(path) != after.entry(path) for path in layout.RULES)
    except MalformedTree:
        return False


def since_first(
    repo: Repo, commit: str, parents: Sequence[str], looked: Looked
) -> Sequence[Change]:
    """What `commit` changes against its first parent, where that can be told.

    `looked` is what it changes against all.
    """
    if len(parents) < 2:  # noqa: PLR2004 - no merge
        return looked.changed
    try:
        changed = changes_from_all((feed_at(repo, parents[0]),), feed_at(repo, commit))
        return take_until_limit(changed)[0]
    except MalformedTree:
        return ()  # `looked` says so


def lost_from_line(repo: Repo, seen: Seen) -> Iterator[Finding]:
    """FF409 where a merge on the feed's line does not keep what its first parent holds.

    Against all its parents that is no change: the merged side has it otherwise, or not.
    """
    if len(seen.parents) < 2:  # noqa: PLR2004 - no merge
        return
    who = f"commit {seen.commit[:12]}"
    for row in since_first(repo, seen.commit, seen.parents, seen.looked):
        if row.old and isinstance(row.kind, PostPath | NotePath):
            verb = "alters" if row.new and row.new.mode != SUBTREE else "removes"
            message = f"{who} {verb} this post, which its first parent holds"
            todo = "merge so that it stays as it landed, and push again"
            place = Place(printable(_path(repo, row), 400))
            yield finding("FF409", place, f"{message}; {todo}")


def _path(repo: Repo, row: Change) -> str:
    return f"{repo.folder}/{row.path}".rstrip("/")


def feed_at(repo: Repo, commit: str | None) -> FeedTree:
    """The feed in a commit; an empty one where something else is in its place."""
    try:
        return repo.tree(commit)
    except NoFeedFolder:
        return repo.tree(None)
    except MalformedTree as error:
        raise error.at(repo.folder) from error


def _crowded(store: Store, row: Change) -> bool:
    """Whether a folder where none may lie has more in it than a slip would leave.

    A slip that a later commit mends is nobody's harm; so much of it is every reader's.
    """
    if row.malformed or not row.new or row.new.mode != SUBTREE:
        return False
    waiting, seen = [row.new], 0
    while waiting and seen + len(waiting) <= MOST_MISPLACED:
        entry, seen = waiting.pop(), seen + 1
        if entry.mode == SUBTREE:
            waiting += store.tree(entry.id)
    return bool(waiting)


def _too_many(who: str, path: str) -> Finding:
    message = f"{who} has {MOST_MISPLACED} and more paths that are no feed's"
    todo = "leave them out of that commit, or drop it, and push again"
    return finding("FF020", Place(printable(path, 400)), f"{message}; {todo}")


def malformed_root(repo: Repo, commit: str) -> Iterator[Finding]:
    """FF022 where the way from `commit` to its feed is malformed.

    No row tells: a root that names the feed twice has two of them.
    """
    try:
        repo.tree(commit)
    except MalformedTree as error:
        yield malformed_at(repo.folder, f"commit {commit[:12]} has {error}")
    except NoFeedFolder:
        return  # What is no feed is said where a feed is needed: at the tip.


def _altered(who: str, path: str, row: Change) -> Finding:
    verb = "alters" if row.new and row.new.mode != SUBTREE else "removes"
    message = f"{who} {verb} this post, which all its parents hold"
    todo = "squash it into the commit that added the post, or drop it, and push again"
    return finding("FF409", Place(printable(path, 400)), f"{message}; {todo}")
