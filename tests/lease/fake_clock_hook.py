"""pre-receive by a clock that a test sets; all else is the real hook."""

import sys
from pathlib import Path

from fleetfeed.checks import server_leases
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.hooks.main import main
from fleetfeed.lease.stamps import Clock

FILE = "clock"
"""The seconds, in the server's repository: hooks run there."""


def clock(server=Path()):
    """The clock of a server."""
    return Clock("one boot", lambda: float((server / FILE).read_text()))


if __name__ == "__main__":
    server_leases.ServerLeases = lambda repo: ServerLeases(repo, clock)
    sys.exit(main(["pre-receive"]))
