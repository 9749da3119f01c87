# ruff: noqa: INP001 - a script beside the pages that it writes, not a package
"""The parts of the docs that are made from the code, so that they cannot drift.

A page says where: between `<!-- generated: NAME -->` and `<!-- end -->` stands what the
function of that name in `BLOCKS` returns; a word behind NAME is its argument. `make
docs` runs this, and a test compares.
"""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from completion_words import FILE, table_text
from manual import write as write_manual
from rule_examples import examples

from fleetfeed.cli.main import cli
from fleetfeed.judge.transitions import TRANSITIONS
from fleetfeed.mcp.tools import TOOLS, Kind
from fleetfeed.model.catalogue import CATALOGUE, Rule
from fleetfeed.model.item import EpochRule, epoch_rule
from fleetfeed.model.policy_template import template
from fleetfeed.model.post import State
from fleetfeed.report.envelope import schema_text

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent / "fleetfeed"
_BLOCK = re.compile(
    r"(<!-- generated: (\w+)(?: (\w+))? -->\n).*?(<!-- end -->)", re.DOTALL
)

_GROUPS = {
    "FF0": "The file and the tree",
    "FF1": "Fields",
    "FF2": "Surfaces",
    "FF3": "Items and authority",
    "FF4": "The feed and collisions",
    "FF5": "Leases",
    "FF6": "Identity",
    "FF7": "Code",
}
_EPOCHS = {
    EpochRule.KEEP: "stays",
    EpochRule.RAISE: "one more",
    EpochRule.CHOOSE: "stays, or one more: as `EPOCH` says",
}


def rules() -> str:
    """Every rule, in groups."""
    parts = []
    for group, found in groupby(CATALOGUE.values(), lambda rule: rule.code[:3]):
        parts.append(f"## {_GROUPS[group]}\n")
        parts += [_rule(rule) for rule in found]
    return "\n".join(parts)


def _rule(rule: Rule) -> str:
    kind = "refuses" if rule.severity.value == "reject" else "warns"
    where = ", ".join(f"`fleetfeed/{module}`" for module in rule.where.split())
    return (
        f"### {rule.code} {rule.name}\n\n{rule.summary} ({kind})\n\n"
        f"* Why: {rule.why}\n* Mend: {rule.mend}\n* In the code: {where}\n\n"
        f"{examples(rule.code)}"
    )


def transitions() -> str:
    """The transition table."""
    rows = (
        (f"`{row.before.value}`", _states(row.after), _who([w.value for w in row.who]))
        for row in TRANSITIONS
    )
    return _table(("from", "to", "who"), rows)


def _who(names: list[str]) -> str:
    return ", or ".join(names).replace("REASON", "`REASON`")


def epochs() -> str:
    """What each post does to the epoch, once there is one."""
    return _table(
        ("from", "to", "by the holder", "by another seat"),
        (row for before in State for row in _epoch_rows(before)),
    )


def _epoch_rows(before: State) -> Iterator[tuple[str, ...]]:
    def both(after: State) -> tuple[str, str]:
        return _epoch(before, after, "HOLDER"), _epoch(before, after, "OTHER")

    groups: dict[tuple[str, str], set[State]] = {}
    for after in State:
        groups.setdefault(both(after), set()).add(after)
    for said, states in groups.items():
        yield f"`{before.value}`", _states(states), *said


def _epoch(before: State, after: State, seat: str) -> str:
    # AWAITING_CLAIM has no holder.
    holder = "" if before is State.AWAITING_CLAIM else "HOLDER"
    rule = epoch_rule(
        1, seat, before=before, after=after, old_holder=holder, new_holder=seat
    )
    return _EPOCHS[rule]


def _states(states: frozenset[State] | set[State]) -> str:
    if len(states) == len(State):
        return "any"
    return ", ".join(f"`{state.value}`" for state in State if state in states)


def policy() -> str:
    """The policy that `fleetfeed init` writes."""
    return f"```yaml\n{template('refs/heads/main')}```\n"


