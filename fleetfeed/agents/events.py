"""What a tool's hook is told on standard input, and how it answers: each tool's shapes.

Pure. A tool ends up with what it would do without us where we have nothing to say: then
nothing is printed. `docs/agent-tools.md` names the pages that the shapes are from.
"""

import json
import re
from collections.abc import Iterable, Iterator

from fleetfeed.agents.tools import AFTER, BEFORE, FAILED, STARTS, TOOLS
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PATHS = ("file_path", "notebook_path", "path", "filePath", "target_file")
"""How the tools call the file that is to be written, in a tool's arguments."""

_PATCHED = re.compile(
    r"^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+?)\s*$", re.MULTILINE
)
"""What a patch of `apply_patch` names."""

_LONGEST_SESSION = 12
"""Of a session's name the last letters: they differ (a UUIDv7 begins with a time)."""


class Unreadable(ValueError):
    """What a tool sent is not what its documents say: one sentence."""


@record
class Event:
    """What happened: `kind` (see `tools`), in which session, and in which folder.

    `paths` are the files that a tool is about to write, as it names them; `tool` is
    what the tool calls that tool of its own. Empty where it says none.
    """

    kind: str
    session: str = ""
    folder: str = ""
    tool: str = ""
    paths: tuple[str, ...] = ()


def read_event(name: str, event: str, text: str) -> Event:
    """The event `event` of the tool `name`, by what it sent; Unreadable if none."""
    try:
        said = json.loads(text)
    except ValueError as error:
        raise Unreadable(f"what {name} sent is no JSON: {error}") from None
    if not isinstance(said, dict):
        raise Unreadable(f"what {name} sent is no JSON object")
    kind = TOOLS[name].events[event]
    given = said.get("tool_input", said.get("toolArgs"))
    return Event(
        kind,
        _first(said, ("session_id", "sessionId", "conversation_id")),
        _first(said, ("cwd",)) or next(_texts(said.get("workspace_roots")), ""),
        _first(said, ("tool_name", "toolName")),
        tuple(dict.fromkeys(_paths(given))) if kind == BEFORE else (),
    )


def _first(said: "dict[str, Any]", names: Iterable[str]) -> str:
    return next((str(said[n]) for n in names if isinstance(said.get(n), str)), "")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))


def _paths(given: object) -> Iterator[str]:
    """The files that a tool's arguments name; they may be JSON in a text (Copilot)."""
    if isinstance(given, str):
        inner = _inner(given)
        yield from _PATCHED.findall(given) if inner is None else _paths(inner)
    elif isinstance(given, dict):
        named = [given[key] for key in _PATHS if isinstance(given.get(key), str)]
        yield from named
        if not named:
            for text in given.values():
                if isinstance(text, str):
                    yield from _PATCHED.findall(text)


def _inner(text: str) -> object:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def session_name(session: str) -> str:
    """What a seat of this session ends with: short, and made of a seat's letters."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", session)[-_LONGEST_SESSION:].strip("-._")


def told(name: str, event: str, text: str) -> str:
    """The answer by which the agent is told `text`; empty where the tool has none."""
    kind = TOOLS[name].events[event]
    if not text or (kind, name) not in _TELLS:
        return ""
    if name == "copilot":
        return json.dumps({"additionalContext": text})
    if name == "cursor":
        return json.dumps({"additional_context": text})
    if (kind, name) == (BEFORE, "gemini"):
        return json.dumps({"systemMessage": text})
    said = {"hookEventName": event, "additionalContext": text}
    return json.dumps({"hookSpecificOutput": said})


_TELLS = {
    *((STARTS, name) for name in TOOLS),
    *((AFTER, name) for name in TOOLS),
    *((BEFORE, name) for name in ("claude", "codex", "gemini")),
    (FAILED, "claude"),
}
"""When a tool has an answer by which its agent, or else its user, is told something.

Cursor and Copilot show nothing of a tool that may run.
"""


def denied(name: str, event: str, reason: str) -> str:
    """The answer by which a tool does not run, and the agent is told the reason."""
    if name == "gemini":
        return json.dumps({"decision": "deny", "reason": reason})
    if name == "cursor":
        said = {"permission": "deny", "user_message": reason, "agent_message": reason}
        return json.dumps(said)
    decision = {
        "permissionDecision": "deny",
        "permissionDecisionReason": reason,
    }
    if name == "copilot":
        return json.dumps(decision)
    said = {"hookEventName": event, **decision}
    return json.dumps({"hookSpecificOutput": said})
