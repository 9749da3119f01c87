"""Import and export as they run: which commit, which ref, and on to a remote."""

from fleetfeed.checks.push import commit_here
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG, remote_value
from fleetfeed.ledger.base import Accepted, RaceLost, Rejected
from fleetfeed.ledger.postgres.appends import Appends, long_reading
from fleetfeed.ledger.postgres.compare import compared, files_in
from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.export import (
    Exported,
    Exporter,
    Overtaken,
    last_exported,
)
from fleetfeed.ledger.postgres.feed_rows import feed_rows
from fleetfeed.ledger.postgres.importing import Importer
from fleetfeed.ledger.postgres.verifying import Difference, Tables, beside_git
from fleetfeed.ledger.push import push
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import feed_in, newest_view
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record, replace

_TRIES = 5
"""How often another exporter may be first before somebody is told."""


class Exports:
    """Exports to `ref` of `repo`, and pushes it, as often as it is asked."""

    def __init__(
        self, repo: Repo, database: Database, ref: str | None, remote: str | None
    ) -> None:
        """Without `ref` it is the feed ref; without `remote` nothing is pushed."""
        where = repo.where(repo.at_head)
        if ref is not None and not is_full_ref(ref):
            what = f"'{printable(ref)}' is no full ref name"
            raise Usage(f"{what}; write refs/heads/feed, say")
        self._where = replace(where, ref=ref or where.ref)
        self._repo, self._database, self._remote = repo, database, remote
        self._exporter = Exporter(repo, self._where)

    @property
    def ref(self) -> str:
        """The ref that is exported to."""
        return self._where.ref

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def run(self, on_progress: OnProgress, *, compare: bool) -> Exported:
        """Export what there is, and push it. Raises as Exporter.run, and as a push."""
        done = self._exported(on_progress, compare=compare)
        if self._remote and done.tip:
            push_on(self._repo.git, self._remote, self.ref, done.tip)
        return done

    def _exported(self, on_progress: OnProgress, *, compare: bool) -> Exported:
        for left in reversed(range(_TRIES)):
            try:
                with long_reading(self._database) as source:
                    return self._exporter.run(source, on_progress, compare=compare)
            except Overtaken:
                if not left:
                    raise
        raise AssertionError


def push_on(git: Git, remote: str, ref: str, tip: str) -> None:
    """Have `ref` of `remote` at `tip`.

    Refused where it has commits that `tip` has not, or turns it down; CannotTell where
    it does not answer, or another push was first.
    """
    there = remote_value(git, remote, ref)
    if there == tip:
        return
    shown = printable(remote)
    if there and not (
        queries.commit_of(git, there) and queries.is_within(git, there, tip)
    ):
        what = f"{ref} of {shown} has commits that were not exported here"
        todo = f"`git fetch {shown} +{ref}:{ref}` in a bare repository takes them over"
        raise Refused(f"{what}; {todo}: export again there, which names what is not")
    ended = push(git, remote, ref, old=there or "", new=tip, seconds=LONG)
    if isinstance(ended, Accepted):
        return
    if isinstance(ended, RaceLost):
        raise CannotTell(f"{shown}: {ended.why}; export again")
    if isinstance(ended, Rejected) and not ended.broken:
        raise Refused(ended.why, words=ended.words)
    raise CannotTell(f"{ended.why}; export again later")


@record
class FeedImported:
    """What an import has brought: so many posts and notes, of so many items."""

    commit: str
    posts: int
    items: int


def import_feed(
    repo: Repo, database: Database, name: str | None, on_progress: OnProgress
) -> FeedImported:
    """Import the feed of the commit called `name`, or of the feed ref as it is now.

    Raises as `Importer.run`; CannotTell where there is no such feed.
    """
    if name is None:
        view = newest_view(repo, offline=False)
        commit, feed = view.commit, view.snapshot
    else:
        commit = commit_here(repo, name)
        feed = feed_in(repo, repo.where(repo.snapshot(commit)), commit)
    try:
        with long_reading(database, folds=True) as there:
            folder = there.folder
            known = {file.path: file.id for file in there.files(repo.id_size)}
        files = files_in(repo.git, commit, repo.folder)
        if files.items() <= known.items():
            return FeedImported(commit, 0, 0)  # before anything is read and folded
        rows = feed_rows(repo, commit, files, folder, on_progress)
        importer = Importer(rows, feed.rules, folder)
        done = importer.run(database, f"import {commit}", on_progress)
    finally:
        database.close()
    return FeedImported(commit, done.posts, done.items)


@record
class Verified:
    """What differs, and how many appends nobody has exported yet.

    `tip` is the commit that was looked at.
    """

    differences: tuple[Difference, ...]
    unexported: int
    tip: str


def verify_ledger(
    repo: Repo, database: Database, name: str | None, on_progress: OnProgress
) -> Verified:
    """Compare the ledger with the commit called `name`, or the feed ref, and itself.

    CannotTell where either cannot be read.
    """
    here = repo.where(repo.at_head)
    if not name and queries.exact(repo.git, here.ref) is None:
        what = f"there is no {here.ref} here to compare the ledger with"
        todo = "`fleetfeed ledger export` makes it, or name a COMMIT that was fetched"
        raise CannotTell(f"{what}; {todo}")
    commit = commit_here(repo, name or here.ref)
    try:
        with long_reading(database, folds=True) as there:
            return verified(repo, there, commit, on_progress)
    finally:
        database.close()


def verified(
    repo: Repo, there: Appends, commit: str, on_progress: OnProgress
) -> Verified:
    """Compare the ledger as it is `there` with `commit`, and with itself."""
    files = files_in(repo.git, commit, repo.folder)
    found = compared(there.files(repo.id_size), files)
    cursor = last_exported(repo, commit)
    waiting: frozenset[int] | None = None
    if cursor and there.is_mine(cursor):
        waiting = frozenset(n for each in there.behind(cursor) for n in each.appends)
    tables = Tables(there)
    wrong = (
        *beside_git(found, waiting, there.folder),
        *tables.differences(on_progress),
    )
    late = {file.append for file in found.missing if file.append > found.newest}
    count = len(late if waiting is None else waiting)
    return Verified(tuple(dict.fromkeys(wrong)), count, commit)
