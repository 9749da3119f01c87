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


def make(file: str | os.PathLike[str]) -> None:
    """An empty file, in a folder of the repository; OSError where that cannot be."""
    if os.access(file, os.F_OK):
        return
    from pathlib import Path  # late: a hook that only reads does without

    folder = Path(file).parent
    repository = folder.parent
    objects = repository / "objects"
    mode = stat.S_IMODE((objects if objects.is_dir() else repository).stat().st_mode)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(mode)
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
            os.unlink(os.fspath(file) + end)  # noqa: PTH108
    return there


def is_damage(file: str | os.PathLike[str], error: Exception) -> bool:
    """Whether the file is none of ours, by what SQLite or Python says of it."""
    if isinstance(error, UnicodeDecodeError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    said = code & 0xFF if isinstance(code, int) else None
    # A header may say of itself that it is too new to be written.
    folder = os.path.dirname(file)  # noqa: PTH120
    writable = os.access(file, os.W_OK) and os.access(folder, os.W_OK)
    return said in _DAMAGED or (said == _READONLY and writable)


def text(data: bytes) -> str:
    """A `text_factory`: a damaged row is a wrong row, and no text that raises."""
    return data.decode("utf-8", "replace")
