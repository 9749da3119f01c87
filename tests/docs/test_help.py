"""Every command's help has examples, and click takes each of them."""

import re
import shlex

import click
import pytest

from fleetfeed.cli.main import COMMANDS, cli

TOP = click.Context(cli, info_name="fleetfeed", **cli.context_settings)
HELPS = {
    "fleetfeed": cli.get_help(TOP),
    **{
        name: command.get_help(click.Context(command, parent=TOP, info_name=name))
        for name in COMMANDS
        if (command := cli.get_command(TOP, name))
    },
}


def _examples(said):
    part = said.partition("Examples:\n")[2].partition("\n\n")[0]
    lines = re.sub(r" *\\\n *", " ", part).splitlines()
    # What follows behind several blanks says what it does; a shell's own is no word.
    return [re.split(r" {2,}| [<>]+ ", line.strip())[0] for line in lines]


EXAMPLES = [example for said in HELPS.values() for example in _examples(said)]


@pytest.mark.parametrize("name", HELPS)
def test_the_help_has_examples(name):
    assert _examples(HELPS[name]), HELPS[name]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_typed(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "farewell.txt").write_text("so long")
    program, name, *args = shlex.split(example)
    assert program == "fleetfeed"
    there = [str(tmp_path) if arg.endswith(".git") else arg for arg in args]
    command = cli.get_command(TOP, name)
    assert command is not None
    command.make_context(name, there, parent=TOP).close()
