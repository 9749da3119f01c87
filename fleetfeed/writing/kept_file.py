"""Where a clone has the file of what keeps an item, for who writes to the feed.

A writer has no time for more than that.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

NAME = "kept-"
"""What the files' names begin with."""


def kept_file(common_folder: str, item: str) -> str:
    """The file of an item in git's folder that all worktrees share."""
    return os.path.join(common_folder, "fleetfeed", f"{NAME}{item}.json")


def nudge(common_folder: str, items: Iterable[str]) -> None:
    """Let whoever keeps these items look again whether they are held."""
    for item in items:
        with suppress(OSError):  # nobody keeps it
            os.utime(kept_file(common_folder, item))
