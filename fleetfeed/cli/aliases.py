"""The names that fleets know already, as commands of their own."""

import sys

from fleetfeed.__main__ import main


def active_queue() -> None:
    """`fleet-active-queue …` is `fleetfeed active …`."""
    sys.argv = ["fleetfeed", "active", *sys.argv[1:]]
    main()
