"""What is read without click is what click reads; whatever else is left to click."""

import json
import random
import subprocess
import sys

import click
import pytest

from fleetfeed.cli.main import cli

COMMANDS = ("claim", "reserve", "done", "handoff", "evict", "note", "next", "append")
PIECES = (
    "--new", "--new=CMB", "--new=a=b", "--resume", "--resume=1", "--force", "--mine",
    "--park", "--park=x", "--park=", "--to", "--lane=x", "--json", "--dry-run", "--op",
    "--depends-on", "--timeout", "--timeout=1h", "--epoch", "--epoch=3", "--epoch=+3",
    "--state", "--state=DONE", "-F", "-Fx", "--body-file", "--body", "--field", "--",
    "-", "", "x", "CMB-1", "3", "1_0", "\u0663", "--ne", "--no", "-h", "--help", "-x",
    "--post", "--format=json", "9999999999", "a b", "--surface", "--surface=K", "-C",
)  # fmt: skip
PROGRAM = """
import json, sys
from fleetfeed.cli.commands import load
lines = json.load(sys.stdin)
print(json.dumps([load(name).read(words) for name, *words in lines]))
assert "click" not in sys.modules
"""


def _lines():
    dice = random.Random(20)  # noqa: S311
    for name in COMMANDS:
        for _ in range(400):
            yield [name, *dice.choices(PIECES, k=dice.randrange(5))]


def _read_by_click(name, words):
    """The values, and whether a document is asked for."""
    top = click.Context(cli, info_name="fleetfeed", **cli.context_settings)
    command = cli.get_command(top, name)
    with command.make_context(name, list(words), parent=top) as context:
        return [context.params, bool(context.meta.get("fleetfeed.as_json"))]


def _read_without_click(lines):
    code = (sys.executable, "-c", PROGRAM)
    given = json.dumps(lines)
    done = subprocess.run(code, input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_as_click_reads_them():
    lines = list(_lines())
    found = _read_without_click(lines)
    plain = [pair for pair in zip(lines, found, strict=True) if pair[1]]
    assert len(plain) > 500
    for (name, *words), read in plain:
        assert json.loads(json.dumps(_read_by_click(name, words))) == read, words


@pytest.mark.parametrize(
    "words",
    [
        ["claim", "-h"],
        ["claim", "--help"],
        ["claim", "CMB-1", "CMB-2"],
        ["claim", "--new"],
        ["claim", "--resume=yes"],
        ["claim", "--epoch", "many"],
        ["done"],
        ["handoff", "CMB-1"],
        ["note", "-F", "farewell.txt"],
        ["append", "CMB-1", "--state", "DONE"],
        ["append", "--post", "a.yaml"],
    ],
    ids=" ".join,
)
def test_what_is_left_to_click(words):
    assert _read_without_click([words]) == [None]
