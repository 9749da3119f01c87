"""The feed in the tables of a PostgreSQL: the database locks, and keeps the time.

A write is read and judged in one transaction, which locks nothing. It is taken by one
call of a function in the database, which compares what the judge has seen with what is
there. Posts that have nothing to do with each other never meet.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

import psycopg

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.objects import SUBTREE, Entry, object_id
from fleetfeed.feed.overlay import NoStore, OverlayStore, overlay, with_files
from fleetfeed.feed.tree import FeedTree
from fleetfeed.lease.lease import standing
from fleetfeed.lease.line import When, place_sign, places_over
from fleetfeed.ledger.base import (
    Accepted,
    Files,
    Meanwhile,
    Outcome,
    RaceLost,
    Tip,
    Unconfirmed,
)
from fleetfeed.ledger.postgres.connection import PATIENCE, Database, Row
from fleetfeed.ledger.postgres.document import document
from fleetfeed.ledger.postgres.reading import Reading
from fleetfeed.ledger.postgres.snapshot import PostgresSnapshot
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import NONE, Speakers
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Lapse, Sign, Signs
from fleetfeed.repo.location import Where
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable

_APPEND = "SELECT append_if(%s, %s)"
_BEAT = "SELECT beat(%s, %s)"
_COMPACT = "SELECT compact(%s)"
_BEHIND = """
SELECT pg_is_in_recovery(), CASE WHEN NOT pg_is_in_recovery()
    THEN pg_logical_emit_message(true, 'fleetfeed', '') END
"""
"""Whether it is a standby; where not, something is written behind all that was read."""

_LEAST = 1.0
"""Seconds that anybody waits for an answer."""

_NO_TREE = object_id("tree", b"")
"""The empty folder: a feed that is there has one, so that its tree is not none."""


class PostgresLedger:
    """The feed in the ledger at `url`. For one thread at a time: it has one connection.

    A write asks the database as often in a large feed as in a small one, in so many
    round trips: 6 for new items, however many (7 where their number is the next free
    one), 4 for one that is there, 3 for `next` where the first that is free will do; 2
    more where something depends on others. `tests/ledger/test_postgres_cost.py` counts.
    """

    def __init__(self, url: str) -> None:
        """Nothing is asked before the first `read`. Usage where `url` is none."""
        self.database = Database(url)
        self._cache = Cache()
        self._reading: Reading | None = None
        self._takes = False
        self._rules_at: tuple[str, int] | None = None
        self._base: FeedTree | None = None

    @cached_property
    def where(self) -> Where:
        """See Ledger: how the feed is called where it is exported to."""
        reading = self._reading or self._begun(PATIENCE)
        return Where(reading.folder, reading.ref, None, None, None)

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        reading = self._begun(seconds)
        return Tip(str(reading.at), self._snapshot(reading))

    def _begun(self, seconds: float) -> Reading:
        """A reading of now. One that the server has ended since is begun anew, once."""
        until = time.monotonic() + seconds
        takes = max(seconds, _LEAST) if self._takes else None
        self.database.patience = max(seconds, _LEAST)
        self.database.connection(seconds)
        try:
            self._end()
            self._reading = Reading(self.database, takes)
        except psycopg.Error as error:
            over = self.database.lost  # it was idle for long, or the server is another
            self.database.close()
            if not over:
                raise self.database.cannot_tell(error) from error
            self.database.connection(until - time.monotonic())
            try:
                self._reading = Reading(self.database, takes)
            except psycopg.Error as again:
                self.database.close()
                raise self.database.cannot_tell(again) from again
        return self._reading

    @contextmanager
    def sitting(self, *, takes_any: bool) -> Iterator[None]:
        """See Sitting: the database locks a number, and what is taken, till then."""
        self._takes = takes_any
        try:
            yield
        finally:
            self._takes = False
            with suppress(psycopg.Error):
                self._end()

    def _end(self, then: str = "") -> list[Row]:
        """End the reading under way; what the statement `then` answers behind it."""
        reading, self._reading = self._reading, None
        return [] if reading is None else reading.end(then)

    def _snapshot(self, reading: Reading) -> PostgresSnapshot:
        """The feed in `reading`; its rules are read where they are news."""
        if self._base is None or self._rules_at != (reading.id, reading.rules_at):
            files = reading.rules() if reading.rules_at else {}
            self._base = _base(reading.folder, files, there=bool(reading.at))
            self._rules_at = (reading.id, reading.rules_at)
        return PostgresSnapshot(reading, self._base, self._cache)

    def glimpse(self) -> Tip | None:
        """See Ledger: to read it costs one question."""
        return None

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        *,
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """See Ledger: the compare is with what was asked about alone."""
        del meanwhile
        before = _feed_of(tip)
        after = before.with_files(files)
        made = document(before, after, files, message, any_number)
        scattered = tuple(before.reading.scattered)
        takes = before.reading.takes and before.reading.under_way
        try:
            # The server gives up before we do: it can say that nothing was written.
            limit = max(seconds, _LEAST)
            if not takes:
                self._end(f"SET statement_timeout = {int(limit * 1000)}")
            self.database.patience = limit + _LEAST
        except psycopg.Error as error:
            self.database.close()
            return RaceLost(str(self.database.cannot_tell(error)))
        self.database.warned = ""
        try:
            ask = before.reading.keep if takes else self.database.rows
            ((answer,),) = ask(_APPEND, (made.text, list(made.data)))
        except psycopg.Error as error:
            failed = self.database.failure(error)
            if isinstance(failed, Unconfirmed):
                self.database.abandon()
            return failed
        if self.database.warned:
            # A standby that was to have it has not said that it does.
            why = f"it was written, and: {self.database.warned}"
            return Unconfirmed(why)
        if "accepted" in answer:
            self._put_together(scattered)
            return Accepted(str(answer["accepted"]))
        return RaceLost(answer["lost"], number=bool(answer.get("number")))

    def _put_together(self, prefixes: tuple[str, ...]) -> None:
        """Tidy up; what fails here fails nobody's write."""
        for prefix in prefixes:
            try:
                self.database.rows(_COMPACT, (prefix,))
            except psycopg.Error:
                self.database.close()

    def beat(self, item: Item, seconds: float) -> bool:
        """A sign of life of whoever has `item`; whether it came while the lease ran.

        CannotTell where nothing was heard, or what was may be lost.
        """
        self.database.patience = max(seconds, _LEAST)
        self.database.warned = ""
        self.database.connection(seconds)
        try:
            self._end()
            ((heard,),) = self.database.rows(_BEAT, (item.id, item.epoch))
        except psycopg.Error as error:
            self.database.close()
            raise self.database.cannot_tell(error) from error
        self._require_safe(self.database.warned)
        return bool(heard)

    def brought_up(self, tip: Tip) -> str:
        """See Ledger: there is none."""
        del tip
        return ""

    def require_server(self, tip: Tip, seconds: float, *, afresh: bool = False) -> None:
        """See Ledger: who is let in has said who it is.

        A standby has what the primary had a while ago. And what is found `afresh` may
        be there, and not yet with the standby that a write waits for: what is written
        now is behind it, and waits as well.
        """
        del tip
        if not afresh:
            return
        self.database.patience = max(seconds, _LEAST)
        self.database.warned = ""
        try:
            ((standby, _),) = self._end(_BEHIND) or self.database.rows(_BEHIND)
            why = self.database.warned
        except psycopg.Error as error:
            self.database.close()
            standby, why = False, str(error)
        if standby:
            message = f"{self.database.shown} is a standby, and may not have all of it"
            todo = "let `ledger:` name the primary, or end it in"
            raise CannotTell(f"{message}; {todo} ?target_session_attrs=read-write")
        self._require_safe(why)

    def _require_safe(self, why: str) -> None:
        """CannotTell where there is a reason why a standby may not have it."""
        if why:
            message = f"{self.database.shown} does not say whether what it has is"
            message += f" safe with its standby, too ({printable(why, 200)})"
            raise CannotTell(f"{message}; run it again")

    def speakers(self, tip: Tip) -> Speakers | None:
        """See Ledger."""
        mode = tip.feed.rules.identity
        if mode == NONE:
            return None
        message = f"the policy's identity is {mode}, which a ledger in PostgreSQL"
        raise CannotTell(f"{message} cannot prove")

    def view(self, *, offline: bool) -> View:
        """See Ledger."""
        if offline:
            message = f"a ledger in PostgreSQL ({self.database.shown}) is never fetched"
            raise CannotTell(f"{message}, so nothing is known offline; ask it")
        return self.view_within(PATIENCE)

    def view_within(self, seconds: float) -> View:
        """The same, asked now. CannotTell where nobody answers for so long."""
        tip = self.read(seconds)
        age = f"{self.database.shown}, asked just now"
        return View(tip.feed, tip.commit, self.where, age, asked=True)

    def signs(self, tip: Tip) -> Signs | None:
        """See Ledger: by the clock of the database."""
        feed = _feed_of(tip)
        over = _places(feed)
        return lambda item: _sign_of(feed, item, over)

    def keeps_time(self) -> bool:
        """See Ledger: it does, and `signs` says it all."""
        return False

    def commit_of(self, tip: Tip, path: str) -> str:
        """See Ledger: which append it was."""
        return _feed_of(tip).reading.append_of(path)

    def close(self) -> None:
        """End the connection; the next `read` makes another."""
        self._reading = None
        self.database.close()


