"""Files of a work tree as text: read with care, replaced as a whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path

from fleetfeed.agents.artifacts import Blocked

_NEW, _WRITABLE = 0o666, 0o222


def real_file(top: Path, path: str) -> Path:
    """The file at `path` below `top`, behind links; Blocked where none can be.

    A link that leads out of the work tree is somebody's whole other file.
    """
    file = top / path
    real = Path(os.path.realpath(file))
    if not real.is_relative_to(os.path.realpath(top)):
        raise Blocked(f"it is a link to {real}, out of this work tree")
    below = real.relative_to(os.path.realpath(top)).parts
    if any(part.casefold() == ".git" for part in below):
        raise Blocked(f"it is a link to {real}, into git's own folder")
    if file.is_symlink() and not file.exists():
        raise Blocked("it is a link that leads nowhere")
    above = next(folder for folder in real.parents if os.path.lexists(folder))
    if not above.is_dir():
        raise Blocked(f"{above.name} is no folder")
    return real


def read(file: Path) -> bytes | None:
    """What a file says, None where there is none; Blocked where it is not for us."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Blocked(f"it cannot be read: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise Blocked("it is a folder")
    if not stat.S_ISREG(mode):
        raise Blocked("it is no file")
    if not mode & _WRITABLE:
        raise Blocked("it is read-only")
    try:
        return file.read_bytes()
    except OSError as error:
        raise Blocked(f"it cannot be read: {error.strerror}") from None


def text_of(content: bytes | None) -> str | None:
    """The same as text, to the letter; Blocked where it is no UTF-8."""
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError:
        raise Blocked("it is no UTF-8 text") from None


def write(file: Path, content: bytes, mode: int | None = None) -> tuple[str, ...]:
    """Replace a file as a whole; the folders that were made for it.

    Its rights are kept, where `mode` does not say which a new one gets.

    OSError where it cannot be written: then it is as it was.
    """
    made = [folder for folder in file.parents if not folder.exists()]
    for folder in reversed(made):
        folder.mkdir()
    handle, beside = tempfile.mkstemp(prefix=".fleetfeed-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        Path(beside).chmod(_mode(file, mode))
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        for folder in made:
            folder.rmdir()
        raise
    return tuple(map(str, made))


def put_back(file: Path, before: bytes | None) -> None:
    """Make a file what it was, or was not. OSError where that cannot be."""
    if before is None:
        file.unlink(missing_ok=True)
    else:
        write(file, before)


def _mode(file: Path, new: int | None) -> int:
    """The rights of a file, or those that a new one gets."""
    if file.exists():
        return stat.S_IMODE(file.stat().st_mode)
    if new is not None:
        return new
    mask = os.umask(0)
    os.umask(mask)
    return _NEW & ~mask
