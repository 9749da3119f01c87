"""The folders that an installation makes, so that taking it out removes them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetfeed.git.process import Git
from fleetfeed.install.settings import forget_folders, remember_folder


@contextmanager
def made(git: Git, folder: Path) -> Iterator[None]:
    """Make `folder` and those above it that are missing, for what is done inside.

    Where that ends well they are remembered, otherwise removed.
    """
    new: list[Path] = []
    try:
        for missing in _missing(folder):
            missing.mkdir()
            new.insert(0, missing)
        yield
    except BaseException:
        _remove(new)
        raise
    for name in new:
        remember_folder(git, str(name))


def unmake(git: Git) -> None:
    """Remove the folders that `made` made, where they are empty."""
    _remove([Path(name) for name in forget_folders(git)])


def _missing(folder: Path) -> list[Path]:
    """The folders to make, the highest first."""
    return [] if folder.is_dir() else [*_missing(folder.parent), folder]


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
