"""From a feed in git into the ledger: all of it, or nothing.

What the ledger has already must be what the feed has; then it gets what it lacks. So a
ledger that was lost, or brought back from an older backup, is whole again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import psycopg

from fleetfeed.ledger.postgres.appends import Appends
from fleetfeed.ledger.postgres.connection import PATIENCE, Database, Row
from fleetfeed.ledger.postgres.copying import copy_in, copy_surfaces, item_values
from fleetfeed.ledger.postgres.document import WITHOUT_END
from fleetfeed.ledger.postgres.feed_rows import FeedRows
from fleetfeed.ledger.postgres.folding import (
    ITEM,
    Folded,
    NoteRow,
    Overlap,
    PostRow,
    folded,
    held_lines,
    overlaps,
)
from fleetfeed.ledger.postgres.schema import NEWEST_RULES
from fleetfeed.model.errors import Refused
from fleetfeed.model.policy import Policy
from fleetfeed.util.printable import first_few
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record

Some = TypeVar("Some")

_IMPORT_ANEW = "and import that; nothing was imported"

_AT_ONCE = 1000
"""Rows after which somebody is told how far it is."""

LOCK = """
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  lock table append, post, note, rule, seal, item, surface, taken in exclusive mode
"""
_TAKEN = """
  delete from taken;
  insert into taken (prefix, first, last)
    select prefix, min(number), max(number) from (
      select prefix, number,
        number - row_number() over (partition by prefix order by number) as run
      from item
    ) as numbered group by prefix, run
