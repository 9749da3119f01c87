"""`fleetfeed mcp`: the verbs as tools, for agents that speak the protocol."""

from collections.abc import Mapping

import click

from fleetfeed.agents.session import session_here
from fleetfeed.cli.context import Shell, with_shell
from fleetfeed.mcp import require_sdk
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.repo.repository import SESSION_VARIABLE


@click.command()
@with_shell
def mcp(shell: Shell, /) -> None:
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

    serve(lambda: _session(shell))


def _session(shell: Shell) -> Mapping[str, str]:
    """What a command is told of the session that it is asked in; it may change."""
    try:
        session = session_here(shell.repo)
    except FleetfeedError:  # there is no repository, as the command will say
        return {}
    return {SESSION_VARIABLE: session} if session else {}
