"""The MCP server: fleetfeed's verbs as tools for agents, and what they read.

Each call is a command in a process of its own, whose answer is the call's result. The
official SDK, an extra, is imported in `server` and `commands` alone.
"""

from importlib.util import find_spec

from fleetfeed.model.errors import Usage


def has_sdk() -> bool:
    """Whether the SDK is there, in version 2.0 or later."""
    return find_spec("mcp_types") is not None  # it came with 2.0


def require_sdk() -> None:
    """Usage where the SDK is not there."""
    if not has_sdk():
        what = "an MCP server needs the SDK `mcp`, 2.0 or later, which is not installed"
        raise Usage(f"{what}; `pip install 'fleetfeed[mcp]'`")
