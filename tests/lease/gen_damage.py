"""What can happen to a file of stamps; `at` is any number, and says where."""

import os
import sqlite3
from contextlib import closing, suppress

from fleetfeed.util.sqlitefile import SQLiteFile


def gone(file, at):
    SQLiteFile(str(file)).remove()


def cut(file, at):
    os.truncate(file, at % (file.stat().st_size + 1))


def noise(file, at):
    file.write_bytes(at.to_bytes(8) * 500)


def flip(file, at):
    """One bit is the other."""
    data = bytearray(file.read_bytes())
    if data:
        data[at // 8 % len(data)] ^= 1 << at % 8
        file.write_bytes(data)


def row_gone(file, at):
    _row(file, at, "DELETE FROM stamp WHERE")


def row_wrong(file, at):
    """A sign of life seems to be older than it is."""
    _row(file, at, "UPDATE stamp SET at = at - 1000 WHERE")


def _row(file, at, does):
    with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as db, db:
        rows = db.execute("SELECT item, epoch, object FROM stamp").fetchall()
        if rows:
            which = "item = ? AND epoch = ? AND object = ?"
            db.execute(f"{does} {which}", rows[at % len(rows)])


HARMS = {
    "gone": gone,
    "cut": cut,
    "noise": noise,
    "flip": flip,
    "row gone": row_gone,
    "row wrong": row_wrong,
}
