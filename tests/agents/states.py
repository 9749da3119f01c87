"""What lies in a work tree before a tool is set up: the files that ours go into."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import Repo

from fleetfeed.agents.sections import MARKDOWN, section
from fleetfeed.agents.tools import TOOLS, Tool

OTHERS = {
    "model": "large",
    "ünknown": ["é", 1.50, True, None],
    "hooks": {
        "PreToolUse": [
            {"matcher": "Bash", "hooks": [{"type": "command", "command": "true"}]}
        ],
        "BeforeTool": [],
        "preToolUse": [{"command": "./audit.sh"}],
    },
    "mcpServers": {"docs": {"command": "docs-server"}},
}
"""Settings that somebody has already."""

TEXT = "# This project\n\nRun `make test`.\n\n## Style\n\n* short\n"
TOML = 'model = "large"  # the best\n\n[mcp_servers.docs]\ncommand = "docs"\n'

Lay = Callable[[Repo, Tool], None]


@dataclass(frozen=True)
class Start:
    """A starting state: `lay` makes it; `left` is what is said of files left alone."""

    name: str
    lay: Lay
    left: str = ""


def texts(tool: Tool) -> list[str]:
    """The files for reading."""
    return [tool.context, tool.skill]


def settings(tool: Tool) -> list[str]:
    """The files that have commands run."""
    return list(dict.fromkeys((tool.hooks.path, tool.server.path)))


def _written(made: Callable[[str], bytes]) -> Lay:
    """Each file of the tool with what `made` says of its kind: md, json or toml."""

    def lay(repo: Repo, tool: Tool) -> None:
        for path in (*texts(tool), *settings(tool)):
            put(repo, path, made(path.rpartition(".")[2]))

    return lay


def put(repo: Repo, path: str, content: bytes) -> Path:
    """Write a file, the folders above it included."""
    file = repo.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def of_kind(kind: str, indent: int | str | None = 2) -> bytes:
    """What somebody might have there, as bytes."""
    said = {
        "md": TEXT,
        "toml": TOML,
        "json": json.dumps(OTHERS, indent=indent, ensure_ascii=False) + "\n",
    }
    return said[kind].encode()


def _linked(repo: Repo, tool: Tool) -> None:
    for number, path in enumerate((*texts(tool), *settings(tool))):
        kind = path.rpartition(".")[2]
        real = put(repo, f"kept/{number}.{kind}", of_kind(kind))
        file = repo.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(os.path.relpath(real, file.parent))


def _leads_to(where: Callable[[Repo], Path]) -> Lay:
    def lay(repo: Repo, tool: Tool) -> None:
        for path in (*texts(tool), *settings(tool)):
            file = repo.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.symlink_to(where(repo))

    return lay


def _outside(repo: Repo) -> Path:
    file = repo.folder.parent / "dotfile"
    file.write_bytes(b"")
    return file


def _read_only(repo: Repo, tool: Tool) -> None:
    _written(of_kind)(repo, tool)
    for path in (*texts(tool), *settings(tool)):
        (repo.folder / path).chmod(0o444)


def _folders(repo: Repo, tool: Tool) -> None:
    for path in (*texts(tool), *settings(tool)):
        (repo.folder / path / "inside").mkdir(parents=True)


def _file_above(repo: Repo, tool: Tool) -> None:
    for path in (tool.skill, *settings(tool)):
        above = Path(path).parts[0]
        if above != path:
            put(repo, above, b"a file\n")
        else:
            (repo.folder / path).mkdir()


def _committed(repo: Repo, tool: Tool) -> None:
    _written(of_kind)(repo, tool)
    repo.git("add", ".")
    repo.git("commit", "-q", "-m", "ours")


def _only(kind: str, content: bytes) -> Lay:
    """The files of one kind say something that cannot be changed."""

    def lay(repo: Repo, tool: Tool) -> None:
        for path in (*texts(tool), *settings(tool)):
            if path.endswith(kind):
                put(repo, path, content)

    return lay


_BEGIN = section(MARKDOWN, "").splitlines(keepends=True)[0].encode()
_THEIRS = b"```\n<!-- fleetfeed: begin -->\nmine\n<!-- fleetfeed: end -->\n```\n"
_END = b"<!-- fleetfeed: end -->\n"
_JSON = "is no strict JSON: "

STARTS = [
    Start("nothing", lambda *_: None),
    Start("texts and settings of others", _written(of_kind)),
    Start("no newline at the end", _written(lambda kind: of_kind(kind).rstrip())),
    Start("crlf", _written(lambda kind: of_kind(kind).replace(b"\n", b"\r\n"))),
    Start("a byte-order mark", _written(lambda kind: b"\xef\xbb\xbf" + of_kind(kind))),
    Start("empty", _written(lambda _: b"")),
    Start("blanks alone", _written(lambda _: b"\n\n  \n")),
    Start("tabs", _written(lambda kind: of_kind(kind, "\t"))),
    Start("one line", _written(lambda kind: of_kind(kind, None))),
    Start("an empty object", _only("json", b'{ "hooks" : { } }')),
    Start("links within", _linked),
    Start("links out", _leads_to(_outside), "out of this work tree"),
    Start("links to nowhere", _leads_to(lambda r: r.folder / "gone"), "leads nowhere"),
    Start("read-only", _read_only, "it is read-only"),
    Start("folders", _folders, "it is a folder"),
    Start("a file above", _file_above, "is no folder"),
    Start("committed", _committed, "would run on every reviewer's machine"),
    Start("comments", _only("json", b'{\n  // mine\n  "a": 1\n}\n'), f"{_JSON}it has a comment (line 2, column 3)"),
    Start("a trailing comma", _only("json", b'{"a": 1,}\n'), f"{_JSON}a comma has nothing behind it (line 1, column 9)"),
    Start("json that breaks off", _only("json", b'{\r\n"a": ['), "(line 2, column 7)"),
    Start("a name twice", _only("json", b'{"hooks": {},\n "hooks": {}}'), "it has 'hooks' twice (line 2, column 2)"),
    Start("an array", _only("json", b"[]"), "the whole is no object there"),
    Start("hooks of another shape", _only("json", b'{"hooks": 3, "mcpServers": 4}'), "is no object there"),
    Start("no utf-8", _written(lambda _: "é".encode("latin-1")), "it is no UTF-8 text"),
    Start("a section without its end", _only("md", _BEGIN + b"x\n"), "that never ends (line 1)"),
    Start("a section without its beginning", _only("md", b"x\n" + _END), "that never began (line 2)"),
    Start("marks of somebody's own", _only("md", _THEIRS), "a mark that fleetfeed did not write is there (line 2)"),
    Start("two sections", _only("md", 2 * (_BEGIN + _END)), "a second fleetfeed section begins there (line 3)"),
]  # fmt: skip

ALL_TOOLS = list(TOOLS.values())
