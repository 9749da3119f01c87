"""A tool as its documents have it: what it sends to a hook, and how it reads the answer.

The events lie in `events/`, written by hand from the pages that docs/agent-tools.md
names.
"""

import json
from pathlib import Path
from typing import Any

from harness import Repo
from harness.repo import Result

EVENTS = sorted(Path(__file__).with_name("events").glob("*.json"))
TOLD = {"claude", "codex", "gemini"}
"""Tools whose agent, or user, is told something of a tool that may run."""


def event_of(file: Path) -> tuple[str, str]:
    """The tool of an event's file, and the event's name."""
    name, event = file.stem.split("-")[:2]
    return name, event


def sent(file: Path, top: Path, **more: object) -> str:
    """What the tool sends where its work tree is at `top`."""
    text = file.read_text().replace("@TOP@", str(top))
    return json.dumps({**json.loads(text), **more})


def hook(repo: Repo, name: str, event: str, text: str, **how: Any) -> Result:
    """Run the hook as the tool's settings do."""
    return repo.fleetfeed("agents", "hook", name, event, stdin=text, **how)


def answer(result: Result) -> dict[str, Any]:
    """What a hook answers; nothing is an empty answer. It ends well, always."""
    assert result.returncode == 0, result
    found: dict[str, Any] = json.loads(result.stdout) if result.stdout else {}
    return found


def reason(name: str, event: str, said: dict[str, Any]) -> str:
    """Why the tool must not run, by the tool's documents; empty: it may."""
    if name == "gemini":
        assert not said or said.keys() == {"decision", "reason"}
        return said["reason"] if said.get("decision") == "deny" else ""
    if name == "cursor":
        assert not said or said.keys() == {
            "permission",
            "user_message",
            "agent_message",
        }
        return said["agent_message"] if said.get("permission") == "deny" else ""
    inner = said if name == "copilot" else said.get("hookSpecificOutput", {})
    if name != "copilot" and inner:
        assert inner["hookEventName"] == event
    denied = inner.get("permissionDecision") == "deny"
    return inner["permissionDecisionReason"] if denied else ""


def context(name: str, event: str, said: dict[str, Any]) -> str:
    """What the agent is told, by the tool's documents; of gemini's tools, the user."""
    if name == "copilot":
        return said.get("additionalContext", "")
    if name == "cursor":
        return said.get("additional_context", "")
    if event == "BeforeTool":
        return said.get("systemMessage", "")
    inner = said.get("hookSpecificOutput", {})
    assert not inner or inner["hookEventName"] == event
    return inner.get("additionalContext", "")
