"""Every tool is called for real, and answers what its command answers."""

import json

import pytest
from cli.busy import SEEDS, key
from harness import Fleet
from harness.agent import Agent, answer, plain
from harness.answers import document
from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError

from fleetfeed.mcp.tools import TOOLS

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
NEW = {"subject": "x", "surface": [key(50)], "proof": "src/50 alone"}
_NEW = ("--subject", "x", "--surface", key(50), "--proof", "src/50 alone")

CALLS = [
    ("prime", {}, ("prime",), "shown"),
    ("active", {}, ("active", "--limit", "20"), "open"),
    ("active", {"limit": 2}, ("active", "--limit", "2"), "open"),
    ("active", {"mine": True, "lane": "CAMBER", "state": "BLOCKED"}, ("active", "--mine", "--lane", "CAMBER", "--state", "BLOCKED", "--limit", "20"), "open"),
    ("surface_claim", {"key": key(50)}, ("active", "--surface-claim", key(50)), "allocated"),
    ("surface_claim", {"key": key(7)}, ("active", "--surface-claim", key(7)), "held"),
    ("show", {"item": "CMB-0003"}, ("show", "CMB-0003"), "shown"),
    ("show", {"item": "CMB-0999"}, ("show", "CMB-0999"), "usage"),
    ("inbox", {"all": True}, ("inbox", "--all"), "listed"),
    ("fence", {"item": "CMB-0002", "epoch": 1}, ("fence", "CMB-0002", "--epoch", "1"), "yours"),
    ("fence", {"item": "CMB-0007"}, ("fence", "CMB-0007"), "no longer yours"),
    ("guard", {"paths": ["feed/policy.yaml"]}, ("guard", "feed/policy.yaml"), "passes"),
    ("wait", {"what": key(50)}, ("wait", key(50)), "free"),
    ("wait", {"what": "CMB-0007", "at_most": "1s"}, ("wait", "CMB-0007", "--at-most", "1s"), "cannot tell"),
    ("wait", {"what": "CMB-0005"}, ("wait", "CMB-0005"), "refused"),
    ("claim", {"item": "CMB-0007"}, ("claim", "CMB-0007"), "held"),
    ("claim", {}, ("claim",), "usage"),
    ("claim", {"item": "CMB-0001", "lease": "2h"}, ("claim", "CMB-0001", "--lease", "2h"), "won"),
    ("claim", {"new": "CMB", **NEW, "priority": "10"}, ("claim", "--new", "CMB", *_NEW, "--priority", "10"), "won"),
    ("renew", {"item": "CMB-0001"}, ("renew", "CMB-0001"), "won"),
    ("beat", {"items": ["CMB-0001"]}, ("beat", "CMB-0001"), "alive"),
    ("beat", {"items": ["CMB-0007"]}, ("beat", "CMB-0007"), "no longer yours"),
    ("keep", {"items": ["CMB-0001"]}, ("keep", "CMB-0001"), "alive"),
    ("keep", {"stop": True}, ("keep", "--stop"), "done"),
    ("note", {"item": "CMB-0007", "body": "a\n--json"}, ("note", "CMB-0007", "--body", "a\n--json"), "won"),
    ("block", {"item": "CMB-0001", "reason": "waits", "depends_on": ["CMB-0007"]}, ("block", "CMB-0001", "--reason", "waits", "--depends-on", "CMB-0007"), "won"),
    ("release", {"item": "CMB-0002"}, ("release", "CMB-0002"), "won"),
    ("next", {}, ("next",), "won"),
    ("next", {"lane": "ORBIT"}, ("next", "--lane", "ORBIT"), "nothing ready"),
    ("park", {"item": "CMB-0002", "reason": "later"}, ("park", "CMB-0002", "--reason", "later"), "won"),
    ("claim", {"item": "CMB-0002"}, ("claim", "CMB-0002"), "won"),
    ("done", {"item": "CMB-0002", "field": ["WORK_PROOF=x"]}, ("done", "CMB-0002", "--field", "WORK_PROOF=x"), "refused"),
    ("done", {"item": "CMB-0002", "body": "- it is\n"}, ("done", "CMB-0002", "--body", "- it is\n"), "won"),
    ("done", {"item": "CMB-0007"}, ("done", "CMB-0007"), "refused"),
    ("reserve", {"prefix": "CMB", "subject": "more"}, ("reserve", "CMB", "--subject", "more"), "won"),
    ("cancel", {"item": "CMB-0013", "reason": "no"}, ("cancel", "CMB-0013", "--reason", "no"), "won"),
    ("yield", {"item": "CMB-0004", "to": "CMB-0007"}, ("yield", "CMB-0004", "--to", "CMB-0007"), "won"),
    ("handoff", {"item": "CMB-0012", "to": SEVEN}, ("handoff", "CMB-0012", "--to", SEVEN), "won"),
    ("claim", {"new": "CMB", "subject": "y"}, ("claim", "--new", "CMB", "--subject", "y"), "won"),
    ("release", {"mine": True, "reason": "I leave"}, ("release", "--mine", "--reason", "I leave"), "won"),
    ("release", {"mine": True}, ("release", "--mine"), "done"),
]  # fmt: skip
"""Tool, arguments, and how that is typed; the answer. One after the other, each time."""


