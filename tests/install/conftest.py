import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Repo

_FAKE = """\
#!/bin/sh
# Stands in for the interpreter: notes how it was called, and refuses when told to.
case "$*" in *"-c import fleetfeed"*) exec test ! -e "$(dirname "$0")/bare" ;; esac
log=$(dirname "$0")/calls
printf '%s\\n' "$*" >> "$log"
case "$*" in *pre-push*|*pre-receive*) sed 's/^/< /' >> "$log" ;; esac
exec test ! -e "$(dirname "$0")/refuse"
"""


@dataclass(frozen=True)
class FakePython:
    folder: Path

    @property
    def path(self) -> str:
        return str(self.folder / "py thon's")

    def calls(self) -> list[str]:
        log = self.folder / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def lose_fleetfeed(self) -> None:
        """Behave as an interpreter from which the module is gone."""
        self.refuse()
        (self.folder / "bare").touch()

    def refuse(self) -> None:
        (self.folder / "refuse").touch()


@pytest.fixture
def fake(tmp_path: Path) -> FakePython:
    python = FakePython(tmp_path / "fake interpreter")
    python.folder.mkdir()
    script(Path(python.path), _FAKE)
    return python


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "a repo's folder")


@pytest.fixture
def bare(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "server.git", "--bare")


def script(file: Path, text: str, mode: int = 0o755) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


@pytest.fixture(name="script")
def script_fixture():
    return script


@pytest.fixture
def snapshot():
    """Every file below a folder: its bytes or where it leads, and its mode."""

    def take(folder: Path) -> dict[str, tuple[object, int]]:
        return {
            str(file.relative_to(folder)): (_content(file), file.lstat().st_mode)
            for file in sorted(folder.rglob("*"))
        }

    return take


def _content(file: Path) -> object:
    if file.is_symlink():
        return file.readlink()
    return file.read_bytes() if stat.S_ISREG(file.lstat().st_mode) else None
