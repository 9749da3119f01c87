"""SQLite files beside a repository: made, opened, found damaged, and taken away.

What lies in them can be lost without harm, so whatever is wrong with one, it is begun
anew. What that costs is for its owner to say: a lost stamp lengthens a lease, a lost
cache costs time. They have the rights of git's own objects: everyone who may push may
write them.
"""

import contextlib
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

# SQLite's SQLITE_ERROR (another table than ours), _CORRUPT, _FORMAT and _NOTADB. What
# else it may say (busy, read-only, full) tells nothing of what is in the file.
_DAMAGED = (1, 11, 24, 26)
_READONLY = 8

# A journal that outlives its file would be rolled back into the next: it goes first.
_FILES = ("-journal", "-wal", "-shm", "")


class SQLiteFile:
    """The file at `path`, which several processes may have open at once."""

    def __init__(self, path: str) -> None:
        """Nothing is made or opened yet."""
        self.path = path

    def connect(self, seconds: float) -> "sqlite3.Connection":
        """The file, if it is there; others are waited for as long as `seconds`.

        What may only be read SQLite opens so by itself. Who reads may have to undo what
        a writer that was killed has left. Without SQLite in this Python: ImportError.
        """
        path = self.path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        where = f"file:{path}?mode=rw"
        import sqlite3  # late: who asks nothing does without

        db = sqlite3.connect(where, timeout=seconds, isolation_level=None, uri=True)
        # A damaged row is a wrong row, and no text that raises.
        db.text_factory = lambda data: data.decode("utf-8", "replace")
        return db

    def make(self) -> None:
        """An empty file, where there is none; OSError where that cannot be."""
        if os.path.exists(self.path):
            return
        folder = os.path.dirname(self.path)
        repository = os.path.dirname(folder)
        objects = os.path.join(repository, "objects")
        like = objects if os.path.isdir(objects) else repository
        mode = stat.S_IMODE(os.stat(like).st_mode)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
            os.chmod(folder, mode)
        with contextlib.suppress(FileExistsError):
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
            made = os.open(self.path, flags, 0o666)
            try:
                os.fchmod(made, mode & 0o666)
            finally:
                os.close(made)

    def remove(self) -> bool:
        """Take the file away, damaged or not; whether there was one."""
        there = os.path.lexists(self.path)
        for end in _FILES:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(f"{self.path}{end}")
        return there

    def discard(self, error: Exception) -> bool:
        """Take the file away where `error` says that it is damaged; whether it does."""
        damaged = is_damage(self.path, error)
        if damaged:
            self.remove()
        return damaged


def is_damage(path: str, error: Exception) -> bool:
    """Whether the file is none of ours, by what SQLite or Python says of it."""
    if isinstance(error, UnicodeDecodeError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    # A header may say of itself that it is too new to be written.
    places = (path, os.path.dirname(path))
    writable = all(os.access(place, os.W_OK) for place in places)
    return primary in _DAMAGED or (primary == _READONLY and writable)
