"""Which ledger a repository's commands use: the one place that chooses.

It is the feed ref, where nobody says anything else (`repo.location` tells who may).
"""

from typing import Protocol

from fleetfeed.ledger.base import Ledger, Tip
from fleetfeed.model.errors import Usage
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable


class FleetLedger(Ledger, Protocol):
    """What the commands ask of a ledger, beside what a store does."""

    def require_decisive(
        self, tip: Tip, seconds: float, *, afresh: bool = False
    ) -> None:
        """CannotTell where `tip` may not be what counts.

        It was not read at the fleet's server, or elsewhere than posts are written to.
        """


def ledger_of(repo: Repo) -> FleetLedger:
    """The ledger of `repo`. Usage where what is said names none that there can be."""
    said = repo.told.ledger
    if said is None:
        return _git(repo)
    from fleetfeed.model.ledger_url import GIT, without_password

    if said.value == GIT:
        return _git(repo)
    shown = printable(without_password(said.value), 200)
    todo = "write the URL of a database such as postgresql://db.example.org/fleet"
    raise Usage(f"{said.by} is '{shown}', which is no ledger; {todo}, or {GIT}")


def _git(repo: Repo) -> FleetLedger:
    from fleetfeed.ledger.git import GitLedger  # late: of several, one is needed

    return GitLedger(repo)
