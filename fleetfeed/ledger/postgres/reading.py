"""One moment of the ledger, asked as far as somebody looks.

All questions of a reading are answered from one transaction, which sees the feed as it
was when it began. What was asked is remembered: a write is taken only where that is
still so (`document`). Once the transaction is over, later questions are answered as of
then.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import md5
from json import dumps

import psycopg

from fleetfeed.feed.codec import item_from_text
from fleetfeed.feed.near import Concern
from fleetfeed.feed.surface_index import Hold
from fleetfeed.ledger.postgres import questions
from fleetfeed.ledger.postgres.connection import Database, Row
from fleetfeed.ledger.postgres.schema import require_tables, require_version
from fleetfeed.model.item import Item
from fleetfeed.util.intervals import IntervalSet
from fleetfeed.util.records import record

_TOGETHER, _AT_ONCE = 3, 500
"""Items whose posts are worth being read together, and how many of them at once."""

_SCATTERED = 64
"""Spans of one prefix's numbers, from which on they are worth being put together."""

_IDLE = "25P03"
"""The server ends a transaction in which nobody has asked anything for long."""

Rank = tuple[int, str, tuple[str, int]]
"""What awaits its claim is in this order (see `Snapshot.rank`)."""

_LOWEST = (-(2**31), "", ("", 0))


@record
class Known:
    """An item as it was read: the seconds of its lease that were left, its last post.

    `left` is negative where it was over, None where there is no lease. `free` are the
    seconds for which nothing has been in the way of what is in line, `passed` those
    since somebody behind it has first passed it; None where nobody has.
    """

    item: Item
    left: float | None = None
    last: bytes | None = None
    free: float = 0.0
    passed: float | None = None


@record
class Answer:
    """What was asked about surfaces, as the database's functions take it, and what for.

    `digest` is what was read, as the database sums it up; empty: nothing was.
    """

    asked: str
    digest: str


NO_ANSWER = Answer("{}", "")


class Surfaces:
    """Surfaces that were read: held, and at rest; `all` says that these are all."""

    def __init__(self) -> None:
        """None were."""
        self.held = dict[tuple[str, str], Hold]()
        self.resting = dict[tuple[str, str], Hold]()
        self.all = False

    def add(self, rows: Iterable[Row]) -> None:
        """Take up rows of `questions.CONCERNED`."""
        for *hold, held in rows:
            row = Hold(*hold)
            (self.held if held else self.resting)[row.item, row.parts] = row


