"""The tools: which files of a work tree each of them reads, and what ours says there.

`docs/agent-tools.md` names the page, and its date, that each of these facts is from.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping

from fleetfeed.util.records import record

Json = dict[str, object]

STARTS, BEFORE, AFTER, FAILED, ENDS = "start", "before", "after", "failed", "end"
"""What happens in a session: it starts, a tool runs and has run or failed, it ends."""


@record
class Program:
    """How fleetfeed is started: the words of its command line, without arguments."""

    words: tuple[str, ...]

    def line(self, *args: str) -> str:
        """A shell's line."""
        return shlex.join((*self.words, *args))

    @property
    def server(self) -> Json:
        """How a tool starts the MCP server."""
        return {"command": self.words[0], "args": [*self.words[1:], "mcp"]}


BY_NAME = Program(("fleetfeed",))
"""As it is started on any machine that has it on its PATH."""


@record
class Entry:
    """An element of the array at `path` in a JSON file; `sign` tells it from others.

    `sign` is what a command of it ends with, whichever fleetfeed it starts.
    """

    path: tuple[str, ...]
    value: Json
    sign: str


@record
class Member:
    """A member at `path` in a JSON file.

    `mends` says whether one that is there is brought up to date: one that is somebody
    else's stays.
    """

    path: tuple[str, ...]
    value: object
    mends: bool = False


@record
class Settings:
    """A settings file of a tool, which has commands run: what it is to have."""

    path: str
    made: Callable[[Program], tuple[Entry | Member, ...]]
    toml: bool = False


@record
class Tool:
    """A coding agent's program.

    `events` are the names of its hooks, and what happens then. `context` is the file of
    instructions that it reads by itself, `skill` where it looks for skills. `waits`:
    the hook of a session's end is given the time that it needs. `next` is what a person
    has to do before its hooks run; empty: nothing.
    """

    name: str
    title: str
    events: Mapping[str, str]
    context: str
    skill: str
    hooks: Settings
    server: Settings
    waits: bool = True
    next: str = ""


def _grouped(
    tool: str, matchers: Mapping[str, str], seconds: Mapping[str, int], unit: int = 1
) -> Callable[[Program], tuple[Entry | Member, ...]]:
    """The hooks of a tool that has groups of them below each event (Claude's way)."""

    def made(program: Program) -> tuple[Entry | Member, ...]:
        return tuple(each(program))

    def each(program: Program) -> Iterator[Entry]:
        for event, limit in seconds.items():
            sign = _sign(tool, event)
            hook: Json = {"type": "command", "command": program.line(*sign.split())}
            hook["timeout"] = limit * unit
            group: Json = {"matcher": matchers[event]} if event in matchers else {}
            group["hooks"] = [hook]
            yield Entry(("hooks", event), group, sign)

    return made


def _sign(tool: str, event: str) -> str:
    return f"agents hook {tool} {event}"


def _server(key: str = "mcpServers", **more: object) -> Callable[..., tuple[Member]]:
    def made(program: Program) -> tuple[Member]:
        return (Member((key, "fleetfeed"), {**program.server, **more}, mends=True),)

    return made


_CLAUDE = Tool(
    "claude",
    "Claude Code",
    {
        "SessionStart": STARTS,
        "PreToolUse": BEFORE,
        "PostToolUse": AFTER,
        "PostToolUseFailure": FAILED,
        "SessionEnd": ENDS,
    },
    "CLAUDE.md",
    ".claude/skills/fleetfeed/SKILL.md",
    Settings(
        ".claude/settings.local.json",
        _grouped(
            "claude",
            {"PreToolUse": "Edit|Write|NotebookEdit"},
            {
                "SessionStart": 30,
                "PreToolUse": 30,
                "PostToolUse": 30,
                "PostToolUseFailure": 30,
                # Without one of its own it would be ended after 1.5 s.
                "SessionEnd": 30,
            },
        ),
    ),
    Settings(".mcp.json", _server(type="stdio")),
)

