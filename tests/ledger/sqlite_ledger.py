"""A feed in a SQLite file, written from docs/library.md alone; and a naive one.

The naive one checks, and then writes. It passes every test that does one thing after
another.
"""

import sqlite3
from contextlib import closing

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Accepted, RaceLost, Rejected, Tip, Unconfirmed
from fleetfeed.ledger.plain import PlainLedger
from fleetfeed.model.errors import CannotTell

TABLES = """\
CREATE TABLE IF NOT EXISTS head (number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, data BLOB, number INTEGER);
INSERT INTO head SELECT 0 WHERE NOT EXISTS (SELECT * FROM head);
"""
NUMBER = "SELECT number FROM head"


class SQLiteLedger(PlainLedger):
    name = "a SQLite file"

    def __init__(self, file):
        super().__init__()
        self.db = sqlite3.connect(file, timeout=30, isolation_level=None)
        self.db.executescript(f"BEGIN IMMEDIATE;\n{TABLES}COMMIT;")

    def close(self):
        self.db.close()

    def read(self, seconds):
        del seconds
        try:
            self.db.execute("BEGIN")
            with closing(self.db.execute(NUMBER)) as rows:
                ((number,),) = rows
            files = dict(self.db.execute("SELECT path, data FROM file"))
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            raise CannotTell(f"{self.name} cannot be read: {error}") from error
        return Tip(str(number), Snapshot(from_files(files)))

    def swap(self, tip, files, message, seconds, any_number="", *, meanwhile=None):
        del message, seconds, any_number, meanwhile
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return RaceLost(str(error))
        try:
            if self.number() != tip.commit:
                self.db.execute("ROLLBACK")
                return RaceLost("another post landed first")
            commit = self.put(files)
        except sqlite3.Error as error:
            self.db.execute("ROLLBACK")
            return Rejected(str(error), (), broken=True)
        try:
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            return Unconfirmed(str(error))
        return Accepted(commit)

    def commit_of(self, tip, path):
        del tip
        asked = "SELECT number FROM file WHERE path = ?"
        ((number,),) = self.db.execute(asked, (path,)).fetchall()
        return str(number)

    def number(self):
        ((number,),) = self.db.execute(NUMBER).fetchall()
        return str(number)

    def put(self, files):
        self.db.execute("UPDATE head SET number = number + 1")
        commit = self.number()
        for path, data in files.items():
            self.db.execute("DELETE FROM file WHERE path = ?", (path,))
            if data is not None:
                row = (path, data, int(commit))
                self.db.execute("INSERT INTO file VALUES (?, ?, ?)", row)
        return commit


class NaiveLedger(SQLiteLedger):
    def swap(self, tip, files, message, seconds, any_number="", *, meanwhile=None):
        del message, seconds, any_number, meanwhile
        if self.number() != tip.commit:
            return RaceLost("another post landed first")
        self.db.execute("BEGIN IMMEDIATE")
        commit = self.put(files)
        self.db.execute("COMMIT")
        return Accepted(commit)
