"""Help fits terminals of any width, and its examples can be copied from each."""

import os
import re
import shlex
import sys

import click
import pytest
from cli.terminals import Terminal

from fleetfeed.cli.commands import COMMANDS, GROUPS
from fleetfeed.cli.help_text import Group
from fleetfeed.cli.main import cli

WIDTHS = (60, 61, 66, 72, 79, 80, 90, 100, 132, 200)


def helps(width):
    """The help of each command, and its path, as on a terminal of that width."""
    # click leaves two columns free, and takes no more than its most.
    columns = min(width, cli.context_settings["max_content_width"]) - 2
    settings = {**cli.context_settings, "terminal_width": columns}
    top = cli.context_class(cli, info_name="fleetfeed", **settings)
    return dict(_below(cli, top, ()))


def _below(command, context, path):
    yield path, command.get_help(context)
    for name in command.list_commands(context) if isinstance(command, Group) else ():
        below = command.get_command(context, name)
        inner = below.context_class(below, parent=context, info_name=name)
        yield from _below(below, inner, (*path, name))


WIDE = helps(200)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_longer_than_the_terminal(width):
    for path, said in helps(width).items():
        long = [line for line in said.splitlines() if len(line) > width]
        assert not long, (path, long)


def _examples(said):
    """The words of each example, and nothing of what is said behind it."""
    part = said.partition("Examples:\n")[2].partition("\n\n")[0]
    whole = re.sub(r" *\\\n *", " ", part)
    lines = (re.split(r"(?<=\S) {2,}", line)[0] for line in whole.splitlines())
    return [shlex.split(line) for line in lines if line.strip().startswith("fleetfeed")]


@pytest.mark.parametrize("width", WIDTHS)
def test_examples_are_the_same_at_every_width(width):
    for path, said in helps(width).items():
        assert _examples(said) == _examples(WIDE[path]), path
        assert _examples(said)


def test_what_is_said_of_an_example_is_not_lost():
    assert "watch a race being settled" in helps(60)[()]


def test_every_command_stands_in_one_group():
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(COMMANDS)
    said = WIDE[()]
    at = [said.index(f"\n{heading}:\n") for heading in GROUPS]
    assert at == sorted(at)
    for name in listed:
        assert re.search(rf"^  {name} +\S", said, re.MULTILINE), name


def test_a_summary_is_told_whole():
    for path, said in helps(60).items():
        assert "..." not in said.partition("Options:")[2], path


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("clam", "claim"), ("ca isue", "issue"), ("ledger polcy", "policy"), ("index Verify", "verify")],
)  # fmt: skip
def test_a_mistyped_command_is_told_what_it_meant(still, typed, meant):
    said = still.of("CAMBER-06")(*typed.split(), code=2).stderr
    assert f"No such command '{typed.split()[-1]}'. Did you mean '{meant}'?" in said


@pytest.mark.parametrize(("columns", "widest"), [(60, 60), (72, 72), (200, 88)])
def test_the_width_is_the_terminals(tmp_path, columns, widest):
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    words = (sys.executable, "-m", "fleetfeed", "claim", "--help")
    said, code = Terminal(words, env, tmp_path, (50, columns)).rest()
    assert code == 0
    assert widest - 8 < max(map(len, said.splitlines())) <= widest


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version(still, flag):
    assert re.fullmatch(
        r"fleetfeed \d+\.\d+\.\S+\n", still.of("CAMBER-06")(flag).stdout
    )


def test_each_command_has_the_context_that_fits():
    top = cli.context_class(cli, info_name="fleetfeed", **cli.context_settings)
    for name in COMMANDS:
        assert cli.get_command(top, name).context_class is not click.Context