def _feed_of(tip: Tip) -> PostgresSnapshot:
    """The feed of a tip that this ledger has read."""
    if not isinstance(tip.feed, PostgresSnapshot):
        raise TypeError(tip.feed)
    return tip.feed


def _sign_of(feed: PostgresSnapshot, item: str, place_over: When) -> Sign:
    """The sign of life of an item, as of when it was read."""
    now, grace = feed.item(item), feed.rules.leases.grace
    if now.turn:
        return place_sign(place_over(now), 0.0)
    left = feed.reading.item(item).left
    if left is None:
        return Lapse.UNKNOWN
    return standing(left, 0.0, grace)


def _places(feed: PostgresSnapshot) -> When:
    """In how many seconds the items in line lose their places."""

    def silent(place: Item) -> float:
        left = feed.reading.item(place.id).left
        return 0.0 if left is None else left + feed.rules.leases.grace

    def free(place: Item) -> float:
        return -feed.reading.item(place.id).free

    def passed(place: Item) -> float:
        ago = feed.reading.item(place.id).passed
        return math.inf if ago is None else -ago

    return places_over(feed, feed.rules, silent=silent, free=free, passed=passed)


def _base(folder: str, rules: dict[str, bytes], *, there: bool) -> FeedTree:
    """The tree of a feed as far as it is one: its rules. Not none, if it is `there`."""
    store = OverlayStore(NoStore(), {_NO_TREE: ()}, {})
    tree = FeedTree(store, None, folder)
    if there:
        tree = overlay(tree, {layout.NOTES: Entry(layout.NOTES, SUBTREE, _NO_TREE)})
    return with_files(tree, dict(rules)) if rules else tree