class Reading:
    """The ledger at one moment; psycopg's errors where it does not answer.

    `at` is the newest append, `rules_at` the newest that changed a rule; `looked` says
    that somebody has asked for surfaces. Who `takes` has what was `offered` to itself.
    """

    def __init__(self, database: Database, takes: float | None = None) -> None:
        """Begin it, on the connection at hand; for who `takes`, within so many seconds.

        The server gives up then: it can say that nothing was written.
        """
        self._database = database
        connection = database.connection(0)
        begin = questions.BEGIN
        if takes is not None:
            begin = questions.TAKE.format(limit=max(int(takes * 1000), 1))
        told, offered = _begun(database, connection, begin)
        version, meaning, self.id, self.folder, self.ref, self.at, self.rules_at = told
        require_version(database, version, meaning)
        self.under_way, self.looked = True, False
        self.takes = takes is not None
        self.offered = _known(offered)
        self.surfaces = Surfaces()
        self._items: dict[str, Known] = {}
        self._leases: dict[str, float | None] | None = None
        self._said: dict[str, list[Row]] = {}
        self._about: dict[str, tuple[str, ...]] = {}
        self._bytes: dict[str, bytes] = {}
        self._taken: dict[str, IntervalSet] = {}
        self._asked: dict[Concern, Answer] = {}
        self.scattered: set[str] = set()

    def end(self, then: str = "") -> list[Row]:
        """End the transaction: what is asked later is answered as of then.

        What `then` answers, a statement for behind it, in the same question.
        """
        # psycopg forgets behind a ROLLBACK what it has prepared; whoever only reads has
        # nothing to take back. A claim costs the server 2.5 ms of CPU so, and not 3.9.
        over = "ROLLBACK" if self.takes else "COMMIT"
        words = [over] if self.under_way and not self._database.lost else []
        words += [then] if then else []
        self.under_way = False
        if not words:
            return []
        cursor = self._database.connection(0).execute("; ".join(words).encode())
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []

    def keep(self, query: str, values: Sequence[object]) -> list[Row]:
        """What `query` answers, which writes; and end the transaction with that.

        In one round trip: where the one fails the server passes over the other.
        """
        connection = self._database.connection(0)
        with connection.pipeline():
            answer = connection.execute(query, values)
            connection.execute("COMMIT")
        self.under_way = False
        return answer.fetchall()

    @property
    def seen(self) -> dict[str, int]:
        """The number of the newest post of each item that somebody has asked for."""
        return {name: known.item.newest for name, known in self._items.items()}

    def offer(self, among: list[str]) -> Known | None:
        """The first of `among` that nobody else is at; it is ours until the end."""
        rows = self._rows(questions.OFFER, (among,))
        return _known(rows[0]) if rows else None

    def attend(self, known: Known) -> None:
        """Go on with `known`, which was read just now, and see what is near it anew."""
        self._items[known.item.id] = known
        self.surfaces, self.looked = Surfaces(), False
        self._asked.clear()

    def awaiting(self, size: int, after: Rank | None) -> list[Row]:
        """What awaits its claim, in order: rank, id, fold; the first `size` behind."""
        priority, filed, within = after or _LOWEST
        return self._rows(questions.AWAITING, (priority, filed, *within, size))

    def glance(self, items: Iterable[str]) -> dict[str, Item]:
        """Items as they are, which nobody relies on."""
        rows = self._rows(questions.FOLDS_OF, (list(items),))
        return {name: item_from_text(fold) for name, fold in rows}

    def rules(self) -> dict[str, bytes]:
        """The rule files, by their paths."""
        return dict(self._rows(questions.RULES))

    def item(self, item: str) -> Known:
        """An item; empty where there is none of that id."""
        if item not in self._items:
            self.expect([item])
        return self._items[item]

    def lease_left(self, item: str) -> float | None:
        """What is left of an item's lease: of all open ones together, if not known.

        Who lists items has asked for none of them.
        """
        if item in self._items:
            return self._items[item].left
        if self._leases is None:
            rows = self._rows(questions.LEASES)
            self._leases = {i: None if s is None else float(s) for i, s in rows}
        return self._leases.get(item)

    def expect(self, items: Iterable[str], *, reached: bool = False) -> None:
        """Read items together; `reached`: and all that they depend on."""
        if reached:
            items = [name for (name,) in self._rows(questions.REACHED, (list(items),))]
        wanted = [name for name in items if name not in self._items]
        if not wanted:
            return
        for row in self._rows(questions.ITEMS, (wanted,)):
            self._items.setdefault(row[0], _read(row))
        for name in wanted:
            self._items.setdefault(name, Known(Item(name)))

    def expect_said(self, items: Sequence[str]) -> None:
        """Read the posts of items together, and which notes are about them."""
        wanted = [item for item in items if item not in self._said]
        if len(wanted) < _TOGETHER:
            return
        self.expect(wanted)
        said: dict[str, list[Row]] = {item: [] for item in wanted}
        for item, *post in self._rows(questions.POSTS_OF, (wanted,)):
            said[item].append(tuple(post))
            self._bytes[post[1]] = post[2]
        about: dict[str, list[str]] = {item: [] for item in wanted}
        for item, path in self._rows(questions.NOTES_OF, (wanted,)):
            about[item].append(path)
        self._said |= said
        self._about |= {item: tuple(paths) for item, paths in about.items()}

    def posts(self, item: str) -> list[Row]:
        """An item's posts: number, path, bytes."""
        if item in self._said:
            return self._said[item]
        return self._rows(questions.POSTS, (item,))

    def lively(self, since: float) -> Iterator[tuple[str, list[Row]]]:
        """The items that are open, or have a post since then; each with its posts.

        Nothing of it is kept: there may be many.
        """
        items = [item for (item,) in self._rows(questions.LIVELY, (since,))]
        for at in range(0, len(items), _AT_ONCE):
            some = items[at : at + _AT_ONCE]
            said: dict[str, list[Row]] = {item: [] for item in some}
            for item, *post in self._rows(questions.POSTS_OF, (some,)):
                said[item].append(tuple(post))
            yield from said.items()

    def post(self, path: str) -> bytes | None:
        """The bytes of the post or note at `path`; None where there is none."""
        if path in self._bytes:
            return self._bytes[path]
        found = self._rows(questions.DATA, {"path": path})
        return found[0][0] if found else None

    def paths_by_op(self, op: str) -> list[str]:
        """The paths of the posts and notes with that OP, in order."""
        if "\0" in op:  # which no text in a table has
            return []
        return [path for (path,) in self._rows(questions.BY_OP, {"op": op})]

    def numbers_of(self, item: str) -> tuple[int, ...]:
        """The numbers of an item's posts, in order."""
        if item in self._said:
            return tuple(number for number, *_ in self._said[item])
        rows = self._rows(questions.NUMBERS, (item,))
        return tuple(number for (number,) in rows)

    def notes_about(self, item: str) -> tuple[str, ...]:
        """The paths of the notes about `item`, the oldest first."""
        if item in self._about:
            return self._about[item]
        return tuple(path for (path,) in self._rows(questions.NOTES, (item,)))

    def noted(self, since: str = "") -> frozenset[str]:
        """What there are notes about, whose paths come behind `since`."""
        return frozenset(item for (item,) in self._rows(questions.NOTED, (since,)))

    def second_month(self) -> str:
        """The folder of the newest month but one that has notes; empty without one."""
        ((month,),) = self._rows(questions.SECOND_MONTH)
        return str(month or "")

    def taken(self, prefix: str) -> IntervalSet:
        """The numbers of a prefix that are taken."""
        if prefix not in self._taken:
            rows = self._rows(questions.TAKEN, (prefix,))
            if len(rows) >= _SCATTERED:
                self.scattered.add(prefix)
            self._taken[prefix] = IntervalSet.joined(rows)
        return self._taken[prefix]

    def unattended(self, prefix: str, number: int) -> int:
        """The first number from `number` on that nobody is about to take."""
        ((found,),) = self._rows(questions.UNATTENDED, (prefix, number))
        return int(found)

    def prefixes(self) -> tuple[str, ...]:
        """Every prefix that has a number."""
        found = self._rows(questions.PREFIXES)
        return tuple(prefix for (prefix,) in found)

    def open(self) -> list[Row]:
        """The open items: id and fold, in order."""
        return self._rows(questions.OPEN)

    def folds(self) -> Iterable[Row]:
        """Every item: id and fold, in order."""
        return self._rows(questions.FOLDS)

    def concerned(self, asked: Concern) -> None:
        """Read the surfaces that `asked` is about, into `surfaces`."""
        self.looked = True
        if asked not in self._asked:
            text = _as_json(asked)
            rows = self._rows(questions.CONCERNED, (text,))
            self.surfaces.add(rows)
            self._asked[asked] = Answer(text, _digest(rows))

    def all_surfaces(self) -> None:
        """Read all of them."""
        self.looked = True
        if not self.surfaces.all:
            self.surfaces.add(self._rows(questions.ALL_SURFACES))
            self.surfaces.all = True

    def answer(self, asked: Concern) -> Answer:
        """What was read for `asked`; where nothing was, the empty answer."""
        return self._asked.get(asked, NO_ANSWER)

    def append_of(self, path: str) -> str:
        """The append that brought the post or note at `path`; empty without one."""
        found = self._rows(questions.APPEND, {"path": path})
        return str(found[0][0]) if found else ""

    def _rows(
        self, query: str, values: Sequence[object] | dict[str, object] | None = None
    ) -> list[Row]:
        connection = self._database.connection(0)
        try:
            return connection.execute(query, values).fetchall()
        except psycopg.Error as error:
            idle = error.sqlstate == _IDLE and self.under_way and not self.takes
            self.under_way = False
            if idle:  # whoever holds a snapshot thinks it over
                self._database.close()
                return self._rows(query, values)
            with suppress(psycopg.Error):
                connection.rollback()  # or nothing is answered on it any more
            raise self._database.cannot_tell(error) from error


