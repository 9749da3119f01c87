"""SQLite files beside a repository: made, found damaged, and taken away.

What lies in them can be lost without harm, so whatever is wrong with one, it is begun
anew. They have the rights of git's own objects: everyone who may push may write them.
"""

import contextlib
import os
import stat

# SQLite's SQLITE_ERROR (another table than ours), _CORRUPT, _FORMAT and _NOTADB. What
# else it may say (busy, read-only, full) tells nothing of what is in the file.
_DAMAGED = (1, 11, 24, 26)
_READONLY = 8

# A journal that outlives its file would be rolled back into the next: it goes first.
_FILES = ("-journal", "-wal", "-shm", "")


def make(file: str) -> None:
    """An empty file, in a folder of the repository; OSError where that cannot be."""
    if os.path.exists(file):
        return
    folder = os.path.dirname(file)
    repository = os.path.dirname(folder)
    objects = os.path.join(repository, "objects")
    like = objects if os.path.isdir(objects) else repository
    mode = stat.S_IMODE(os.stat(like).st_mode)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
        os.chmod(folder, mode)
    with contextlib.suppress(FileExistsError):
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        made = os.open(file, flags, 0o666)
        try:
            os.fchmod(made, mode & 0o666)
        finally:
            os.close(made)


def remove(file: str | os.PathLike[str]) -> bool:
    """Take a file away, damaged or not; whether there was one."""
    there = os.path.lexists(file)
    for end in _FILES:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(f"{os.fspath(file)}{end}")
    return there


def is_damage(file: str, error: Exception) -> bool:
    """Whether the file is none of ours, by what SQLite or Python says of it."""
    if isinstance(error, UnicodeDecodeError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    message = code & 0xFF if isinstance(code, int) else None
    # A header may say of itself that it is too new to be written.
    places = (file, os.path.dirname(file))
    writable = all(os.access(place, os.W_OK) for place in places)
    return message in _DAMAGED or (message == _READONLY and writable)


def text(data: bytes) -> str:
    """A `text_factory`: a damaged row is a wrong row, and no text that raises."""
    return data.decode("utf-8", "replace")
