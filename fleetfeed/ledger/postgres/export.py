"""From the ledger into git: one commit for each append, on top of the last export.

Each commit says how far it goes (`cursor`), and the feed ref is moved by compare and
set, some hundred commits at a time. So whoever dies in the middle, or exports beside
another, leaves a ref that the next run goes on from.
"""

from collections.abc import Sequence

from fleetfeed.git import queries
from fleetfeed.git.fast_import import FastImport, NewCommit
from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.ledger.checkout import begin_here, move_here
from fleetfeed.ledger.postgres.appends import Append, Appends, Pending
from fleetfeed.ledger.postgres.compare import compared, files_in
from fleetfeed.ledger.postgres.cursor import BY_CONTENT, PATTERN, Cursor, cursor_in
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import first_few
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record

_TOGETHER = 500
"""Appends that become commits before the ref is moved."""


@record
class Exported:
    """What a run has written: so many commits, and what the ref is at (None: nothing).

    `remark` is what the user should know of a checkout.
    """

    commits: int
    tip: str | None
    remark: str = ""


class Overtaken(CannotTell):
    """Another exporter has moved the ref in between; a further run goes on from it."""


class Exporter:
    """Exports into the feed ref of `repo`, as often as it is asked."""

    def __init__(self, repo: Repo, where: Where) -> None:
        """`where` is the place that is exported to."""
        self._repo, self._where = repo, where
        self._known: tuple[str | None, Cursor | None] = (None, None)

    def run(
        self, source: Appends, on_progress: OnProgress, *, compare: bool = False
    ) -> Exported:
        """Export what is not exported yet, by one snapshot of the ledger.

        With `compare`, what that is is found by comparing all posts. Refused where the
        ref has posts that are not the ledger's; Overtaken where another exporter was
        first; CannotTell where ledger or git cannot be read or written.
        """
        tip = queries.exact(self._repo.git, self._where.ref)
        cursor = None if compare else self._cursor(source, tip)
        todo = source.behind(cursor) if cursor else self._compared(source, tip)
        total, done, commits, remark = sum(len(p.appends) for p in todo), 0, 0, ""
        for pending in todo:
            for at in range(0, len(pending.appends), _TOGETHER):
                some = pending.appends[at : at + _TOGETHER]
                new, count = self._written(source, pending, some, tip)
                if new:
                    remark = self._moved(tip, new) or remark
                    tip, commits = new, commits + count
                done += len(some)
                on_progress("exporting appends", done, total)
        self._known = tip, source.now()
        return Exported(commits, tip, remark)

    def _cursor(self, source: Appends, tip: str | None) -> Cursor | None:
        """How far `tip` goes; None where only its posts can tell."""
        if tip is None:
            return None
        known, cursor = self._known
        if known != tip:
            cursor = last_exported(self._repo, tip)
        return cursor if cursor and source.is_mine(cursor) else None

    def _compared(self, source: Appends, tip: str | None) -> list[Pending]:
        """What is not exported, by comparing what is there with the ledger's.

        Refused where something is there that is not the ledger's.
        """
        there = files_in(self._repo.git, tip, self._where.folder)
        if not there:
            return source.all()
        found = compared(source.files(self._repo.id_size), there)
        if found.foreign:
            raise self._refused(found.foreign)
        if not found.missing:
            return []
        numbers = sorted({file.append for file in found.missing})
        only = frozenset(file.path for file in found.missing)
        return [Pending(numbers, BY_CONTENT, source.snapshot, only)]

    def _refused(self, paths: Sequence[str]) -> Refused:
        names = [f"{self._where.folder}/{path}" for path in paths]
        shown = first_few(names)
        what = f"{self._where.ref} has what the ledger has not: {shown}"
        todo = f"`fleetfeed ledger import {self._where.ref}` brings to it what it lacks"
        return Refused(f"{what}; {todo}, or take it out of the ref")

    def _written(
        self, source: Appends, pending: Pending, some: Sequence[int], tip: str | None
    ) -> tuple[str | None, int]:
        """The last of the new commits, and how many there are."""
        count = 0
        with FastImport(self._repo.git, tip, self._repo.id_size) as out:
            for append in source.read(some):
                commit = self._commit(source, pending, append)
                if commit.files:
                    out.commit(commit)
                    count += 1
            return out.done(), count

    def _commit(self, source: Appends, pending: Pending, append: Append) -> NewCommit:
        before, only = pending.before, pending.only
        if before == BY_CONTENT and append.number == pending.appends[-1]:
            before = pending.snapshot  # nothing of it is left to be compared
        cursor = Cursor(
            source.origin, append.number, append.at, before, pending.snapshot
        )
        files = (
            (f"{self._where.folder}/{path}", data)
            for path, data in append.files
            if only is None or path in only
        )
        message = cursor.below(append.message)
        return NewCommit(append.role, append.at // 1_000_000, message, tuple(files))

    def _moved(self, old: str | None, new: str) -> str:
        """Move the ref; what is to be said of a checkout."""
        git, ref = self._repo.git, self._where.ref
        ended = move_here(git, ref, old, new) if old else begin_here(git, ref, new)
        if isinstance(ended, Accepted):
            return ended.remark
        why = ended.why if isinstance(ended, RaceLost) else "it cannot be moved"
        raise Overtaken(f"{ref} was moved by another ({why}); export again")


def last_exported(repo: Repo, tip: str) -> Cursor | None:
    """How far the feed in commit `tip` was exported.

    None where nothing in its history says so, or the feed was changed since. Anybody
    may write these words below a commit of code; one that has changed the feed was let
    in by who guards it.
    """
    asked = (
        "log", "--first-parent", "-1", f"--grep={PATTERN}", "--no-show-signature",
        "--no-notes", "--no-color", "--format=%H %P%n%B", tip, "--",
    )  # fmt: skip
    text = repo.git.out(*asked).decode("utf-8", "replace")
    first, _, message = text.partition("\n")
    if not first.strip():
        return None
    commit, *parents = first.split()
    root = repo.tree(commit).root
    before = repo.tree(parents[0] if parents else None).root
    unchanged_since = root == repo.tree(tip).root
    return cursor_in(message) if unchanged_since and root != before else None
