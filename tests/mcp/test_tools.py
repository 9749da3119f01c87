"""What an agent's program is told of the tools, and that the commands keep it."""

import click
import pytest
from harness.answers import schema
from jsonschema import Draft202012Validator

from fleetfeed.cli import commands
from fleetfeed.cli.failing import again as once_more
from fleetfeed.cli.main import cli
from fleetfeed.mcp.answers import is_error
from fleetfeed.mcp.tools import TOOLS, Kind

by_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)

NAMES = {
    "prime", "active", "surface_claim", "show", "inbox", "fence", "guard", "wait", "next",
    "claim", "renew", "beat", "keep", "release", "block", "park", "done", "cancel", "handoff", "yield",
    "note", "reserve",
}  # fmt: skip

KINDS = {
    "string": (str, "text"),
    "array": (str, "text"),
    "integer": (int, "integer"),
    "boolean": (bool, "boolean"),
}


def options(tool):
    """The options of the tool's command, by their flags; its place by an empty one."""
    name = (tool.command or (tool.name,))[0]
    with click.Context(cli) as context:
        found = cli.get_command(context, name)
    known = {f: p for p in found.params for f in p.opts if f.startswith("--")}
    places = [p for p in found.params if isinstance(p, click.Argument)]
    return known | ({"": places[0]} if places else {})


def test_the_tools_are_those():
    assert {tool.name for tool in TOOLS} == NAMES
    assert all(name in commands.COMMANDS for name in NAMES - {"surface_claim"})


@by_tool
def test_an_argument_is_what_the_command_takes(tool):
    known = options(tool)
    for argument in tool.known:
        option = known[argument.flag]
        assert argument.text
        assert option.required <= (argument.name in tool.required)
        several = option.multiple if argument.flag else option.nargs == -1
        assert several == (argument.kind == "array"), argument.name
        flag = getattr(option, "is_flag", False)
        whole = isinstance(option.type, click.types.IntParamType)
        assert flag == (argument.kind == "boolean"), argument.name
        assert whole == (argument.kind == "integer"), argument.name
        if isinstance(option.type, click.Choice):
            assert tuple(argument.choices) == tuple(option.type.choices)


@by_tool
def test_both_schemas_are_schemas(tool):
    for each in (tool.takes, tool.answers):
        Draft202012Validator.check_schema(each)
        assert each["type"] == "object"
        assert each["additionalProperties"] is False
    assert set(tool.required) <= set(tool.takes["properties"])


@by_tool
def test_what_a_tool_answers_is_an_answer(tool):
    """Its schema says of each key what that of all answers says."""
    whole = schema()
    for name in tool.answers["properties"]:
        assert name in whole["properties"]
    assert set(tool.answers["$defs"]) <= set(whole["$defs"])
    assert tool.answers["required"] == whole["required"]


def test_a_list_of_all_is_short_enough():
    """What a model reads of all tools: names, texts and arguments."""
    read = sum(len(t.name) + len(t.text) + len(repr(t.takes)) for t in TOOLS)
    assert read < 16_000


HOSTILE = ("--help", "-h", "--op=x", "--", "-", "--seat=CAMBER-07", "", "a b", "\n")


@pytest.mark.parametrize("value", HOSTILE)
@by_tool
def test_a_text_is_never_an_option(tool, value):
    """Read as click reads them, the words are the values, each at its argument."""
    texts = {a.name: value for a in tool.known if a.kind == "string" and not a.choices}
    texts |= {a.name: [value, value] for a in tool.known if a.kind == "array"}
    words = tool.words(texts)
    name = words[0]
    with click.Context(cli) as context:
        found = cli.get_command(context, name)
    with found.make_context(name, list(words[1:])) as context:
        read = context.params
    known = options(tool)
    for argument in tool.known:
        if argument.name in texts:
            several = argument.kind == "array"
            assert read[known[argument.flag].name] == (
                (value,) * 2 if several else value
            )
    seat = "seat" in texts
    assert seat or read.get("seat") is None
    declared = commands.load(name)
    if hasattr(declared, "read") and (plain := declared.read(words[1:])):
        assert (plain[0].get("item"), plain[1]) == (read.get("item"), True)


def test_null_is_left_out():
    claim = next(tool for tool in TOOLS if tool.name == "claim")
    words = claim.words({"item": "CMB-0001", "reason": None, "wait": False})
    assert words == ("claim", "--json", "--", "CMB-0001")
    assert claim.kind_with({"wait": False}) is Kind.WRITES
    assert claim.kind_with({"wait": True}) is Kind.BESIDE


@pytest.mark.parametrize(
    ("typed", "again"),
    [(("done", "x"), "done x --op 7"), (("done", "--", "-x"), "done --op 7 -- -x"),
     (("done", "--op=7", "--", "x"), "done --op=7 -- x"), (("done", "--op", "7"), "done --op 7")],
)  # fmt: skip
def test_the_same_once_more_is_the_same_command(typed, again):
    assert once_more(typed, "7") == f"fleetfeed {again}"


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [("won", False), ("held", False), ("refused", False), ("nothing ready", False),
     ("no longer yours", False), ("usage", True), ("cannot tell", True), ("interrupted", True)],
)  # fmt: skip
def test_an_error_is_what_is_no_answer(answer, wrong):
    assert is_error({"answer": answer}) is wrong
