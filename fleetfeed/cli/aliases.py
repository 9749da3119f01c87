"""The names that fleets know already, as commands of their own."""

import sys

from fleetfeed.cli.main import cli
from fleetfeed.cli.streams import show_every_letter


def active_queue() -> None:
    """`fleet-active-queue …` is `fleetfeed active …`."""
    show_every_letter()
    cli(["active", *sys.argv[1:]], prog_name="fleetfeed")
