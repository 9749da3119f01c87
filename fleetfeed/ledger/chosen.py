"""Which ledger a repository's commands use: the one place that chooses.

It is the feed ref, where nobody says anything else (`repo.location` tells who may).
"""

from fleetfeed.model.errors import Usage
from fleetfeed.repo.location import Said
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.ledger.fleet import FleetLedger


def ledger_of(repo: Repo) -> "FleetLedger":
    """The ledger of `repo`. Usage where what is said names none that there can be."""
    said = repo.told.ledger
    return _postgres(said.value) if said and database_of(said) else _git(repo)


def database_of(said: Said) -> str:
    """The database that `said` names, for people; empty where that is the feed ref.

    Usage where it is no ledger that there can be.
    """
    from fleetfeed.model.ledger_url import GIT, is_postgres, without_password

    shown = printable(without_password(said.value), 200)
    if said.value == GIT or is_postgres(said.value):
        return "" if said.value == GIT else shown
    todo = "write the URL of a database such as postgresql://db.example.org/fleet"
    raise Usage(f"{said.by} is '{shown}', which is no ledger; {todo}, or {GIT}")


def _git(repo: Repo) -> "FleetLedger":
    from fleetfeed.ledger.git_fleet import GitFleet  # late: of several, one is needed

    return GitFleet(repo)


def _postgres(url: str) -> "FleetLedger":
    from fleetfeed.ledger.postgres.fleet import PostgresFleet  # late, as git's

    return PostgresFleet(url)
