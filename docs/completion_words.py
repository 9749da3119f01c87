# ruff: noqa: INP001 - a script beside the pages, not a package
"""The words of all commands as a table, which completion reads in place of click.

What a value is follows from the type that click has for it, from its metavar and from
its name, which mean the same in every command.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from fleetfeed.cli.main import cli

FILE = Path(__file__).parent.parent / "fleetfeed" / "cli" / "words.json"

_KINDS = {
    "by": ["seat"],
    "claim": ["key"],
    "code": ["rule"],
    "depends_on": ["item"],
    "family": ["family"],
    "item": ["item"],
    "items": ["item"],
    "key": ["file"],
    "lane": ["lane"],
    "lanes": ["lane"],
    "owner": ["seat", "pool"],
    "parent": ["item"],
    "park": ["item"],
    "paths": ["file"],
    "prefix": ["prefix"],
    "seat": ["seat"],
    "surface": ["key"],
}
"""By the name of a parameter."""

_METAVARS = {
    "[ITEM] -- COMMAND": ["item"],
    "ITEM": ["item"],
    "ITEM...": ["item"],
    "ITEM|COMMIT": ["item"],
    "KEY|ITEM": ["key", "item"],
    "PID": [],
    "PREFIX|ITEM": ["prefix", "item"],
    "SEAT": ["seat"],
    "SEAT|SERIAL|FILE": ["seat"],
}
"""By its metavar, which comes before the name."""


def table_text() -> str:
    """The table, as it lies in the package."""
    context = click.Context(cli, info_name="fleetfeed", **cli.context_settings)
    return json.dumps(_command(cli, context), indent=1, ensure_ascii=False) + "\n"


def _command(command: click.Command, context: click.Context) -> dict[str, Any]:
    params = command.get_params(context)
    arguments = [p for p in params if isinstance(p, click.Argument)]
    found: dict[str, Any] = {
        "help": command.get_short_help_str(200),
        "options": dict(_options(params)),
    }
    if isinstance(command, click.Group):
        below = ((n, command.get_command(context, n)) for n in _names(command, context))
        found["commands"] = {
            name: _command(each, click.Context(each, parent=context, info_name=name))
            for name, each in below
            if each and not each.hidden
        }
    elif arguments:
        found["arguments"] = [_kinds(each) for each in arguments]
        if arguments[-1].metavar and "-- COMMAND" in arguments[-1].metavar:
            found["arguments"].append(["command"])
        if arguments[-1].nargs < 0:
            found["repeats"] = True
    return found


def _names(group: click.Group, context: click.Context) -> list[str]:
    return group.list_commands(context)


def _options(params: list[click.Parameter]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each spelling of each option."""
    for each in params:
        if not isinstance(each, click.Option) or each.hidden:
            continue
        said: dict[str, Any] = {"help": (each.help or "").partition(". ")[0]}
        if not (each.is_flag or each.count):
            said["takes"] = _kinds(each)
        if each.multiple:
            said["repeats"] = True
        for name in (*each.opts, *each.secondary_opts):
            yield name, said


def _kinds(param: click.Parameter) -> list[str]:
    """What the value of `param` may be; `=WORD` is that very word."""
    if isinstance(param.type, click.Choice):
        return [f"={choice}" for choice in param.type.choices]
    if isinstance(param.type, click.Path):
        return ["file" if param.type.file_okay else "folder"]
    if isinstance(param.type, click.File):
        return ["file"]
    by_name = _KINDS.get(str(param.name), [])
    return _METAVARS.get(param.metavar or "", by_name)
