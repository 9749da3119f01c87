"""Which files a tool reads in a work tree, and what ours says in each of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.agents.artifacts import ExampleFile, SectionFile, TomlFile
from fleetfeed.agents.json_file import JsonFile
from fleetfeed.agents.sections import MARKDOWN
from fleetfeed.agents.texts import BODY, SKILL
from fleetfeed.agents.tools import BY_NAME, Program, Settings, Tool

AGENTS = "AGENTS.md"
EXAMPLE = ".fleetfeed.example"
"""Behind the name of a settings file: what would be added to it."""

_IMPORTS = re.compile(r"(?<![\w`@])@(?:\./)?AGENTS\.md(?![\w`])")
"""How CLAUDE.md and GEMINI.md take another file in."""

Settled = JsonFile | TomlFile
File = SectionFile | Settled | ExampleFile


def texts(top: Path, tool: Tool) -> Iterator[SectionFile]:
    """What is for reading."""
    yield SectionFile(context(top, tool), BODY, MARKDOWN)
    yield SectionFile(tool.skill, BODY, MARKDOWN, head=SKILL)


def context(top: Path, tool: Tool) -> str:
    """The file of instructions that the tool reads by itself below `top`.

    Where its own imports AGENTS.md, or is that file, it is that.
    """
    names = _context_names(top, tool)
    if AGENTS in names:
        return AGENTS
    own, agents = top / names[0], top / AGENTS
    try:
        same = own.samefile(agents)
    except OSError:
        same = False
    try:
        imports = _IMPORTS.search(own.read_text("utf-8", "replace"))
    except OSError:
        imports = None
    return AGENTS if same or imports else names[0]


def _context_names(top: Path, tool: Tool) -> list[str]:
    """Gemini's settings may name others than GEMINI.md."""
    if tool.name != "gemini":
        return [tool.context]
    try:
        known = json.loads((top / tool.hooks.path).read_text("utf-8-sig"))
        said = known["context"]["fileName"]
    except (OSError, ValueError, KeyError, TypeError):
        return [tool.context]
    names = [said] if isinstance(said, str) else said
    if not isinstance(names, list) or not names:
        return [tool.context]
    return [str(name) for name in names]


def settings(tool: Tool, program: Program, *, server: bool) -> Iterator[Settled]:
    """What has commands run: one file, where hooks and server are in the same."""
    wanted: dict[str, list[Settings]] = {}
    for each in (tool.hooks, tool.server) if server else (tool.hooks,):
        wanted.setdefault(each.path, []).append(each)
    for path, found in wanted.items():
        parts = tuple(part for each in found for part in each.made(program))
        yield (TomlFile if found[0].toml else JsonFile)(path, parts)


def example(file: Settled, tool: Tool, *, server: bool) -> ExampleFile:
    """What would be added to a file, as it would run on any machine."""
    files = {each.path: each for each in settings(tool, BY_NAME, server=True)}
    if not server:
        files |= {e.path: e for e in settings(tool, BY_NAME, server=False)}
    return ExampleFile(file.path + EXAMPLE, files[file.path].to_add)
