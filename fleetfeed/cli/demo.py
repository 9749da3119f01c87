"""`fleetfeed demo`: the race for one surface, played out on a throw-away server."""

import os
import sys

import click

from fleetfeed.cli.context import edge
from fleetfeed.demo.sandbox import Interrupted, sandbox
from fleetfeed.demo.script import Play, Screen


@click.command()
@click.option("--keep", is_flag=True, help="Keep the folder, and say where it is.")
@edge
def demo(*, keep: bool) -> int:
    """Watch two seats race for one surface; nothing is left behind.

    A server and two clones are made in a temporary folder, with the hooks that
    `fleetfeed install` puts in. Exit 3 when the race does not end as it must.

    \b
    Examples:
      fleetfeed demo
      fleetfeed demo --keep
    """
    screen = Screen(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    try:
        with sandbox(keep=keep) as room:
            Play(room, screen).run()
    except Interrupted as error:
        return 128 + error.signum
    gone = "The folder is gone; nothing is left behind."
    click.echo(f"\nOne owner at a time. {f'Kept: {room.folder}' if keep else gone}")
    return 0
