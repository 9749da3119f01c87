"""Where posts are written to a ledger beside git: how a hook asks it.

Nobody else loads this: a hook of a feed in git knows by its settings that there is
none.
"""

from fleetfeed.checks.on_ledger import Asked
from fleetfeed.ledger.chosen import database_of
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.repo.location import Said


def asked_of(said: Said) -> Asked | None:
    """Who is asked what the ledger has; None where posts are in git after all.

    CannotTell where it is none that can be asked; whoever asks may hear the same.
    """
    try:
        if not database_of(said):
            return None
        from fleetfeed.ledger.postgres.asking import asked  # late: it has psycopg
    except Usage as error:
        raise CannotTell(str(error)) from error
    return asked(said.value)
