"""The ledger in PostgreSQL as the commands use it: who wrote what, in which order."""

import math
import time
from collections.abc import Collection, Generator, Mapping, Sequence

import psycopg

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Tip
from fleetfeed.ledger.fleet import History, Proven
from fleetfeed.ledger.postgres.audit import audit, prove
from fleetfeed.ledger.postgres.connection import PATIENCE, Row
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.postgres.trial import Trial, tried
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.findings import Verdict
from fleetfeed.model.identity import NONE, SIGNED, Speakers
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.post_reader import note_or_unreadable, read_post
from fleetfeed.model.pusher import Pusher, pushed_by
from fleetfeed.repo.log import LogEntry
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import OnProgress

_LOG = """
SELECT append, number, path, data FROM (
    SELECT append, number, path, item, data FROM post
    UNION ALL SELECT append, 0, path, item, data FROM note
) AS said
WHERE (%(item)s = '' OR item = %(item)s) AND append <= %(newest)s
    AND (append, number, path) < (%(append)s, %(number)s, %(path)s)
ORDER BY append DESC, number DESC, path DESC LIMIT %(many)s
"""

_FIRST, _MOST = 50, 5_000
"""Rows of the log that are asked for first, and later at a time."""

_END = 2**62

_AGAIN = 5.0
"""Seconds until a database that does not answer is asked again."""

_LET_GO = """\
SELECT 1 FROM item WHERE id = %s
    AND (NOT open OR state = 'AWAITING_CLAIM' AND lease_over IS NULL)"""
"""Nobody has it. What is offered to another, or kept in line, is waited for."""

_ROLES = "SELECT id, role, at AT TIME ZONE 'UTC' FROM append WHERE id = ANY (%s)"

_UNSIGNED = (
    "the policy's identity is signed, and a post in a database has no signature, so"
    " nobody can write here; a database proves who logged in: have a steward put"
    " `identity: {mode: pusher}` into the policy"
)


