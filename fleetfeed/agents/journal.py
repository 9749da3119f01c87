"""What files were before us, so that they can be so again, to the byte.

It lies in git's own folder, which all worktrees of a clone share. Where it is lost,
what is ours is taken out of a file by what the file itself says.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from fleetfeed.agents.disk import write
from fleetfeed.install.files import in_words
from fleetfeed.util.jsonfile import kept
from fleetfeed.util.records import record, replace

NAME = "fleetfeed/agents.json"
"""The file, below the folder that worktrees share."""
_OURS_ALONE = 0o600
"""What was in a settings file need not be for everybody on a machine."""


@record
class Entry:
    """A file of ours: the tools that it is for; what it was `before` (None: nothing).

    `after` is the digest of what we left there; `personal` files are not committed.
    """

    tools: tuple[str, ...]
    before: bytes | None
    after: str
    personal: bool = False


def digest(content: bytes) -> str:
    """By which two contents are told apart."""
    return hashlib.sha256(content).hexdigest()


class Journal:
    """The entries of a clone, by a file's real path, and the folders that we made."""

    def __init__(self, common: Path) -> None:
        """Of the clone whose shared folder it is; one that is damaged is empty."""
        self._file = common / NAME
        try:
            said = kept(str(self._file))
            self._entries = {path: _read(row) for path, row in said["files"].items()}
            self._folders = [str(folder) for folder in said["folders"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._entries, self._folders = dict[str, Entry](), list[str]()

    def of(self, file: Path) -> Entry | None:
        """The entry of a file; None where there is none."""
        return self._entries.get(str(file))

    def note(self, file: Path, entry: Entry | None) -> None:
        """Keep, or forget, what is known of a file. Not written before `save`."""
        self._entries.pop(str(file), None)
        if entry is not None:
            self._entries[str(file)] = entry

    def made(self, folders: Iterable[str]) -> None:
        """Keep in mind which folders were made."""
        self._folders = [*dict.fromkeys((*folders, *self._folders))]

    def clear_folders(self) -> None:
        """Take away the folders that we made and nobody has put anything into."""
        for folder in sorted(self._folders, key=len, reverse=True):
            path = Path(folder)
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        self._folders = [each for each in self._folders if Path(each).is_dir()]

    def without(self, file: Path, tool: str) -> Entry | None:
        """The entry of a file as it is for all tools but one; None: for no other."""
        entry = self.of(file)
        rest = tuple(t for t in entry.tools if t != tool) if entry else ()
        return replace(entry, tools=rest) if entry and rest else None

    def below(self, top: Path) -> Iterator[tuple[str, Entry]]:
        """The files below a folder, by their paths from there."""
        for path, entry in self._entries.items():
            if Path(path).is_relative_to(top):
                yield Path(path).relative_to(top).as_posix(), entry

    def save(self) -> None:
        """Write it, whole; where there is nothing to remember there is no file."""
        if not self._entries:
            self._file.unlink(missing_ok=True)
            with suppress(OSError):  # other files of ours lie there
                self._file.parent.rmdir()
            return
        rows = {path: _written(entry) for path, entry in self._entries.items()}
        text = (
            json.dumps({"schema": 1, "files": rows, "folders": self._folders}, indent=1)
            + "\n"
        )
        with in_words(self._file):
            write(self._file, text.encode(), _OURS_ALONE)


def _written(entry: Entry) -> dict[str, object]:
    before = entry.before
    return {
        "tools": list(entry.tools),
        "before": None if before is None else base64.b64encode(before).decode(),
        "after": entry.after,
        "personal": entry.personal,
    }


def _read(row: dict[str, object]) -> Entry:
    before, tools = row["before"], row["tools"]
    if not isinstance(tools, list):
        raise TypeError(row)
    content = None if before is None else base64.b64decode(str(before))
    return Entry(tuple(tools), content, str(row["after"]), bool(row["personal"]))