"""
_RULES = f"select path, data from ({NEWEST_RULES}) as newest"  # noqa: S608 - constant
_HELD = "select line, item, key from surface where held and item <> all (%s)"
_OF_ITEMS = "select item, number, data from post where item = any (%s)"
_NEW = "insert into append (op, message) values ('', %s) returning id"


@record
class Imported:
    """How many posts and notes were new to the ledger, and items that got some."""

    posts: int
    items: int


class Importer:
    """One import: in one transaction, in which nobody else writes."""

    def __init__(self, rows: FeedRows, policy: Policy, folder: str) -> None:
        """`rows` are those of the feed, whose policy that is."""
        self._rows, self._policy, self._folder = rows, policy, folder

    def run(
        self, database: Database, message: str, on_progress: OnProgress
    ) -> Imported:
        """Bring in what is missing, as one append that says `message`.

        Refused where the ledger has something otherwise, or two items would hold one
        surface.
        """
        connection = database.connection(PATIENCE)
        try:
            with connection.transaction():
                connection.execute(LOCK)
                return self._brought(connection, message, on_progress)
        except psycopg.Error as error:
            raise database.cannot_tell(error) from error

    def _brought(
        self,
        connection: psycopg.Connection[Row],
        message: str,
        on_progress: OnProgress,
    ) -> Imported:
        rows, there = self._rows, _files(connection)
        _must_agree(rows, there, self._folder)
        posts = [row for row in rows.posts if row.path not in there]
        notes = [row for row in rows.notes if row.path not in there]
        rules = {p: data for p, data in rows.rules.items() if p not in there}
        seals = {p: data for p, data in rows.seals.items() if p not in there}
        items = self._items(connection, {row.item for row in posts}, bool(there))
        others = connection.execute(_HELD, ([item.id for item in items],)).fetchall()
        must_be_apart(overlaps((*held_lines(items), *others)), _IMPORT_ANEW)
        if not (posts or notes or rules or seals):
            return Imported(0, 0)
        (append,) = connection.execute(_NEW, (message,)).fetchone() or (0,)
        told = _Told(on_progress, len(posts) + len(notes) + len(items))
        _copy_files(connection, append, posts, notes, told)
        _copy_texts(connection, append, rules, seals)
        _copy_items(connection, items, told)
        connection.execute(_TAKEN)
        return Imported(len(posts) + len(notes), len(items))

    def _items(
        self,
        connection: psycopg.Connection[Row],
        wanted: set[str],
        more: bool,
    ) -> Sequence[Folded]:
        """The rows of the items that get posts, folded with those that are there."""
        own = [item for item in self._rows.items if item.id in wanted]
        if not more:
            return own
        posts: dict[str, dict[int, bytes]] = {item.id: {} for item in own}
        for row in self._rows.posts:
            if row.item in posts:
                posts[row.item][row.number] = row.data
        there = connection.execute(_OF_ITEMS, (list(posts),))
        for item, number, data in there:
            posts[item].setdefault(number, data)
        return [
            folded(item, found.items(), self._policy, self._folder)[0]
            for item, found in posts.items()
        ]


class _Told:
    """Tells how far it is, now and then."""

    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self._on_progress, self._total, self._done = on_progress, total, 0

    def each(self, rows: Iterable[Some]) -> Iterator[Some]:
        """These rows, each counted as it is taken."""
        for row in rows:
            yield row
            self._done += 1
            if not self._done % _AT_ONCE or self._done == self._total:
                self._on_progress("writing rows", self._done, self._total)


def _files(connection: psycopg.Connection[Row]) -> Mapping[str, bytes | None]:
    """What the ledger has, by path; rules in their last form."""
    found, there = dict[str, bytes | None](), Appends(connection)
    for table in ("post", "note", "seal"):
        found.update(there.stream(f"select path, data from {table}"))  # noqa: S608
    found.update(there.rows(_RULES))
    return found


def _must_agree(rows: FeedRows, there: Mapping[str, bytes | None], folder: str) -> None:
    own = {row.path: row.data for row in rows.posts}
    own |= {row.path: row.data for row in rows.notes}
    own |= {**rows.rules, **rows.seals}
    wrong = sorted(p for p, data in own.items() if p in there and there[p] != data)
    if wrong:
        shown = first_few([f"{folder}/{path}" for path in wrong])
        what = f"the ledger has otherwise: {shown}"
        todo = "`fleetfeed ledger verify` tells all that differs"
        raise Refused(f"{what}; nothing was imported; {todo}")


def must_be_apart(found: Sequence[Overlap], todo: str) -> None:
    """Refused where two items hold one surface: which, and what to do.

    `todo` says what to do once one of them has let it go.
    """
    if not found:
        return
    pairs = [
        f"{each.item} ({each.key}) and {each.other} ({each.other_key})"
        for each in found
    ]
    shown = first_few(pairs, 800, between="; ")
    release = f"have one of the two let it go (`fleetfeed release {found[0].other}`)"
    raise Refused(f"two items hold one surface: {shown}; {release}, {todo}")


def _copy_files(
    connection: psycopg.Connection[Row],
    append: int,
    posts: Iterable[PostRow],
    notes: Iterable[NoteRow],
    told: _Told,
) -> None:
    columns = ("path", "item", "number", "op", "append", "data", "sealed_in")
    rows = (
        (p.path, p.item, p.number, p.op, append, p.data, p.sealed_in)
        for p in told.each(posts)
    )
    copy_in(connection, "post", columns, rows)
    others = ((n.path, n.item, n.op, append, n.data) for n in told.each(notes))
    copy_in(connection, "note", ("path", "item", "op", "append", "data"), others)


def _copy_texts(
    connection: psycopg.Connection[Row],
    append: int,
    rules: Mapping[str, bytes],
    seals: Mapping[str, bytes],
) -> None:
    for table, files in (("rule", rules), ("seal", seals)):
        rows = ((path, append, data) for path, data in sorted(files.items()))
        copy_in(connection, table, ("path", "append", "data"), rows)


def _copy_items(
    connection: psycopg.Connection[Row], items: Sequence[Folded], told: _Told
) -> None:
    """Put the items' rows in place of those there.

    Who holds has a whole lease, and who is in line a whole turn.
    """
    ids = [item.id for item in items]
    connection.execute("delete from surface where item = any (%s)", (ids,))
    connection.execute("delete from item where id = any (%s)", (ids,))
    (now,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    begun = now or datetime.now(UTC)
    rows = (
        (
            *item_values(item),
            _lease_over(begun, item.sign),
            item.beat,
            begun if item.row["turn"] else None,
        )
        for item in told.each(items)
    )
    columns = (*ITEM, "lease_over", "lease_beat", "free_since")
    copy_in(connection, "item", columns, rows)
    copy_surfaces(connection, items)


def _lease_over(now: datetime, sign: float | None) -> str | None:
    """When a lease is over that begins now (`lease_end` in the tables' own words)."""
    if sign is None:
        return None
    if sign == WITHOUT_END:
        return "infinity"
    return (now + timedelta(seconds=sign)).isoformat()