_OF_LEDGER = 7
"""Columns of what a reading begins with; behind them is what was offered."""


def _begun(
    database: Database, connection: psycopg.Connection[Row], begin: str
) -> tuple[Row, Row | None]:
    """What a reading begins with, and what it was offered: an id first, if anything.

    CannotTell where the tables are of another version.
    """
    try:
        cursor = connection.execute(begin.encode())
    except psycopg.errors.UndefinedFunction:
        connection.rollback()
        require_tables(database, connection)
        raise
    cursor.nextset()
    cursor.nextset()
    row = cursor.fetchone()
    if row is None or row[0] is None:
        raise psycopg.errors.UndefinedTable("the ledger has no row")
    offered = row[_OF_LEDGER:]
    return row[:_OF_LEDGER], offered if any(offered) else None


def _read(row: Row) -> Known:
    _, fold, left, last, *line = row
    seconds = None if left is None else float(left)
    free, passed = line or (None, None)  # what awaits its claim is in no line
    ago = None if passed is None else float(passed)
    return Known(item_from_text(fold), seconds, last, float(free or 0), ago)


def _known(row: Row | None) -> Known | None:
    return _read(row) if row else None


def _as_json(asked: Concern) -> str:
    """`asked` as the database's functions take it."""
    return dumps({name: getattr(asked, name) for name in Concern.__match_args__})


def _digest(rows: Iterable[Row]) -> str:
    """What `append_if` makes of the same rows; these are of `questions.CONCERNED`."""
    keys = {f"{row[2]} {row[0]} {'true' if row[5] else 'false'}" for row in rows}
    return md5("\n".join(sorted(keys)).encode(), usedforsecurity=False).hexdigest()