@pytest.fixture(scope="module")
def template(fleet_template, tmp_path_factory) -> Fleet:
    """A server whose feed is in the middle of its work."""
    fleet = fleet_template.copy(tmp_path_factory.mktemp("busy") / "fleet")
    fleet.server.disarm()
    first = fleet.first()
    for path, text in SEEDS.items():
        first.write(path, text)
    first.commit("seeds", "--no-verify")
    first.push("HEAD:refs/heads/main", "--no-verify")
    first.git("pull", "-q", "--ff-only")
    return fleet


@pytest.fixture(scope="module")
def still(template, tmp_path_factory):
    """A copy of it in which nothing is written."""
    return template.copy(tmp_path_factory.mktemp("still") / "fleet")


@pytest.fixture(scope="module")
def reader(still):
    """The agent of CAMBER-06 there."""
    with Agent.at(still.seat(SIX)) as agent:
        yield agent


def test_each_tool_answers_what_its_command_answers(template, tmp_path):
    checks = {t.name: (t, Draft202012Validator(t.answers)) for t in TOOLS}
    mine, theirs = (template.copy(tmp_path / name).seat(SIX) for name in "ab")
    met = set()
    with Agent.at(mine) as agent:
        for name, arguments, words, expected in CALLS:
            tool, check = checks[name]
            found = agent.call(name, **arguments)
            check.validate(found)
            typed = document(theirs.fleetfeed(*words, "--json", ok=None).stdout)
            assert plain(found) == plain(typed), (name, arguments)
            assert found["answer"] == expected, (found, arguments)
            met.add(tool.name)
    assert met == {tool.name for tool in TOOLS}


def test_what_can_be_read(still, reader):
    mine, agent = still.seat(SIX), reader
    listed = agent.ask(agent.client.list_resources).resources
    templates = agent.ask(agent.client.list_resource_templates).resource_templates
    assert [str(each.uri) for each in listed] == [
        "fleetfeed://queue",
        "fleetfeed://inbox",
    ]
    assert [each.uri_template for each in templates] == [
        "fleetfeed://queue/{lane}", "fleetfeed://item/{item}",
    ]  # fmt: skip
    for uri, words in (
        ("fleetfeed://queue", ("active", "--ready", "--limit", "100")),
        (
            "fleetfeed://queue/ORBIT",
            ("active", "--ready", "--lane", "ORBIT", "--limit", "100"),
        ),
        ("fleetfeed://inbox", ("inbox",)),
        ("fleetfeed://item/CMB-0003", ("show", "CMB-0003")),
    ):
        (found,) = agent.ask(agent.client.read_resource, uri).contents
        typed = document(mine.fleetfeed(*words, "--json").stdout)
        assert found.mime_type == "application/json"
        assert plain(document(found.text)) == plain(typed), uri
    for uri in (
        "fleetfeed://item/CMB-0999", "fleetfeed://item/--help", "fleetfeed://item/",
        "fleetfeed://item/a/b", "fleetfeed://queue/", "fleetfeed://other", "file:///etc/passwd",
    ):  # fmt: skip
        with pytest.raises(MCPError) as raised:
            agent.ask(agent.client.read_resource, uri)
        assert raised.value.code == -32602, uri


