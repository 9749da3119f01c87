"""The exporter as it runs: from a database into a ref, and on to a remote."""

from types import TracebackType
from typing import Self

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG, remote_value
from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.ledger.postgres.appends import reading
from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.export import Exported, Exporter, Overtaken
from fleetfeed.ledger.push import push
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import replace

_TRIES = 5
"""How often another exporter may be first before somebody is told."""


class Service:
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
        self._exporter: Exporter | None = None

    @property
    def ref(self) -> str:
        """The ref that is exported to."""
        return self._where.ref

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the database."""
        self._database.close()

    def run(self, on_progress: OnProgress, *, compare: bool) -> Exported:
        """Export what there is, and push it. Raises as Exporter.run, and as a push."""
        exporter = self._exporter or Exporter(self._repo, self._where, on_progress)
        self._exporter = exporter
        done = self._exported(exporter, compare=compare)
        if self._remote and done.tip:
            push_on(self._repo.git, self._remote, self.ref, done.tip)
        return done

    def _exported(self, exporter: Exporter, *, compare: bool) -> Exported:
        for left in reversed(range(_TRIES)):
            try:
                with reading(self._database) as source:
                    return exporter.run(source, compare=compare)
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
        todo = (
            f"fetch it into {ref}, and export again: what is not the ledger's is named"
        )
        raise Refused(f"{what}; {todo}")
    ended = push(git, remote, ref, old=there or "", new=tip, seconds=LONG)
    if isinstance(ended, Accepted):
        return
    if isinstance(ended, RaceLost):
        raise CannotTell(f"{shown}: {ended.why}; export again")
    words = ended.words
    if getattr(ended, "broken", True):
        raise CannotTell(f"{ended.why}; export again later")
    raise Refused(ended.why, words=words)
