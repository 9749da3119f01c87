"""Where posts are written to a ledger beside git: how a hook asks it.

Nobody else loads this: a hook of a feed in git knows by its settings that there is
none.
"""

from fleetfeed.checks.on_ledger import Asked
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.ledger_url import GIT, is_postgres, without_password
from fleetfeed.repo.location import Said
from fleetfeed.util.printable import printable


def asked_of(said: Said) -> Asked | None:
    """Who is asked what the ledger has; None where posts are in git after all.

    CannotTell where it is none that can be asked; whoever asks may hear the same.
    """
    if said.value == GIT:
        return None
    shown = printable(without_password(said.value), 200)
    if not is_postgres(said.value):
        why = f"{said.by} is '{shown}', which is no ledger"
        raise CannotTell(f"{why}; write the URL of a database, or {GIT}")
    try:
        from fleetfeed.ledger.postgres.asking import asked
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        why = f"posts are in {shown}, and psycopg is not installed here"
        raise CannotTell(f"{why}; `pip install 'fleetfeed[postgres]'`") from error
    return asked(said.value)
