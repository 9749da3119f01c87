"""What the tools hint of themselves is true: who reads, and what happens the second time."""

import pytest
from harness.agent import Agent
from harness.scene import FREE

from fleetfeed.mcp.tools import TOOLS, Kind

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
READS = {
    "prime": {},
    "active": {}, "surface_claim": {"key": FREE}, "show": {"item": "CMB-0001"}, "inbox": {},
    "fence": {"item": "CMB-0002"}, "guard": {"paths": ["README.md"]},
}  # fmt: skip
TWICE = {
    "release": {"item": "CMB-0002"},
    "block": {"item": "CMB-0002", "reason": "it waits"},
    "park": {"item": "CMB-0002", "reason": "later"},
    "done": {"item": "CMB-0002"},
    "cancel": {"item": "CMB-0002", "reason": "no"},
    "handoff": {"item": "CMB-0002", "to": SEVEN},
    "yield": {"item": "CMB-0002", "to": "CMB-0001"},
    "keep": {"items": ["CMB-0002"]},
    "wait": {"what": FREE},
}
ONCE = {
    "next": {}, "claim": {"new": "CMB", "subject": "x"}, "renew": {"item": "CMB-0002"},
    "beat": {"mine": True}, "reserve": {"prefix": "CMB", "subject": "x"}, "note": {"body": "x"},
}  # fmt: skip


def refs(scene):
    """All that is on the server."""
    return scene.server.git("for-each-ref").stdout


def test_each_tool_has_a_row():
    assert {*READS, *TWICE, *ONCE} == {tool.name for tool in TOOLS}
    assert set(READS) == {tool.name for tool in TOOLS if tool.kind is Kind.READS}
    assert {*READS, *TWICE} == {tool.name for tool in TOOLS if tool.again}


def test_who_reads_changes_nothing(scene):
    before = refs(scene)
    with Agent.at(scene.me) as agent:
        for name, arguments in READS.items():
            assert agent.call(name, **arguments)["code"] in (0, 1)
    assert refs(scene) == before


def twice(scene, agent, name, arguments):
    """What a call changes on the server, and whether a second one changes more."""
    before = refs(scene)
    assert agent.call(name, **arguments)["code"] == 0
    first = refs(scene)
    agent.call(name, **arguments)
    return first != before, refs(scene) != first


@pytest.mark.parametrize("name", TWICE)
def test_a_second_call_changes_nothing_more(scene, name):
    with Agent.at(scene.me) as agent:
        _, more = twice(scene, agent, name, TWICE[name])
        assert not more or name == "keep", "whoever keeps may beat at any time"


def test_a_second_call_changes_more(scene):
    with Agent.at(scene.me) as agent:
        for _ in range(2):
            assert agent.call("reserve", prefix="CMB", subject="x")["code"] == 0
        for name, arguments in ONCE.items():
            assert twice(scene, agent, name, arguments) == (True, True), name
