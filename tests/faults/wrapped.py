"""A git that goes wrong at a chosen call: first on PATH, and the real one otherwise.

Only fleetfeed's own calls come here: git puts the folder of its own programs first on
the PATH of all that it starts, server hooks included.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """\
#!/bin/sh
here={here} real={real}
verb=$1
case $1 in -c) verb=$3 ;; esac
number=$(($(cat "$here/$verb.calls" 2>/dev/null || echo 0) + 1))
echo $number > "$here/$verb.calls"
echo "$verb.$number" >> "$here/log"
echo $$ > "$here/$verb.pid"
if [ -f "$here/$verb.$number" ]; then . "$here/$verb.$number"; fi
if [ -f "$here/$verb.each" ]; then . "$here/$verb.each"; fi
exec "$real" "$@"
"""


@dataclass(frozen=True, slots=True)
class WrappedGit:
    """The wrapper's folder; `path` is the PATH that has it first."""

    folder: Path
    path: str

    @classmethod
    def make(cls, folder: Path, path: str) -> "WrappedGit":
        real = shutil.which("git", path=path)
        folder.mkdir()
        script = folder / "git"
        script.write_text(_SCRIPT.format(here=folder, real=real))
        script.chmod(0o755)
        return cls(folder, f"{folder}:{path}")

    def on(self, call: str, shell: str) -> None:
        """Play `shell` when `call` begins: `push.2`, the second push; `push.each`.

        It sees git's arguments as "$@" and the real git as $real; unless it ends with
        `exit`, the real git goes on.
        """
        (self.folder / call).write_text(shell + "\n")

    @property
    def calls(self) -> list[str]:
        """The calls so far, in order."""
        log = self.folder / "log"
        return log.read_text().split() if log.exists() else []

    def pid(self, verb: str) -> int:
        """The process of the newest `git verb`."""
        return int((self.folder / f"{verb}.pid").read_text())
