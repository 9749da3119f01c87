"""Many rows written at once, by COPY: those of `folding`."""

from collections.abc import Iterable, Sequence

import psycopg

from fleetfeed.ledger.postgres.connection import Row
from fleetfeed.ledger.postgres.folding import ITEM, SURFACE, Folded


def copy_in(
    connection: psycopg.Connection[Row],
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Write `rows`, whose values are in the order of `columns`, into `table`."""
    into = f"copy {table} ({', '.join(columns)}) from stdin"
    with connection.cursor() as cursor, cursor.copy(into.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def item_values(item: Folded) -> tuple[object, ...]:
    """What the item's row has in the columns `ITEM`."""
    return tuple(item.row[name] for name in ITEM)


def copy_surfaces(connection: psycopg.Connection[Row], items: Iterable[Folded]) -> None:
    """Write the rows of the items' surfaces, of which none is there."""
    rows = (row for item in items for row in item.surfaces)
    values = ([row[name] for name in SURFACE] for row in rows)
    copy_in(connection, "surface", SURFACE, values)
