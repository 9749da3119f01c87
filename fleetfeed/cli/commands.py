"""The commands, each in a module that is loaded when it is asked for."""

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

    from fleetfeed.cli.words import Declared

GROUPS = {
    "Start a fleet, or join one": {
        "demo": "demo",
        "init": "install",
        "join": "join",
        "install": "install",
        "doctor": "install",
        "seat": "seat",
    },
    "Have agents take part": {
        "agents": "agents",
        "prime": "prime",
        "mcp": "mcp",
    },
    "See what there is": {
        "active": "active",
        "board": "board",
        "stats": "stats",
        "near": "near",
        "show": "show",
        "log": "show",
        "inbox": "inbox",
        "surface": "surface",
    },
    "Take up work, and keep it": {
        "reserve": "verbs",
        "next": "next:next_",
        "claim": "claim",
        "wait": "wait",
        "hold": "hold",
        "beat": "beat",
        "keep": "keep",
        "renew": "verbs",
        "fence": "fence",
        "guard": "guard",
        "note": "append",
    },
    "End work, or give it away": {
        "done": "verbs",
        "block": "verbs",
        "park": "verbs",
        "release": "verbs",
        "cancel": "verbs",
        "handoff": "verbs",
        "yield": "verbs:yield_",
        "evict": "verbs",
    },
    "Write and judge posts by hand": {
        "draft": "draft",
        "append": "append",
        "check": "check",
        "rule": "check",
    },
    "Prove who did what": {
        "approve": "approve",
        "ca": "ca",
        "audit": "audit",
        "verify": "audit",
        "orphans": "orphans:orphans_",
    },
    "Look after the feed": {
        "seal": "seal",
        "index": "index",
        "ledger": "ledger",
        "hook": "hook",
        "completion": "completion",
        "uninstall": "install",
    },
}
"""In the order in which a user meets them: commands, and where each is.

That is a module of fleetfeed.cli that has a click command of the same name, or of the
name behind the colon: Python wants `yield` for itself.
"""

COMMANDS = {name: where for group in GROUPS.values() for name, where in group.items()}
"""All commands, and where each is."""


def load(name: str) -> "click.Command | Declared | None":
    """The command `name`; None where there is none of that name.

    Of one whose words can be read without click (`cli.words`) click is not told.
    """
    where = COMMANDS.get(name)
    if where is None:
        return None
    module, _, attribute = where.partition(":")
    found = getattr(
        importlib.import_module(f"fleetfeed.cli.{module}"), attribute or name
    )
    if not hasattr(found, "for_click") and not hasattr(found, "make_context"):
        raise TypeError(name)
    command: click.Command | Declared = found
    return command
