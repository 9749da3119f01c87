"""The names that fleets know already, as commands of their own."""

import sys

from fleetfeed.cli.main import cli


def active_queue() -> None:
    """`fleet-active-queue …` is `fleetfeed active …`."""
    cli(["active", *sys.argv[1:]], prog_name="fleetfeed")
