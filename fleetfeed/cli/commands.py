"""The commands, each in a module that is loaded when it is asked for."""

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

    from fleetfeed.cli.words import Declared

# Command -> module of fleetfeed.cli that has a click command of that name, or of the
# name behind the colon: Python wants `yield` for itself.
COMMANDS = {
    "init": "install",
    "join": "join",
    "install": "install",
    "uninstall": "install",
    "doctor": "install",
    "seat": "seat",
    "ca": "ca",
    "approve": "approve",
    "surface": "surface",
    "check": "check",
    "active": "active",
    "reserve": "verbs",
    "claim": "claim",
    "wait": "wait",
    "next": "next:next_",
    "release": "verbs",
    "block": "verbs",
    "park": "verbs",
    "cancel": "verbs",
    "done": "verbs",
    "hold": "hold",
    "beat": "beat",
    "fence": "fence",
    "guard": "guard",
    "orphans": "orphans:orphans_",
    "renew": "verbs",
    "evict": "verbs",
    "handoff": "verbs",
    "yield": "verbs:yield_",
    "append": "append",
    "note": "append",
    "draft": "draft",
    "inbox": "inbox",
    "show": "show",
    "log": "show",
    "audit": "audit",
    "verify": "audit",
    "seal": "seal",
    "index": "index",
    "ledger": "ledger",
    "rule": "check",
    "hook": "hook",
    "demo": "demo",
}


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