def usage(name: str = "") -> str:
    """The `--help` of a command, or of all."""
    settings = {**cli.context_settings, "terminal_width": 80}
    context = cli.context_class(cli, info_name="fleetfeed", **settings)
    group: click.Group = cli
    for word in filter(None, name.split("_")):  # ca_issue: a command of a group's
        command = group.get_command(context, word)
        if command is None:
            raise KeyError(name)
        context = command.context_class(command, parent=context, info_name=word)
        group = command if isinstance(command, click.Group) else group
    return f"```text\n{context.get_help()}\n```\n"


def wings() -> str:
    """The house: its floors, from the roof down, and what each wing imports."""
    floors = [floor.split(" | ") for floor in _floors()]
    order = [wing for floor in floors for wing in floor]
    rows = []
    for floor in floors:
        for wing in floor:
            imported = _imported(wing) - {wing}
            used = [each for each in order if each in imported]
            side = "┬" if len(floor) > 1 and wing == floor[0] else "│"
            rows.append(f"  {wing:<9} {side}  {' '.join(used) or '(nothing)'}")
        rows.append("  " + "─" * 10 + "┼" + "─" * 66)
    return "```text\n" + "\n".join(rows[:-1]) + "\n```\n"


def _floors() -> list[str]:
    """The layers that import-linter holds."""
    settings = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text("utf-8"))
    layers, *_ = settings["tool"]["importlinter"]["contracts"]
    return list(layers["layers"])


def _imported(wing: str) -> set[str]:
    """The wings that the modules of `wing` import, at their top or later.

    The tests that it ships are no part of the house.
    """
    found = set()
    one = PACKAGE / f"{wing}.py"
    for file in [one] if one.is_file() else (PACKAGE / wing).rglob("*.py"):
        if file.parent.name == "testing":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("fleetfeed.")}


def answers() -> str:
    """What stands in an answer for programs, by name, from its schema."""
    schema = json.loads(schema_text())
    keys, places = dict[str, Any](), dict[str, list[str]]()
    for place, kind in (("answer", schema), *schema["$defs"].items()):
        for name, key in kind.get("properties", {}).items():
            keys.setdefault(name, key)
            places.setdefault(name, []).append(place)
    always = ", ".join(f"`{name}`" for name in schema["required"])
    rows = (
        (f"`{name}`", _kind(key), ", ".join(places[name]), key.get("description", ""))
        for name, key in sorted(keys.items())
    )
    table = _table(("name", "is", "of", ""), rows)
    return f"In every answer stand {always}.\n\n{table}"


def _kind(key: Mapping[str, Any]) -> str:
    """The type of a value, in words."""
    if "anyOf" in key:
        return " or ".join(_kind(each) for each in key["anyOf"])
    if key.get("type") == "array":
        return f"list of {_kind(key['items'])}"
    kinds = key.get("type", "string" if "enum" in key else "integer")
    if "$ref" in key:
        return str(key["$ref"].rpartition("/")[2])
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def tools() -> str:
    """The tools of the MCP server, and what they hint of themselves."""
    rows = (
        (
            f"`{tool.name}`",
            tool.title,
            "yes" if tool.kind is Kind.READS else "",
            "yes" if tool.again else "",
            "yes" if tool.lasting else "",
        )
        for tool in TOOLS
    )
    head = ("tool", "to", "reads only", "changes nothing again", "takes away")
    return _table(head, rows)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


BLOCKS: dict[str, Callable[..., str]] = {
    "rules": rules,
    "transitions": transitions,
    "epochs": epochs,
    "policy": policy,
    "usage": usage,
    "wings": wings,
    "answers": answers,
    "tools": tools,
}


def generated(page: str) -> str:
    """The text of a page with its generated blocks as they should be."""

    def block(match: re.Match[str]) -> str:
        arguments = [match[3]] if match[3] else []
        return f"{match[1]}\n{BLOCKS[match[2]](*arguments)}\n{match[4]}"

    return _BLOCK.sub(block, page)


def main() -> None:
    """Write every page's generated blocks anew."""
    for path in sorted(FOLDER.glob("*.md")):
        page = path.read_text("utf-8")
        new = generated(page)
        if new != page:
            path.write_text(new, "utf-8")
            print(f"wrote docs/{path.name}")
    if not FILE.exists() or FILE.read_text("utf-8") != table_text():
        FILE.write_text(table_text(), "utf-8")
        print(f"wrote fleetfeed/cli/{FILE.name}")
    for name in write_manual():
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
