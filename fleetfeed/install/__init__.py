"""Putting hooks into repositories and servers, and taking them out without a trace."""

from fleetfeed.install.client import install_client, uninstall_client
from fleetfeed.install.places import LAYOUTS, Layout, hooks_folder
from fleetfeed.install.report import Report, Step
from fleetfeed.install.server import install_server, uninstall_server

__all__ = [
    "LAYOUTS",
    "Layout",
    "Report",
    "Step",
    "hooks_folder",
    "install_client",
    "install_server",
    "uninstall_client",
    "uninstall_server",
]
