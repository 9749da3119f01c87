"""`fleetfeed mcp`: the verbs as tools, for agents that speak the protocol."""

import click

from fleetfeed.cli.context import edge
from fleetfeed.mcp import require_sdk


@click.command()
@edge
def mcp() -> None:
    """Serve the Model Context Protocol on standard input and output.

    An agent's program starts it, by its own settings, and ends it. Each tool is a
    command, and what it answers is that command's --json. It works in the clone around
    this folder (or `fleetfeed -C FOLDER mcp`), and as its seat, or FLEETFEED_SEAT;
    without a seat it reads, and writes nothing. It needs the extra: `pip install
    'fleetfeed[mcp]'`.

    \b
    Examples:
      fleetfeed mcp
    """
    require_sdk()
    from fleetfeed.mcp.server import serve  # late: what it needs is an extra

    serve()
