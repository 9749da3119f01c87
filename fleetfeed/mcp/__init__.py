"""The MCP server: fleetfeed's verbs as tools for agents, and what they read.

Each call is a command in a process of its own, whose answer is the call's result. The
official SDK, an extra, is imported in `server` and `commands` alone.
"""

from importlib.util import find_spec

from fleetfeed.model.errors import Usage


def require_sdk() -> None:
    """Usage where the SDK is not there, or is one before 2.0."""
    if find_spec("mcp_types") is None:  # it came with 2.0
        what = "an MCP server needs the SDK `mcp`, 2.0 or later, which is not installed"
        raise Usage(f"{what}; `pip install 'fleetfeed[mcp]'`")
