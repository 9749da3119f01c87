"""The feed ref as the commands use it: its history, and where it is read and pushed."""

import shlex
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import suppress

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.remote import LONG, fetch, remote_value
from fleetfeed.ledger.base import Tip
from fleetfeed.ledger.fleet import History, Proven
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.server import one_address, push_addresses
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import SIGNED
from fleetfeed.repo.view import View, asked_view, newest_view
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.findings import Verdict
    from fleetfeed.repo.log import LogEntry
    from fleetfeed.util.progress import OnProgress


class GitFleet(GitLedger):
    """The feed ref as a repository sees it, for the commands."""

    def require_decisive(
        self, tip: Tip, seconds: float, *, afresh: bool = False
    ) -> None:
        """CannotTell where `tip` may not be what counts.

        It was not read at the fleet's server, or elsewhere than posts are pushed to.
        """
        self.require_server(tip, seconds, afresh=afresh)
        remote = self.where.remote
        if remote is None or not self._has_two_addresses():
            return
        git, ref = self._repo.git, self.where.ref
        addresses = push_addresses(git, remote)
        for address in addresses:
            if remote_value(git, address, ref, seconds) == tip.commit:
                continue
            where, name = printable(address, 300), printable(remote)
            message = f"{name} is pushed to at {where}, where the feed is another than"
            todo = f"`git config fleetfeed.remote {shlex.quote(where)}` asks there"
            if len(addresses) > 1:
                todo = f"{one_address(self._repo, remote)} leaves the one that is read"
            raise CannotTell(f"{message} the one that is fetched; {todo}")

    def close(self) -> None:
        """See FleetLedger: whoever asks git, ends it."""

    def at_hand(self) -> View:
        """See FleetLedger: as it was fetched last."""
        return self.view(offline=True)

    def soon(self, seconds: float) -> View:
        """See FleetLedger."""
        try:
            return newest_view(self._repo, offline=False, seconds=seconds)
        except CannotTell as error:
            with suppress(CannotTell):
                return self.at_hand()
            raise error from None

    def entries(
        self, view: View, item: str | None = None
    ) -> Generator["LogEntry", None, None]:
        """See FleetLedger: by the history of the feed ref."""
        from fleetfeed.repo.log import entries  # late: few readers ask

        return entries(self._repo, view.snapshot, view.commit, item)

    def moved_from(self, view: View, seconds: float) -> View | None:
        """See FleetLedger: what has moved comes along in the same connection.

        git asks for the one ref so; `ls-remote` asks for all, and looks through them.
        """
        time.sleep(seconds)
        where, repo = self.where, self._repo
        remote, tracking = where.remote, where.tracking
        if remote is None:
            moved = queries.exact(repo.git, where.ref) != view.commit
            return self.view(offline=False) if moved else None
        if tracking:
            # Where another git has the ref's lock, or it cannot be moved, as a reader.
            with suppress(CannotTell):
                fetch(repo.git, remote, where.ref, tracking, LONG)
                commit = queries.exact(repo.git, tracking)
                if commit == view.commit:
                    return None
                if commit:
                    return asked_view(repo, where, remote, commit)
        if remote_value(repo.git, remote, where.ref) == view.commit:
            return None
        return self.view(offline=False)

    def clock(self) -> None:
        """See FleetLedger: beats are pushed (`writing.heartbeat`)."""

    def audited(self, history: History, on_progress: "OnProgress") -> "Verdict":
        """See FleetLedger: every commit of the feed ref."""
        from fleetfeed.checks.audit import judge_audit  # late: it brings the workers

        return judge_audit(self._repo, self._newest_of(history), on_progress)

    def proven(
        self, history: History, on_progress: "OnProgress", since: str | None
    ) -> Proven:
        """See FleetLedger: by the signatures of the commits."""
        from fleetfeed.checks.push import commit_here  # late, as in `audited`
        from fleetfeed.checks.verify import prove

        tip = self._newest_of(history)
        trusted = commit_here(self._repo, since) if since is not None else None
        found = prove(self._repo, tip, on_progress, trusted)
        return Proven(found.findings, found.words, found.unproven)

    def _newest_of(self, history: History) -> str:
        """The newest commit of what is asked about."""
        from fleetfeed.checks.push import commit_here  # late, as in `audited`

        if history.commit is not None:
            return commit_here(self._repo, history.commit)
        return self.view(offline=history.offline).commit

    def tells_who(self, feed: Snapshot) -> bool:
        """See FleetLedger: where the policy asks for signatures."""
        return feed.rules.identity == SIGNED

    def brought_by(self, view: View, commits: Collection[str]) -> Mapping[str, str]:
        """See FleetLedger: by the rules under which each landed."""
        if not commits:
            return {}
        from fleetfeed.checks.signed_by import signed_by  # late, as the history

        return signed_by(self._repo, view.commit, commits)
