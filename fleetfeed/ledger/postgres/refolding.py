"""All items folded anew, where a newer fleetfeed folds posts by other rules."""

from itertools import groupby
from operator import itemgetter

import psycopg

from fleetfeed.feed.codec import MEANING
from fleetfeed.ledger.postgres.appends import Appends
from fleetfeed.ledger.postgres.connection import PATIENCE, Database, Row
from fleetfeed.ledger.postgres.copying import copy_in, copy_surfaces, item_values
from fleetfeed.ledger.postgres.folding import (
    ITEM,
    Folded,
    folded,
    held_lines,
    overlaps,
)
from fleetfeed.ledger.postgres.importing import LOCK, must_be_apart
from fleetfeed.ledger.postgres.schema import not_the_owner, require_older_meaning

_POSTS = "select item, number, data from post order by item, number"
_ANEW = "create temporary table anew (like item) on commit drop"
_SET = ", ".join(f"{name} = anew.{name}" for name in ITEM if name != "id")
_REPLACE = f"update item set {_SET} from anew where item.id = anew.id"  # noqa: S608
_AS_BEFORE = (
    "by the fleetfeed of before, and `fleetfeed ledger init` again; nothing was changed"
)
_KNOWN = "update ledger set meaning = %s"


def refold(database: Database) -> int:
    """Fold every item anew, if they were folded by older rules; how many there are.

    Leases stay as they are. Refused where the rules are newer than ours, or where by
    ours two items hold one surface.
    """
    connection = database.connection(PATIENCE)
    try:
        with connection.transaction():
            if not require_older_meaning(database, connection):
                return 0
            connection.execute(LOCK)
            if not require_older_meaning(database, connection):
                return 0
            items = _folded(connection)
            must_be_apart(overlaps(held_lines(items)), _AS_BEFORE)
            connection.execute(_ANEW)
            connection.execute("delete from surface")
            copy_in(connection, "anew", ITEM, map(item_values, items))
            connection.execute(_REPLACE)
            copy_surfaces(connection, items)
            connection.execute(_KNOWN, (MEANING,))
            return len(items)
    except psycopg.errors.InsufficientPrivilege as error:
        raise not_the_owner(database, error) from error
    except psycopg.Error as error:
        raise database.cannot_tell(error) from error


def _folded(connection: psycopg.Connection[Row]) -> list[Folded]:
    there = Appends(connection)
    policy, folder, found = there.policy(), there.folder, list[Folded]()
    for item, posts in groupby(there.stream(_POSTS), itemgetter(0)):
        own = ((int(n), data) for _, n, data in posts)
        found.append(folded(str(item), own, policy, folder)[0])
    return found
