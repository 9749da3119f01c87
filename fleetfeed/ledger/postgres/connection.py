"""The way to the database: a connection, and what its failures mean.

psycopg is imported here and beside, where somebody has chosen such a ledger.
"""

import logging
import os
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from math import ceil
from typing import Any, TypeVar
from weakref import WeakMethod, finalize

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.waiting import READY_NONE

from fleetfeed.ledger.base import Failed, RaceLost, Rejected, Unconfirmed
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.ledger_url import without_password
from fleetfeed.util.printable import printable

SCHEMA = "fleetfeed"
"""Where the tables are, unless the URL's search_path says another schema."""

PATIENCE = 30.0
"""Seconds that who only reads, or looks after the tables, waits for the server."""

_SHORTEST = 2
"""Seconds: libpq waits no shorter for a connection."""

_SESSION = {
    # Nobody waits for a writer that has gone to sleep in the middle of a write.
    "idle_in_transaction_session_timeout": "30s",
    "statement_timeout": "60s",
    # What is asked is found by an index, however large the feed has become, and however
    # old what the planner knows of it; so one plan does for all values.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
# What is compared behind the locks has to be what is there then.
_ISOLATION = {"default_transaction_isolation": r"read\ committed"}

_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

_RACES = frozenset(
    (
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "23P01",  # exclusion_violation: another has just taken an overlapping surface
        "23505",  # unique_violation: another has just taken the number, or the OP
        "55P03",  # lock_not_available
        "57014",  # query_canceled: by the timeout, so nothing was written
    )
)
_BY_WHAT_IT_IS = ("22", "23", "54", "P0")
"""States that say of what was written that no ledger takes it: bytes, a check, a size.

All others are about the server, as it is now: full, read-only, without these tables.
"""

_MISSING = ("42P01", "3F000", "42883")
_NO_RIGHT = "42501"
_READ_ONLY = "25006"

_ABANDONED = """
SELECT bool_and(pg_terminate_backend(pid, %s)) FROM pg_stat_activity
WHERE application_name = ANY (%s) AND pid <> pg_backend_pid()
"""

# Whatever ends a question is raised: psycopg need not print of it, too, where two are
# sent at once, and nobody has said where log lines go.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

Row = TupleRow
Answer = TypeVar("Answer")


class Connection(psycopg.Connection[Row]):
    """A connection that waits no longer than `patience` seconds for a word.

    A server that was stopped keeps its connections open, and on a socket of the same
    machine nobody else notices. `name` is what the server calls this connection.
    """

    patience: float | None = None
    name = ""

    def wait(
        self,
        gen: Generator[Any, Any, Answer],
        *args: Any,  # noqa: ANN401 - psycopg's versions have others
        **more: Any,  # noqa: ANN401 - as above
    ) -> Answer:
        """See psycopg. It is closed where nothing was heard for so long: _Silent."""
        if self.patience is None:
            return super().wait(gen, *args, **more)
        try:
            return super().wait(_within(gen, self.patience), *args, **more)
        except _Silent:
            self.close()
            raise


class _Silent(psycopg.OperationalError):
    """The server has said nothing for too long; there may be an answer to come."""


def _within(
    gen: Generator[Any, Any, Answer], patience: float
) -> Generator[Any, Any, Answer]:
    """`gen`, which ends where nothing was ready for so many seconds."""
    until = time.monotonic() + patience
    try:
        state = next(gen)
        while True:
            ready = yield state
            now = time.monotonic()
            if ready != READY_NONE:
                until = now + patience
            elif now > until:
                raise _Silent(f"no word for {patience:.0f} s")
            state = gen.send(ready)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


class Database:
    """One connection to the ledger at `url`, made when it is needed, and made anew.

    For one thread at a time. Errors of a statement are psycopg's: `failure` says what
    they mean for a write, `cannot_tell` for a reading.
    """

    def __init__(self, url: str) -> None:
        """Nothing is asked yet. Usage where `url` is none."""
        try:
            known = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            shown, words = without_password(url), without_password(words_of(error))
            message = f"'{printable(shown)}' is no address of a ledger ({words})"
            example = "postgresql://HOST/DATABASE?options=-csearch_path%3DSCHEMA"
            raise Usage(f"{message}; write one such as {example}") from error
        self.schema = _schema_of(str(known.get("options") or ""))
        self._known = known
        self._connection: Connection | None = None
        self._abandoned: set[str] = set()
        self.patience: float | None = None
        self.warned = ""

    @property
    def shown(self) -> str:
        """The address for people: no password."""
        kept = ("host", "port", "dbname", "user")
        known = {name: self._known[name] for name in kept if self._known.get(name)}
        place = str(known.get("host", ""))
        if known.get("port"):
            place += f":{known['port']}"
        name = f"/{known.get('dbname', '')}"
        return printable(f"postgresql://{place}{name}", 200)

    def connection(self, seconds: float) -> psycopg.Connection[Row]:
        """The connection. CannotTell where there is none within `seconds`."""
        there = self._connection
        if there is None or self.lost:
            there = self._connection = self._made(seconds)
        there.patience = self.patience
        return there

    def _made(self, seconds: float) -> Connection:
        try:
            made = self.connect(seconds)
        except psycopg.Error as error:
            raise self.cannot_tell(error) from error
        try:
            made.patience = max(seconds, _SHORTEST)
            self._settle(made, made.patience)
        except psycopg.Error as error:
            _close(made)
            raise self.cannot_tell(error) from error
        return made

    def _settle(self, made: Connection, seconds: float) -> None:
        """End what was abandoned: what it has not committed by now it never will.

        CannotTell where it does not end.
        """
        if not self._abandoned:
            return
        milliseconds = int(seconds * 500)
        asked = (milliseconds, [*self._abandoned])
        ((ended,),) = made.execute(_ABANDONED, asked).fetchall()
        if ended is False:
            _close(made)
            message = f"the ledger {self.shown} is still at what was sent to it before"
            raise CannotTell(f"{message}; run it again")
        self._abandoned.clear()

    def abandon(self) -> None:
        """Close a connection on which something may be under way still.

        The next one begins by ending that.
        """
        if self._connection is not None:
            self._abandoned.add(self._connection.name)
        self.close()

    def connect(self, seconds: float) -> Connection:
        """A connection of its own, in autocommit. psycopg's error where it fails."""
        given = str(self._known.get("options") or "")
        mine = {name: v for name, v in _SESSION.items() if f"{name}=" not in given}
        settings = {**mine, **_ISOLATION, "search_path": f"{self.schema},pg_temp"}
        words = " ".join(f"-c {name}={value}" for name, value in settings.items())
        more: dict[str, Any] = {
            **_KEEPALIVE,
            "connect_timeout": max(ceil(seconds), _SHORTEST),
        }
        caller = str(self._known.get("application_name") or "fleetfeed")[:40]
        name = f"{caller} {os.urandom(8).hex()}"
        own = {"application_name": name, "options": f"{given} {words}".strip()}
        known = {**more, **self._known, **own}
        made = Connection.connect(make_conninfo("", **known), autocommit=True)
        made.name = name
        noticed = WeakMethod(self._noticed)

        def told(notice: psycopg.errors.Diagnostic) -> None:
            there = noticed()
            if there:
                there(notice)

        made.add_notice_handler(told)
        finalize(self, _close, made)  # whoever forgets about it ends it
        return made

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self.warned = printable(notice.message_primary or "", 200)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """What `query` answers on the connection at hand. psycopg's errors."""
        return self.connection(0).execute(query, values or None).fetchall()

    def close(self) -> None:
        """End the connection; another is made when it is needed."""
        if self._connection is not None:
            _close(self._connection)
        self._connection = None

    def cannot_tell(self, error: psycopg.Error) -> CannotTell:
        """What to say where a reading has ended with `error`."""
        if error.sqlstate in _MISSING:
            return self.no_ledger()
        if error.sqlstate == _NO_RIGHT:
            message = f"{self.shown} does not let this role in ({words_of(error)})"
            todo = "who keeps the ledger lets it in (`fleetfeed ledger grant ROLE`)"
            return CannotTell(f"{message}; {todo}")
        words = words_of(error)
        if error.sqlstate == _READ_ONLY:
            message = f"{self.shown} can be read alone ({words})"
            todo = "let the ledger's URL name the primary, and run it again"
            return CannotTell(f"{message}; {todo}")
        todo = "" if error.sqlstate else _turned_away(words)
        if todo:
            message = f"{self.shown} does not let this role in ({words})"
            return CannotTell(f"{message}; {todo}")
        message = f"the ledger {self.shown} does not answer ({words})"
        return CannotTell(f"{message}; `fleetfeed doctor` tries it, or run it again")

    def no_ledger(self) -> CannotTell:
        """What to say where there are no tables, or none that may be seen."""
        # Who may not enter a schema is told that nothing is in it.
        where = f"the schema {printable(self.schema)} of {self.shown}"
        message = f"there is no ledger in {where} that this role may see"
        todo = "`fleetfeed ledger init` makes one, and who keeps one lets a role in"
        return CannotTell(f"{message}; {todo} (`fleetfeed ledger grant ROLE`)")

    def failure(self, error: psycopg.Error) -> Failed:
        """What it means for a write that was sent, and ended with `error`.

        Where the server has said why it turned it down, nothing was written. In doubt
        it may have been: its answer may have been lost behind the commit.
        """
        state, words = error.sqlstate or "", words_of(error)
        if state in _RACES:
            return RaceLost(words)
        over = state.startswith(("57P", "08", "58", "XX")) or not state
        if over or self.lost:
            why = f"the ledger {self.shown} has not said how it ended ({words})"
            return Unconfirmed(why)
        if state in (*_MISSING, _NO_RIGHT):
            return Rejected(str(self.cannot_tell(error)), (), broken=True)
        if state == _READ_ONLY:
            words += "; the ledger's URL has to name the primary"
        broken = not state.startswith(_BY_WHAT_IT_IS)
        return Rejected(f"the ledger {self.shown} turned it down", (words,), broken)

    @property
    def lost(self) -> bool:
        """Whether there is no connection, or none that can be used."""
        there = self._connection
        return there is None or there.closed or there.broken


def _close(connection: psycopg.Connection[Row]) -> None:
    with suppress(psycopg.Error):
        connection.close()


def words_of(error: psycopg.Error) -> str:
    """What the server, or the library, says: one printable line."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    return printable(" ".join(text.split()), 300)


def _turned_away(words: str) -> str:
    """What to do where a server wants nothing to do with who connects; else empty.

    Only its words tell, there being no SQLSTATE, and they may be of another language.
    """
    if "password" in words:
        line = "a line HOST:PORT:DATABASE:ROLE:PASSWORD"
        return f"have {line} in ~/.pgpass (mode 600), ROLE in PGUSER, and run it again"
    if "FATAL" in words and "does not exist" in words:
        return "mend the URL, or have its keeper make what is missing, and run it again"
    return ""


def _schema_of(options: str) -> str:
    """The first schema of the search_path in `options`; SCHEMA where it has none."""
    words = options.replace("-c ", "-c").split()
    told = (word.removeprefix("-c") for word in words)
    found = (word.partition("=")[2] for word in told if word.startswith("search_path="))
    return next((path.split(",")[0].strip() for path in found if path), "") or SCHEMA
