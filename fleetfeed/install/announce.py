"""The ref by which a server tells its clients that it keeps time.

It is written here and by nobody else: pushes to it are refused.
"""

from fleetfeed.git import refs
from fleetfeed.git.run import Git
from fleetfeed.install.report import Step
from fleetfeed.lease.announced import KEEPS_TIME, SERVER_REF
from fleetfeed.stamps import server_clock


def announce(git: Git) -> tuple[Step, ...]:
    """Say that this server keeps time, where it has a clock for it."""
    if server_clock() is None:
        return withdraw(git)
    blob = git.out("hash-object", "-w", "--stdin", stdin=KEEPS_TIME).decode().strip()
    if refs.exact(git, SERVER_REF) == blob:
        return (Step("unchanged", SERVER_REF, "stamps"),)
    git.out("update-ref", SERVER_REF, blob)
    return (Step("set", SERVER_REF, "stamps"),)


def withdraw(git: Git) -> tuple[Step, ...]:
    """Take the ref out again."""
    if refs.exact(git, SERVER_REF) is None:
        return ()
    git.out("update-ref", "-d", SERVER_REF)
    return (Step("unset", SERVER_REF),)
