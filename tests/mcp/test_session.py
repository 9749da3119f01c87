"""An agent's server and its commands are one seat, where the tool has sessions.

The test is the tool: it starts the hooks, and the server.
"""

import json

import pytest
from harness import command
from harness.agent import Agent

SIX = "CAMBER-06"
FIRST, SECOND = "0c1d-first-aaaaaaaaaaaa", "0c1d-second-bbbbbbbbbbbb"


def hook(seat, event, session, tmp_path):
    """What the tool runs when a session starts or ends."""
    said = {
        "session_id": session,
        "cwd": str(seat.folder),
        "hook_event_name": event,
        "source": "startup",
        "reason": "clear",
    }
    around = {"CLAUDE_ENV_FILE": str(tmp_path / "env")}
    return seat.run(
        command("agents", "hook", "claude", event), stdin=json.dumps(said), env=around
    )


def whoami(agent):
    return agent.call("prime")["seat"]


@pytest.mark.parametrize("named", [True, False], ids=["named", "by the process"])
def test_the_server_is_the_session_that_its_tool_has_begun(scene, tmp_path, named):
    env = {"CLAUDE_CODE_SESSION_ID": FIRST} if named else {}
    with Agent.at(scene.me, **env) as agent:
        assert whoami(agent) == SIX  # the hook comes later than the server
        hook(scene.me, "SessionStart", FIRST, tmp_path)
        mine = f"{SIX}/aaaaaaaaaaaa"
        assert whoami(agent) == mine
        new = agent.call("claim", new="CMB", subject="x")["items"][0]
        assert new["holder"] == mine
        variables = (tmp_path / "env").read_text()
        assert variables == "export FLEETFEED_SESSION=aaaaaaaaaaaa\n"
        hook(scene.me, "SessionEnd", FIRST, tmp_path)
        assert (
            agent.call("show", item=new["item"])["items"][0]["state"]
            == "AWAITING_CLAIM"
        )
        hook(scene.me, "SessionStart", SECOND, tmp_path)  # as /clear does
        assert whoami(agent) == f"{SIX}/bbbbbbbbbbbb"


def test_of_two_sessions_of_one_process_it_is_the_one_that_is_named(scene, tmp_path):
    for session in (FIRST, SECOND):
        hook(scene.me, "SessionStart", session, tmp_path)
    with Agent.at(scene.me, CLAUDE_CODE_SESSION_ID=FIRST) as agent:
        assert whoami(agent) == f"{SIX}/aaaaaaaaaaaa"
    with Agent.at(scene.me) as agent:
        assert whoami(agent) == SIX


def test_a_session_that_is_told_counts(scene, tmp_path):
    hook(scene.me, "SessionStart", FIRST, tmp_path)
    with Agent.at(scene.me, FLEETFEED_SESSION="mine") as agent:
        assert whoami(agent) == f"{SIX}/mine"


def test_a_session_of_another_tool_is_not_ours(scene, tmp_path):
    hook(scene.me, "SessionStart", FIRST, tmp_path)
    (kept,) = (scene.me.folder / ".git/fleetfeed/sessions").iterdir()
    kept.write_text("1 1\n")
    with Agent.at(scene.me) as agent:
        assert whoami(agent) == SIX
