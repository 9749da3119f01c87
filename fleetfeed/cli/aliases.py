"""The names that fleets know already, as commands of their own."""

import sys

from fleetfeed.cli.main import run
from fleetfeed.cli.streams import end, show_every_letter


def active_queue() -> None:
    """`fleet-active-queue …` is `fleetfeed active …`."""
    _run("active")


def ticket_reserve() -> None:
    """`ticket-reserve …` is `fleetfeed reserve …`."""
    _run("reserve")


def feed_append() -> None:
    """`feed-append …` is `fleetfeed append …`."""
    _run("append")


def _run(command: str) -> None:
    show_every_letter()
    end(run([command, *sys.argv[1:]]))
