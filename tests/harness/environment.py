"""The environment that tests run in: nothing of the developer's machine leaks in.

A developer's `core.hooksPath`, commit signing or template folder would change what is
tested, and a `GIT_DIR` left by a hook that runs the tests would send them into the
developer's own repository.
"""

import os
import sys
from pathlib import Path

# What a test may set for git; every other GIT_* variable is taken out.
_KEPT = frozenset({"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_TERMINAL_PROMPT"})

_GITCONFIG = """\
[user]
	name = Tester
	email = tester@example.invalid
[protocol "file"]
	allow = always
[core]
	fsync = none
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
[advice]
	detachedHead = false
"""


# Where the machine has a full name, git takes that for an address.
_STRANGER = """\
[user]
	useConfigOnly = true
"""


def make_home(home: Path, *, stranger: bool = False) -> dict[str, str]:
    """Fill `home` with git's global config; the variables that make it the home.

    A stranger's has no settings: not even who commits.
    """
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    config.write_text(_STRANGER if stranger else _GITCONFIG)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def clean(**more: str) -> dict[str, str]:
    """This process's environment without stray git and fleetfeed settings, and `more`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "FLEETFEED_")) or name in _KEPT
    }
    return {**kept, **more}


def command(*args: str) -> tuple[str, ...]:
    """The command line of `fleetfeed args`, run by the Python that runs the tests."""
    return (sys.executable, "-P", "-m", "fleetfeed", *args)
