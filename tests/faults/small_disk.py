"""A small disk of its own for a folder, and what fills it: only root can mount one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def can_mount() -> bool:
    """Whether there may be such a disk here."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[None]:
    """Put a folder on a disk of this size; OSError where none can be mounted."""
    kept, was = folder.with_name(f"{folder.name}.kept"), folder.stat()
    folder.rename(kept)
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        kept.rename(folder)
        raise OSError("no disk can be mounted here")
    try:
        subprocess.run(("cp", "-a", f"{kept}/.", str(folder)), check=True)
        os.chown(folder, was.st_uid, was.st_gid)
        folder.chmod(was.st_mode & 0o7777)
        yield
    finally:
        subprocess.run(("umount", "-l", str(folder)), check=True)


def filled(file: Path) -> Path:
    """Let the file take all that is left of its disk."""
    with file.open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    return file