def test_without_a_seat_nothing_is_written(still):
    fleet, seat = still, still.seat(SIX)
    nobody = {k: v for k, v in seat.environment.items() if k != "FLEETFEED_SEAT"}
    tip = fleet.server.tip("main")
    with Agent.at(type(seat)(seat.folder, nobody)) as agent:
        assert agent.call("active")["answer"] == "open"
        assert agent.call("show", item="CMB-0001")["answer"] == "shown"
        for name, arguments in (
            ("claim", {"item": "CMB-0001"}), ("next", {}), ("reserve", {"prefix": "CMB", "subject": "x"}),
            ("done", {"item": "CMB-0002"}), ("note", {"body": "x"}),
        ):  # fmt: skip
            found = agent.call(name, **arguments)
            assert found["answer"] == "usage"
            assert "run `fleetfeed seat NAME`" in found["message"]
    assert fleet.server.tip("main") == tip


WRONG = [
    ("claim", {"item": 3}, "claim: item: 3 is not of type 'string'"),
    ("claim", {"items": "CMB-0001"}, "claim: Additional properties are not allowed"),
    (
        "claim",
        {"item": "CMB-0001", "seat": SEVEN},
        "claim: Additional properties are not",
    ),
    ("show", {}, "show: 'item' is a required property"),
    ("show", {"item": None}, "show: 'item' is a required property"),
    ("active", {"limit": 0}, "active: limit: 0 is less than the minimum of 1"),
    ("active", {"state": "OPEN"}, "active: state: 'OPEN' is not one of"),
    ("fence", {"item": "CMB-0002", "epoch": "1"}, "fence: epoch: '1' is not of type"),
    ("guard", {"paths": "a"}, "guard: paths: 'a' is not of type 'array'"),
    ("guard", {"paths": ["a", "b\0"]}, "no path has a NUL in it"),
    ("note", {"body": "\0"}, "--body"),
    ("note", {"body": ""}, "--body is empty"),
    ("show", {"item": "\0"}, "\\x00 is no item"),
    ("claim", {"item": "CMB-0001", "reason": "\x1b[2J"}, "FF"),
    ("note", {"body": "x" * 70_000}, "FF"),
    ("handoff", {"item": "CMB-0002", "to": "--force"}, "no seat"),
]


def test_what_cannot_be_is_told(still, reader):
    fleet, agent = still, reader
    tip = fleet.server.tip("main")
    for name, arguments, message in WRONG:
        found = agent.call(name, **arguments)
        said = f"{found['message']} {found['findings']}"
        assert message in said, (name, arguments, said)
        assert found["answer"] in {"usage", "refused"}
        assert json.dumps(found).isascii()
    with pytest.raises(MCPError, match="there is no tool clam"):
        agent.result("clam")
    assert agent.call("active")["answer"] == "open"
    assert fleet.server.tip("main") == tip


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_what_an_agent_is_told_first(still, mode):
    with Agent.at(still.seat(SIX), mode=mode) as agent:
        assert agent.client.server_info.name == "fleetfeed"
        assert "only on what you have `won`" in agent.client.instructions
        listed = agent.ask(agent.client.list_tools).tools
        assert {tool.name for tool in listed} == {tool.name for tool in TOOLS}
        for tool in listed:
            hints = tool.annotations
            assert tool.title
            assert tool.description
            assert hints.open_world_hint is False
            assert not (hints.read_only_hint and hints.destructive_hint)
        held = agent.result("claim", item="CMB-0007")
        assert answer(held)["answer"] == "held"
        assert not held.is_error
        assert SEVEN in held.content[0].text