class PostgresFleet(PostgresLedger):
    """The ledger at a URL, for the commands."""

    _listening: "psycopg.Connection[Row] | None" = None

    def require_decisive(
        self, tip: Tip, seconds: float, *, afresh: bool = False
    ) -> None:
        """See FleetLedger: nothing is known from before, so it is asked."""
        del afresh
        self.require_server(tip, seconds, afresh=True)

    def moved_from(self, view: View, seconds: float) -> View | None:
        """See FleetLedger: whoever lets something go says so, unasked."""
        until = time.monotonic() + seconds
        try:
            self._end()  # in it nothing is ever new
            if self._listening is None or self._listening.closed:
                self._listening = self.database.connect(PATIENCE)
                self._listening.execute("LISTEN fleetfeed")
            if self._newest() == view.commit:
                left = None if math.isinf(seconds) else seconds
                for _ in self._listening.notifies(timeout=left, stop_after=1):
                    break
        except psycopg.Error as error:
            self._listening = None
            time.sleep(max(min(until - time.monotonic(), _AGAIN), 0.0))
            raise self.database.cannot_tell(error) from error
        return self.view(offline=False)

    def _newest(self) -> str:
        ((newest,),) = self._asked("SELECT coalesce(max(id), 0) FROM append")
        return str(newest)

    def clock(self) -> "PostgresFleet":
        """See FleetLedger: it is the database's."""
        return self

    def speakers(self, tip: Tip) -> Speakers | None:
        """See Ledger: the role that has logged in, with the seats that it is given."""
        policy = tip.feed.rules
        if policy.identity == NONE:
            return None
        if policy.identity == SIGNED:
            raise CannotTell(_UNSIGNED)
        speaker = pushed_by(Pusher(self.role()), policy)
        return lambda _: (speaker,)

    def role(self) -> str:
        """Who has logged in. CannotTell where nobody answers."""
        ((name,),) = self._asked("SELECT session_user::text")
        return str(name)

    def wait(self, item: str, seconds: float) -> None:
        """See LeaseClock: whoever lets something go tells it to those that listen."""
        try:
            with self.database.connect(seconds) as listening:
                listening.execute("LISTEN fleetfeed")
                if listening.execute(_LET_GO, (item,)).fetchone():
                    return
                for told in listening.notifies(timeout=seconds):
                    if item in told.payload.split():
                        return
        except psycopg.Error as error:
            raise self.database.cannot_tell(error) from error

    def trial(self, seconds: float) -> Trial:
        """What the database says of itself, and of an append that is taken back."""
        return tried(self.database, seconds)

    def at_hand(self) -> View:
        """See FleetLedger: nothing is fetched, so it is asked."""
        return self.view(offline=False)

    def soon(self, seconds: float) -> View:
        """See FleetLedger: nothing is fetched, so it is asked."""
        return self.view_within(seconds)

    def entries(
        self, view: View, item: str | None = None
    ) -> Generator[LogEntry, None, None]:
        """See FleetLedger: in the order in which they were appended."""
        many = _FIRST
        after: dict[str, object] = {"append": _END, "number": 0, "path": ""}
        asked = {"item": item or "", "newest": int(view.commit)}
        while True:
            rows = self._asked(_LOG, {**asked, **after, "many": many})
            for append, _, path, data in rows:
                entry = _entry(view.snapshot, str(append), path, data)
                if entry:
                    yield entry
            if len(rows) < many:
                return
            after = dict(zip(("append", "number", "path"), rows[-1][:3], strict=True))
            many = _MOST

    def audited(self, history: History, on_progress: OnProgress) -> Verdict:
        """See FleetLedger: every post, and the appends in their order."""
        feed = self._read_alone(history)
        return audit(self.database, feed, on_progress)

    def proven(
        self, history: History, on_progress: OnProgress, since: str | None
    ) -> Proven:
        """See FleetLedger: by the role of each append."""
        del on_progress
        feed = self._read_alone(history)
        if since is not None and not since.isdecimal():
            what = f"--since {printable(since)} is no append, which are numbers here"
            raise Usage(f"{what}; `fleetfeed log --json` tells them (`commit`)")
        return prove(self.database, feed, int(since or 0))

    def _read_alone(self, history: History) -> Snapshot:
        """The feed, for who goes on to read all of it in a transaction of its own."""
        feed = self.view(offline=history.offline).snapshot
        try:
            self._end()
        except psycopg.Error as error:
            raise self.database.cannot_tell(error) from error
        return feed

    def tells_who(self, feed: Snapshot) -> bool:
        """See FleetLedger: where the policy asks for proof."""
        return feed.rules.identity != NONE

    def brought_by(self, view: View, commits: Collection[str]) -> Mapping[str, str]:
        """See FleetLedger: which role had logged in, and when it was, by this clock."""
        del view
        rows = self._asked(_ROLES, ([int(each) for each in commits],))
        return {
            str(id_): f"by role {printable(role)} at {at:%Y-%m-%dT%H:%M:%SZ}"
            for id_, role, at in rows
        }

    def _asked(
        self,
        query: str,
        values: "Mapping[str, object] | Sequence[object]" = (),
    ) -> list[Row]:
        """What `query` answers. CannotTell where it is not answered."""
        try:
            connection = self.database.connection(PATIENCE)
            return connection.execute(query, values or None).fetchall()
        except psycopg.Error as error:
            raise self.database.cannot_tell(error) from error


def _entry(feed: Snapshot, append: str, path: str, data: bytes) -> LogEntry | None:
    slot, shown = layout.classify(path), feed.tree.display_path(path)
    if isinstance(slot, PostPath):
        return LogEntry(append, slot, read_post(data, shown, slot.item, slot.number))
    if not isinstance(slot, NotePath):
        return None
    return LogEntry(append, slot, note_or_unreadable(data, shown, slot.seat))
