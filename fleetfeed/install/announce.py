"""The ref by which a server tells its clients that it keeps time.

It is written here and by nobody else: pushes to it are refused.
"""

import contextlib
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.install.locations import common_folder
from fleetfeed.install.report import Step
from fleetfeed.lease.announced import KEEPS_TIME, SERVER_REF
from fleetfeed.lease.stamps import FILE, server_clock
from fleetfeed.util.sqlitefile import remove

_OURS = "refs/fleetfeed/"


def announce(git: Git) -> tuple[Step, ...]:
    """Say that this server keeps time, where it has a clock for it."""
    if server_clock() is None:
        return _unsaid(git)
    blob = git.out("hash-object", "-w", "--stdin", stdin=KEEPS_TIME).decode().strip()
    if queries.exact(git, SERVER_REF) == blob:
        return (Step("unchanged", SERVER_REF, "stamps"),)
    git.out("update-ref", SERVER_REF, blob)
    return (Step("set", SERVER_REF, "stamps"),)


def withdraw(git: Git) -> tuple[Step, ...]:
    """Take the ref out again, and with it the stamps and the beats."""
    steps = _unsaid(git)
    for name in queries.below(git, _OURS):
        git.out("update-ref", "-d", name)
    file = Path(common_folder(git), FILE)
    if remove(file):
        steps += (Step("removed", str(file)),)
    # git leaves empty folders behind, and somebody may have put a file beside ours.
    for folder in (file.parent, Path(common_folder(git), _OURS)):
        for each in (folder / "beats", folder):
            with contextlib.suppress(OSError):
                each.rmdir()
    return steps


def _unsaid(git: Git) -> tuple[Step, ...]:
    if queries.exact(git, SERVER_REF) is None:
        return ()
    git.out("update-ref", "-d", SERVER_REF)
    return (Step("unset", SERVER_REF),)