_CODEX = Tool(
    "codex",
    "Codex",
    {
        "SessionStart": STARTS,
        "PreToolUse": BEFORE,
        "PostToolUse": AFTER,
        "SessionEnd": ENDS,
    },
    "AGENTS.md",
    ".agents/skills/fleetfeed/SKILL.md",
    Settings(
        ".codex/hooks.json",
        _grouped(
            "codex",
            {"PreToolUse": "apply_patch|Edit|Write"},
            {"SessionStart": 30, "PreToolUse": 30, "PostToolUse": 30, "SessionEnd": 3},
        ),
    ),
    Settings(".codex/config.toml", _server("mcp_servers"), toml=True),
    waits=False,
    next="start codex here, trust the folder, and trust the hooks in /hooks",
)

_GEMINI = Tool(
    "gemini",
    "Gemini CLI",
    {
        "SessionStart": STARTS,
        "BeforeTool": BEFORE,
        "AfterTool": AFTER,
        "SessionEnd": ENDS,
    },
    "GEMINI.md",
    ".agents/skills/fleetfeed/SKILL.md",
    Settings(
        ".gemini/settings.json",
        _grouped(
            "gemini",
            {"BeforeTool": "write_file|replace"},
            {"SessionStart": 30, "BeforeTool": 30, "AfterTool": 30, "SessionEnd": 30},
            unit=1000,
        ),
    ),
    Settings(".gemini/settings.json", _server()),
    waits=False,
)


def _cursor_hooks(program: Program) -> tuple[Entry | Member, ...]:
    matchers = {"preToolUse": "Write|Delete"}

    def entry(event: str) -> Entry:
        sign = _sign("cursor", event)
        value: Json = {"command": program.line(*sign.split()), "timeout": 30}
        if event in matchers:
            value["matcher"] = matchers[event]
        return Entry(("hooks", event), value, sign)

    return (Member(("version",), 1), *map(entry, _CURSOR_EVENTS))


_CURSOR_EVENTS = {
    "sessionStart": STARTS,
    "preToolUse": BEFORE,
    "postToolUse": AFTER,
    "postToolUseFailure": FAILED,
    "sessionEnd": ENDS,
}

_CURSOR = Tool(
    "cursor",
    "Cursor",
    _CURSOR_EVENTS,
    "AGENTS.md",
    ".agents/skills/fleetfeed/SKILL.md",
    Settings(".cursor/hooks.json", _cursor_hooks),
    Settings(".cursor/mcp.json", _server(type="stdio")),
)

_COPILOT_EVENTS = {
    "sessionStart": STARTS,
    "preToolUse": BEFORE,
    "postToolUse": AFTER,
    "postToolUseFailure": FAILED,
    "sessionEnd": ENDS,
}


def _copilot_hooks(program: Program) -> tuple[Entry | Member, ...]:
    matchers = {"preToolUse": "create|edit|str_replace_editor|apply_patch"}

    def entry(event: str) -> Entry:
        sign = _sign("copilot", event)
        # Copilot takes a command that fails before a tool for a refusal: without
        # fleetfeed no tool would run at all. A refusal of ours is said, and not failed.
        line = f"{program.line(*sign.split())} || exit 0"
        value: Json = {"type": "command", "bash": line, "timeoutSec": 30}
        if event in matchers:
            value["matcher"] = matchers[event]
        return Entry(("hooks", event), value, sign)

    return (Member(("version",), 1), *map(entry, _COPILOT_EVENTS))


_COPILOT = Tool(
    "copilot",
    "GitHub Copilot",
    _COPILOT_EVENTS,
    "AGENTS.md",
    ".agents/skills/fleetfeed/SKILL.md",
    Settings(".github/hooks/fleetfeed.json", _copilot_hooks),
    Settings(".github/mcp.json", _server(type="stdio", tools=["*"])),
)

TOOLS = {tool.name: tool for tool in (_CLAUDE, _CODEX, _GEMINI, _CURSOR, _COPILOT)}
"""The tools, by the names that one types."""
