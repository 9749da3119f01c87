"""The memo of what a feed says, made warm before anything is measured.

It is made once for each base, and copied: what it holds is named by the ids of trees,
and those of closed shards are the same in every repository. It is found by what
`fleetfeed index rebuild` writes, wherever that is.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import Repo

REBUILD = ("index", "rebuild")


@dataclass(frozen=True, slots=True)
class Memo:
    """The `files` of a memo below git's folder `home`, by their paths in it."""

    home: Path
    files: tuple[Path, ...]

    @classmethod
    def make(cls, repo: Repo) -> "Memo":
        """Make the memo of `repo`; no files where this fleetfeed has none."""
        home = common(repo)
        before = dict(_files(home))
        made = repo.fleetfeed(*REBUILD, ok=None)
        if not made.ok and "No such command" not in made.said:
            raise RuntimeError(f"`fleetfeed index rebuild` failed: {made.said}")
        found = sorted(_files(home))
        return cls(home, tuple(name for name, at in found if before.get(name) != at))

    def copy(self, repo: Repo) -> None:
        """Give `repo` this memo."""
        for name in self.files:
            place = common(repo) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.home / name, place)

    def drop(self) -> None:
        """Remove the files."""
        for name in self.files:
            (self.home / name).unlink(missing_ok=True)


def common(repo: Repo) -> Path:
    """git's folder of `repo`, shared by its work trees."""
    return repo.folder / repo.line("rev-parse", "--git-common-dir")


def _files(home: Path) -> Iterator[tuple[Path, int]]:
    """What git has no name for: every file outside git's own folders, and its time."""
    for place in home.iterdir():
        if place.name not in {"objects", "refs", "logs", "hooks"}:
            for file in place.rglob("*") if place.is_dir() else [place]:
                if file.is_file():
                    yield file.relative_to(home), file.stat().st_mtime_ns
