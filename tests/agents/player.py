"""A session of a tool, played: its agent reads what it is told, and nothing else.

`python player.py TOOL URL LEASES` begins in an empty folder and knows the server's URL
alone; it says when its ticket was kept for so many leases, and then ends when it is told. The tool is its settings files: the hooks that `fleetfeed join --agent` put there
run as the tool's documents say, with the events that they send. The agent is a few
expressions that are looked for in what it reads: `prime`'s text, and what its commands
print.
"""

import json
import os
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.tool import EVENTS, context, event_of, reason, sent

from fleetfeed.agents.tools import AFTER, BEFORE, ENDS, STARTS, TOOLS

SHELL = {
    "codex": "Bash",
    "gemini": "run_shell_command",
    "cursor": "Shell",
    "copilot": "bash",
}
LEASE = 5.0
"""Seconds of a lease in the fleet here."""


class Session:
    """A tool that runs in `top`, by what its settings there say."""

    def __init__(self, name: str, top: Path, session: str) -> None:
        """A new one, whose hooks have not run yet."""
        self._name, self._top, self._session = name, top, session
        self._settings = json.loads((top / TOOLS[name].hooks.path).read_text())
        self._lines = top.parent / "lines-for-commands"
        self._environment = dict(os.environ)

    def start(self) -> str:
        """Begin; what the agent is told."""
        own = {"CLAUDE_ENV_FILE": str(self._lines)} if self._name == "claude" else {}
        said = self._happens(STARTS, own)
        if self._lines.exists():
            for line in self._lines.read_text().splitlines():
                key, _, value = line.removeprefix("export ").partition("=")
                self._environment[key] = shlex.split(value)[0]
        return said

    def run(self, line: str) -> str:
        """Run a command of the agent's; what it prints, and what hooks say of it."""
        done = subprocess.run(  # noqa: S602 - as the tools run it
            line,
            shell=True,
            cwd=self._top,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        told = self._happens(AFTER, tool=SHELL.get(self._name, "Bash"))
        return f"{done.stdout}exit {done.returncode}\n{told}"

    def write(self, path: str) -> str:
        """Write a file; why it was not, or what hooks say of it."""
        before = next(f for f in self._events() if self._kind(f) == BEFORE)
        text = (
            before.read_text()
            .replace("web/theirs/a.ts", path)
            .replace("web/old.ts", path)
        )
        event = event_of(before)[1]
        for command in self._commands(event, json.loads(text)):
            said = self._hook(command, text.replace("@TOP@", str(self._top)), {})
            refused = reason(self._name, event, said)
            if refused:
                return f"refused: {refused}"
        file = self._top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("written\n")
        return self._happens(AFTER)

    def end(self) -> None:
        """End, as a user ends it."""
        self._happens(ENDS)

    def _events(self) -> Iterator[Path]:
        return (file for file in EVENTS if event_of(file)[0] == self._name)

    def _kind(self, file: Path) -> str:
        return TOOLS[self._name].events[event_of(file)[1]]

    def _happens(
        self, kind: str, own: dict[str, str] | None = None, tool: str = ""
    ) -> str:
        file = next(file for file in self._events() if self._kind(file) == kind)
        named = {key: tool for key in ("tool_name", "toolName") if tool}
        ids = ("session_id", "sessionId", "conversation_id")
        keys = dict.fromkeys(ids, self._session)
        there = json.loads(file.read_text())
        more = {k: v for k, v in {**named, **keys}.items() if k in there}
        text, event = sent(file, self._top, **more), event_of(file)[1]
        said = [
            context(self._name, event, self._hook(command, text, own or {}))
            for command in self._commands(event, {**there, **more})
        ]
        return "\n".join(filter(None, said))

    def _commands(self, event: str, there: dict[str, Any]) -> Iterator[str]:
        """The commands that the settings have for an event."""
        tool = there.get("tool_name", there.get("toolName", ""))
        for group in self._settings["hooks"][event]:
            if not re.fullmatch(group.get("matcher", ".*"), tool):
                continue
            for each in group.get("hooks", [group]):
                yield each.get("bash") or each["command"]

    def _hook(self, command: str, text: str, own: dict[str, str]) -> dict[str, Any]:
        done = subprocess.run(  # noqa: S602 - as the tools run it
            command,
            shell=True,
            cwd=self._top,
            env={**os.environ, **own},
            input=text,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
        return found


def tell(*words: object) -> None:
    """Say to whoever plays how it goes."""
    print(*words, flush=True)


def play(name: str, url: str, leases: float) -> None:
    """One command, a ticket, much work in short steps, until something is to be read."""
    join = f"fleetfeed join {shlex.quote(url)} --agent {name}"
    subprocess.run(shlex.split(join), check=True, stdout=subprocess.DEVNULL)
    top = next(folder for folder in Path.cwd().iterdir() if (folder / ".git").exists())
    session = Session(name, top, f"5e551011-0000-4000-8000-{os.getpid():012d}")
    told = session.start()
    take = re.search(r"^ +(fleetfeed next)\b", told, re.MULTILINE)
    assert take, told
    work = session.run(take[1])
    item = re.search(
        r"^item=(\S+) state=IN_PROGRESS owner=(\S+) .* epoch=(\d+)", work, re.MULTILINE
    )
    assert item, work
    tell("took", item[1], "as", item[2])
    kept = session.write("web/mine/page.ts")
    assert kept == "", kept
    refused = session.write("web/theirs/page.ts")
    tell("another's:", refused.partition(";")[0])
    until = time.monotonic() + LEASE * leases
    while not select.select([sys.stdin], [], [], 0)[0]:
        told = session.run("sleep 0.3")
        assert told == "exit 0\n", told
        if time.monotonic() > until:
            until = float("inf")
            tell("kept")
    finish = re.search(r"fleetfeed done ITEM --epoch N", session.start())
    assert finish
    line = finish[0].replace("ITEM", item[1]).removesuffix("N") + item[3]
    tell("finished:", session.run(line).split()[-1])
    session.end()


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # what found us is no business of the agent's
    play(sys.argv[1], sys.argv[2], float(sys.argv[3]))
