"""The field names as flags, for every command that writes a post."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from fleetfeed.errors import Usage
from fleetfeed.post import State
from fleetfeed.post.model import Value
from fleetfeed.shown import shown

Flag = str | tuple[str, ...] | None
"""What click hands over for a flag: a text, several, or nothing."""

# Flag -> field, in the order in which posts are written.
FLAGS = {
    "state": "STATE",
    "seat": "SEAT",
    "subject": "SUBJECT",
    "owner": "OWNER",
    "surface": "SURFACE_KEY",
    "proof": "NO_OVERLAP_PROOF",
    "lease": "LEASE",
    "epoch": "EPOCH",
    "reason": "REASON",
    "depends_on": "DEPENDS_ON",
    "parent": "PARENT",
    "priority": "PRIORITY",
}

_OPTIONS = (
    click.option(
        "--state",
        type=click.Choice([state.value for state in State]),
        help="The item's state from this post on.",
    ),
    click.option("--seat", help="Who posts. Default: FLEETFEED_SEAT, fleetfeed.seat."),
    click.option("--subject", help="What the item is about."),
    click.option("--owner", help="Who holds it, or who may claim it."),
    click.option("--surface", multiple=True, help="A surface key; may be repeated."),
    click.option("--proof", help="How this differs from nearby active work."),
    click.option("--lease", help="90s, 30m, 2h, 1d, or none."),
    click.option("--epoch", help="The epoch you hold, from 2 on."),
    click.option("--reason", help="Why you reopen, take over or act as a steward."),
    click.option("--depends-on", multiple=True, help="An item; may be repeated."),
    click.option("--parent", help="The item that this one is a part of."),
    click.option("--priority", help="A whole number from 0 to 99; 0 comes first."),
    click.option(
        "--field",
        "others",
        multiple=True,
        metavar="NAME=VALUE",
        help="A field of the fleet's own; may be repeated.",
    ),
    click.option("--body", help="Free text."),
    click.option(
        "-F",
        "--body-file",
        type=click.File(),
        callback=lambda _ctx, _option, file: file.read() if file else None,
        help="Free text from a file.",
    ),
)


def field_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command all field flags; it gets them by keyword."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given_fields(flags: Mapping[str, Flag]) -> dict[str, Value]:
    """The fields that the flags name, left out where a flag was not given."""
    named = {name: flags[flag] for flag, name in FLAGS.items()}
    found = {name: _value(given) for name, given in named.items() if given}
    for text in flags["others"] or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise Usage(f"--field {shown(text)} is not of the form NAME=VALUE")
        found[name] = value
    if flags["body"] and flags["body_file"]:
        raise Usage("give --body or --body-file, not both")
    body = flags["body"] or flags["body_file"]
    return {**found, "BODY": str(body)} if body else found


def _value(given: str | tuple[str, ...]) -> Value:
    alone = isinstance(given, tuple) and len(given) == 1
    return given[0] if alone else given
