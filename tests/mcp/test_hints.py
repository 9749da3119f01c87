"""What the tools hint of themselves is true: who reads, and what happens the second time."""

from harness.agent import Agent
from harness.scene import FREE

from fleetfeed.mcp.tools import TOOLS, Kind

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
READS = {
    "prime": {}, "active": {}, "surface_claim": {"key": FREE}, "show": {"item": "CMB-0001"},
    "inbox": {}, "fence": {"item": "CMB-0002"}, "guard": {"paths": ["README.md"]},
}  # fmt: skip
TWICE = {
    "release": {},
    "block": {"reason": "it waits"},
    "park": {"reason": "later"},
    "done": {},
    "cancel": {"reason": "no"},
    "handoff": {"to": SEVEN},
    "yield": {"to": "CMB-0001"},
}
"""Arguments beside an item that the seat holds."""

BESIDE = {"keep": {"items": ["CMB-0002"]}, "wait": {"what": FREE}}
ONCE = {
    "next": {}, "claim": {"new": "CMB", "subject": "x"}, "renew": {"item": "CMB-0002"},
    "reserve": {"prefix": "CMB", "subject": "x"}, "note": {"body": "x"},
}  # fmt: skip
RESTS = {"beat": {"mine": True}}
"""What changes something again, and not so soon."""


def refs(scene):
    """All that is on the server."""
    return scene.server.git("for-each-ref").stdout


def test_each_tool_has_a_row():
    assert {*READS, *TWICE, *BESIDE, *ONCE, *RESTS} == {tool.name for tool in TOOLS}
    assert set(READS) == {tool.name for tool in TOOLS if tool.kind is Kind.READS}
    assert {*READS, *TWICE, *BESIDE} == {tool.name for tool in TOOLS if tool.again}


def twice(scene, agent, name, arguments):
    """Whether a call changes the server, and whether a second one changes more."""
    before = refs(scene)
    assert agent.call(name, **arguments)["code"] in (0, 1)
    first = refs(scene)
    agent.call(name, **arguments)
    return first != before, refs(scene) != first


def test_what_a_call_changes_and_what_a_second_one_does(scene):
    with Agent.at(scene.me) as agent:
        for name, arguments in READS.items():
            assert twice(scene, agent, name, arguments) == (False, False), name
        for name, arguments in TWICE.items():
            new = agent.call("claim", new="CMB", subject=name)["items"][0]["item"]
            held = {"item": new, **arguments}
            assert twice(scene, agent, name, held) == (True, False), name
        for _ in range(2):
            assert agent.call("reserve", prefix="CMB", subject="x")["code"] == 0
        for name, arguments in ONCE.items():
            assert twice(scene, agent, name, arguments) == (True, True), name
        for name, arguments in RESTS.items():
            assert twice(scene, agent, name, arguments) == (True, False), name
        tip = scene.server.tip("main")
        for name, arguments in BESIDE.items():
            assert agent.call(name, **arguments)["code"] == 0, name
        # Whoever keeps may beat at any time, and posts nothing.
        assert scene.server.tip("main") == tip
