"""The per-commit rule: every commit of the feed is whole.

A tree comparison of a push's two ends does not see a post that one commit adds and a
later one edits, nor a policy that came together with the act it allows. So every
commit in between is looked at, against all its parents.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fleetfeed import layout
from fleetfeed.entrance.drafts import mixed_finding
from fleetfeed.feed.trees import NoFeedFolder, Repo
from fleetfeed.finding import Finding, Place
from fleetfeed.layout import NoteSlot, PostSlot
from fleetfeed.rules import finding
from fleetfeed.shown import shown
from fleetfeed.tree import FOLDER, MalformedTree

_ABSENT = "000000"


@dataclass(frozen=True, slots=True)
class Row:
    """One path that a commit makes differ from all its parents.

    `olds` are mode and id at each parent (`000000` where it is absent).
    """

    path: str
    olds: tuple[tuple[str, str], ...]
    new: tuple[str, str]

    @property
    def takes(self) -> bool:
        """Whether the commit removes or alters what all its parents hold.

        The parents may hold different drafts: a merge takes one of them over, which
        is no row, and neither drops both nor makes up a third.
        """
        return all(mode != _ABSENT for mode, _ in self.olds)


@dataclass(frozen=True, slots=True)
class CommitRows:
    """A commit and what it makes of the feed."""

    commit: str
    rows: tuple[Row, ...]


def commits_between(repo: Repo, old: str | None, new: str) -> bytes:
    """The commits of a push, oldest first, one a line."""
    beyond = (f"^{old}",) if old else ()
    return repo.git.out("rev-list", "--topo-order", "--reverse", new, *beyond, "--")


def commit_rows(repo: Repo, commits: bytes) -> Iterator[CommitRows]:
    """What each of `commits` (one a line) changes in the feed.

    Format: `git diff-tree --stdin -c --raw -z` gives the commit's id and then
    `:mode… id… status NUL path`, with one more colon, mode and id for each further
    parent; `-c` leaves out what a merge takes over from one of its parents.
    """
    fields = iter(
        repo.git.rows(
            "diff-tree", "--stdin", "-r", "-t", "-c", "--root", "--raw", "-z",
            "--no-renames", "--no-abbrev", "--", repo.folder, stdin=commits,
        )
    )  # fmt: skip
    commit, rows = "", list[Row]()
    for text in fields:
        if text.startswith(":"):
            rows.append(_row(text, next(fields)))
            continue
        if commit:
            yield CommitRows(commit, tuple(rows))
        commit, rows = text, []
    if commit:
        yield CommitRows(commit, tuple(rows))


def _row(head: str, path: str) -> Row:
    parents = len(head) - len(head.lstrip(":"))
    modes_ids = head.lstrip(":").split(" ")
    modes, ids = modes_ids[: parents + 1], modes_ids[parents + 1 : 2 * parents + 2]
    pairs = tuple(zip(modes, ids, strict=True))
    return Row(path, pairs[:-1], pairs[-1])


def judge_history(
    repo: Repo, commits: bytes, tell: Callable[[int], None] | None = None
) -> Iterator[Finding]:
    """FF409, FF404 and FF022 for each commit that breaks the per-commit rule.

    `tell` hears how many commits that touch the feed have been looked at.
    """
    for commit in commits.decode("ascii").split():
        yield from root_flaw(repo, commit)
        repo.objects.forget()
    for done, each in enumerate(commit_rows(repo, commits), 1):
        if tell:
            tell(done)
        yield from _malformed(repo, each)
        repo.objects.forget()
        places = [(row, layout.slot(_inside(repo, row.path))) for row in each.rows]
        posts = [row for row, slot in places if isinstance(slot, PostSlot | NoteSlot)]
        yield from (_taken(each.commit, row) for row in posts if row.takes)
        policy = any(row.path == f"{repo.folder}/{layout.POLICY}" for row in each.rows)
        single = all(len(row.olds) == 1 for row in each.rows)
        if policy and posts and single and not _is_root(repo, each.commit):
            policy_path = f"{repo.folder}/{layout.POLICY}"
            yield mixed_finding(policy_path, f"commit {each.commit[:12]}")


def _inside(repo: Repo, path: str) -> str:
    return path.removeprefix(repo.folder + "/")


def _is_root(repo: Repo, commit: str) -> bool:
    """Whether `commit` has no parent, or none that a shallow clone has."""
    return bool(repo.git.out("rev-list", "--no-walk", "--max-parents=0", commit))


def root_flaw(repo: Repo, commit: str) -> Iterator[Finding]:
    """FF022 where the way from `commit` to its feed is malformed.

    No row tells: a root that names the feed twice has two of them.
    """
    try:
        repo.tree(commit)
    except MalformedTree as error:
        yield _flaw(commit, repo.folder, error)
    except NoFeedFolder:
        return  # What is no feed is said where a feed is needed: at the tip.


def _malformed(repo: Repo, each: CommitRows) -> Iterator[Finding]:
    for row in each.rows:
        if int(row.new[0], 8) != FOLDER:
            continue
        try:
            if not repo.objects.tree(row.new[1]):
                said = (
                    f"commit {each.commit[:12]} has an empty folder here; leave it out"
                )
                yield finding("FF022", Place(shown(row.path, 400)), said)
        except MalformedTree as error:
            yield _flaw(each.commit, row.path, error)


def _flaw(commit: str, path: str, error: MalformedTree) -> Finding:
    said = f"commit {commit[:12]} has {error}; build the commit with git itself"
    return finding("FF022", Place(shown(path, 400)), said)


def _taken(commit: str, row: Row) -> Finding:
    verb = "removes" if row.new[0] == _ABSENT else "alters"
    said = f"commit {commit[:12]} {verb} this post, which all its parents hold"
    todo = "squash it into the commit that added the post, or drop it, and push again"
    return finding("FF409", Place(shown(row.path, 400)), f"{said}; {todo}")
