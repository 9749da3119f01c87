"""`.fleetfeed.yaml` in a work tree: written, to be committed, over nothing else."""

from pathlib import Path

from fleetfeed.install.files import in_words
from fleetfeed.model.errors import Usage
from fleetfeed.model.pointer import Pointer
from fleetfeed.repo.location import POINTER


def is_written(top: Path, pointer: Pointer) -> bool:
    """Whether `pointer` stands there already; Usage where something else does."""
    path = top / POINTER
    plain = path.is_file() and not path.is_symlink()
    with in_words(path):
        said = path.read_bytes() if plain else b""
    if plain and said == pointer.text.encode():
        return True
    if plain or path.is_symlink() or path.exists():
        raise Usage(f"{POINTER} is there, and says something else; take it away")
    return False


def write(top: Path, pointer: Pointer) -> None:
    """Write it; an error of the file system becomes a sentence."""
    path = top / POINTER
    with in_words(path):
        path.write_text(pointer.text, encoding="utf-8")
