"""The shell files that git runs: where they are, and how they are filled in.

They are real files, so that they can be read, linted and run by tests. They lie at the
top of a checkout and inside the installed package; `hook_text` is the one place that
knows.
"""

import shlex
from pathlib import Path

from fleetfeed.model.errors import FleetfeedError

CLIENT_HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
SERVER_HOOK = "pre-receive"

_MARK = b"# Installed by fleetfeed as "
_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "_hooks", _PACKAGE.parent / "hooks")


def hook_text(name: str, python: str, feed: str = "feed") -> bytes:
    """The hook file `name`, for the interpreter `python` and the folder `feed`."""
    values = {"fleetfeed_python": python, "fleetfeed_dir": feed}
    lines = _template(name).splitlines(keepends=True)
    return "".join(_filled(line, values) for line in lines).encode(
        "utf-8", "surrogateescape"
    )


def is_ours(file: Path) -> bool:
    """Whether `file` was written by fleetfeed, of whatever version."""
    try:
        with file.open("rb") as opened:
            return _MARK in opened.read(200)
    except OSError:
        return False


def _template(name: str) -> str:
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return (folder / name).read_text("utf-8")
    raise FleetfeedError(
        f"the hook file {name} is missing from this installation of fleetfeed: "
        "install fleetfeed again"
    )


def _filled(line: str, values: dict[str, str]) -> str:
    name, equals, _ = line.partition("=")
    if not equals or name not in values:
        return line
    return f"{name}={shlex.quote(values[name])}\n"
