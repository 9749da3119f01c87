"""What the commands ask of a ledger: more than a store does.

Its kinds are `git_fleet` and `postgres.fleet`; `chosen` says which a repository has.
"""

from collections.abc import Collection, Generator, Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Ledger, Tip
from fleetfeed.model.findings import Finding
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from fleetfeed.model.findings import Verdict
    from fleetfeed.model.item import Item
    from fleetfeed.repo.log import LogEntry
    from fleetfeed.repo.view import View
    from fleetfeed.util.progress import OnProgress
else:
    Protocol = object  # as in `ledger.base`


@record
class Proven:
    """What can be proven of who brought a feed's posts: findings, and in words.

    `unproven` is what nobody can prove; empty where that is nothing.
    """

    findings: tuple[Finding, ...]
    words: str
    unproven: str = ""


@record
class History:
    """Which history is asked about: that of a `commit`, or of the newest there is.

    `offline`: the newest that is known here.
    """

    commit: str | None = None
    offline: bool = False


class LeaseClock(Protocol):
    """Leases that end by a clock of the ledger's own."""

    def beat(self, item: "Item", seconds: float) -> bool:
        """A sign of life of whoever holds `item`: whether it came in time.

        CannotTell where nothing was heard in so many seconds.
        """

    def wait(self, item: str, seconds: float) -> None:
        """Until nobody is at `item`, or so long. CannotTell where nobody answers."""


class FleetLedger(Ledger, Protocol):
    """What the commands ask of a ledger, beside what a store does."""

    def require_decisive(
        self, tip: Tip, seconds: float, *, afresh: bool = False
    ) -> None:
        """CannotTell where `tip` may not be what counts.

        It was not read at the fleet's server, or elsewhere than posts are written to.
        """

    def close(self) -> None:
        """End what is held open elsewhere; who asks again begins it anew."""

    def at_hand(self) -> "View":
        """The feed for who must not wait for a remote: as it was fetched last.

        A ledger of which nothing is fetched is asked. CannotTell as `view`.
        """

    def soon(self, seconds: float) -> "View":
        """The newest feed that is to be had in so many seconds.

        That is what was fetched last, where nobody answers. CannotTell as `view`.
        """

    def entries(
        self, view: "View", item: str | None = None
    ) -> Generator["LogEntry", None, None]:
        """What stands in the feed of `view`, the newest first; close it when done.

        With `item` its posts alone, and the notes about it.
        """

    def moved_from(self, view: "View", seconds: float) -> "View | None":
        """Wait for so many seconds at most; the feed then, None where it is as it was.

        One question about one ref, or none where it is said unasked; where a clock of
        the ledger's own may have changed what is, the feed is read anew. CannotTell
        where there is no answer.
        """

    def clock(self) -> "LeaseClock | None":
        """What begins leases anew, where they end by a clock of the ledger's own."""

    def audited(self, history: "History", on_progress: "OnProgress") -> "Verdict":
        """Whether all that is in a feed, and was, is sound."""

    def proven(
        self, history: "History", on_progress: "OnProgress", since: str | None
    ) -> Proven:
        """Whether it was lawful by whom it was brought; with `since`, what came later.

        CannotTell where a part of it is not here.
        """

    def tells_who(self, feed: Snapshot) -> bool:
        """Whether it is told who brought what, where nobody says that he asks."""

    def brought_by(self, view: "View", commits: Collection[str]) -> Mapping[str, str]:
        """In words, who brought each of `commits`, as far as that can be told."""
