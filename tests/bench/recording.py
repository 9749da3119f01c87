"""What git gives a hook: recorded once, so that the hook can be run without git.

A hook that is started with a made-up environment may look at another index or miss the
quarantine, and then its time is that of another work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

# Nothing but the recorded push's objects lies in a quarantine, and it is gone when the
# hook ends: hence the copy. The push is refused then, so that the feed stays as it was.
_SCRIPT = """\
#!/bin/sh
mkdir {folder} && cd . || exit 1
env -0 > {folder}/environment
[ -n "$GIT_QUARANTINE_PATH" ] || exit 0
cat > {folder}/stdin
cp -R "$GIT_QUARANTINE_PATH" {folder}/objects
exit 1
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """A hook's environment, and the file with its standard input."""

    environment: Mapping[str, str]
    stdin: Path

    @staticmethod
    def script(folder: Path) -> str:
        """A hook that writes what it is given into the new folder `folder`."""
        return _SCRIPT.format(folder=quote(str(folder)))

    @classmethod
    def read(cls, folder: Path) -> "Recording":
        """What a hook of `script` wrote, its quarantine now being the copy."""
        text = (folder / "environment").read_text("utf-8", "surrogateescape")
        found = dict(row.split("=", 1) for row in text.split("\0") if row)
        quarantine = found.get("GIT_QUARANTINE_PATH")
        if quarantine is None:
            return cls(found, Path("/dev/null"))
        return cls(found, folder / "stdin").moved(quarantine, str(folder / "objects"))

    def moved(self, here: str, there: str) -> "Recording":
        """The same, where everything lies `there` that was `here`."""
        given = self.environment.items()
        return Recording({k: v.replace(here, there) for k, v in given}, self.stdin)
