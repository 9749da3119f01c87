"""Files put in place whole or not at all.

git may run a hook at any moment: it must find the old file or the new one, never half
of either.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fleetfeed.model.errors import FleetfeedError


@contextmanager
def staged(texts: Mapping[Path, bytes]) -> Iterator[dict[Path, Path]]:
    """Write each text to a temporary, executable file beside its target.

    Gives target -> temporary file. The caller renames; what it did not rename is
    removed at the end, so that a failure at any of them leaves nothing behind.
    """
    made: dict[Path, Path] = {}
    try:
        for target, text in texts.items():
            made[target] = _temporary(target, text)
        yield made
    finally:
        for file in made.values():
            file.unlink(missing_ok=True)


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn an error of the file system below `folder` into a sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        why = error.strerror or error
        raise FleetfeedError(f"cannot write {where}: {why}") from error


def _temporary(target: Path, text: bytes) -> Path:
    # Not `target.*`: some servers run everything that begins with a hook's name.
    handle, name = tempfile.mkstemp(prefix=".fleetfeed-", dir=target.parent)
    file = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(text)
        file.chmod(0o755)
    except OSError:
        file.unlink()
        raise
    return file
