"""Sessions in the docs, run for real: a ```console block is a promise of output.

The blocks of one file are one session, in order, in one shell and one empty folder. A
line that begins with `$ ` is a command, `> ` continues it, all other lines are what it
prints on both streams. `…` stands for anything (alone on its line: for any lines); ids,
times and spans are not compared, nor what git calls the first branch. Blocks of other
languages are not run; one below a `<!-- file: NAME -->` is a file in the folder.

All that runs can be read, and the home is a stranger's: whoever types a page from the
top has what it shows.

`cd tests && python -m docs.console ../README.md` writes the real output where the text
differs.
"""

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness import clean, command, make_home
from harness.warm import forker

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(
    r"^<!-- file: (\S+) -->\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_MARK = "\x1e"
_FIRST = "(?:main|master|trunk)"
_VARIABLE = (
    (re.compile(r"/\d{4}/\d\d/\d{8}T\d{6}Z-(\S+)-\w+\.yaml\b"), r"/<note of \1>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{7,64}\b"), "<id>"),
    (re.compile(r"\b\d+ (s|min|h|d) ago\b"), "<age>"),
    (
        re.compile(rf"\b(refs/heads/|refs/remotes/origin/|origin/|branch ){_FIRST}\b"),
        r"\1<first>",
    ),
    (re.compile(rf"\b{_FIRST} -> {_FIRST}\b"), "<first> -> <first>"),
    (re.compile(r'"lease_left": \d+'), '"lease_left": <seconds>'),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a session; `start` and `end` are where its output stands."""

    text: str
    printed: str
    start: int
    end: int

    def matches(self, real: str) -> bool:
        """Whether the printed output is what `real` shows."""
        return bool(_pattern(self.printed).fullmatch(_settled(real)))


def commands(text: str) -> Iterator[Command]:
    """The commands of a document, in their order."""
    for block in _BLOCK.finditer(text):
        at = block.start(1)
        lines = block[1].splitlines(keepends=True)
        while lines:
            line = lines.pop(0)
            assert line.startswith("$ "), f"no command above this output: {line}"
            said, at = line[2:], at + len(line)
            while lines and lines[0].startswith("> "):
                said += lines[0][2:]
                at += len(lines.pop(0))
            start, printed = at, ""
            while lines and not lines[0].startswith("$ "):
                printed += lines[0]
                at += len(lines.pop(0))
            yield Command(said, printed, start, at)


def files(text: str) -> dict[str, str]:
    """The files of a document, which lie there when its session begins."""
    return dict(_FILE.findall(text))


def play(
    session: list[Command],
    folder: Path,
    first: str = "",
    files: Mapping[str, str] = MappingProxyType({}),
    around: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """What each command prints, run in the empty `folder`'s `session`.

    `first` is what git calls the first branch; empty where nobody has set that. `files`
    lie in the folder at first, `around` are variables beside those of every session.
    """
    home = make_home(folder / "home", stranger=True)
    if first:
        with Path(home["GIT_CONFIG_GLOBAL"]).open("a") as config:
            config.write(f"[init]\n\tdefaultBranch = {first}\n")
    around = clean(**home, **around, COLUMNS="88")
    script = f"PATH={_shims(folder / 'bin', around)}:$PATH\nexec 2>&1\n"
    script += "".join(f"{c.text}printf '\\n{_MARK}\\n'\n" for c in session)
    (folder / "session").mkdir()
    for name, body in files.items():
        (folder / "session" / name).write_text(body, "utf-8")
    done = subprocess.run(
        ("bash", "--norc", "-c", script),
        cwd=folder / "session",
        env=around,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    parts = done.stdout.decode("utf-8", "backslashreplace").split(f"\n{_MARK}\n")
    assert len(parts) == len(session) + 1, parts[-1]
    return [part if part.endswith("\n") or not part else part + "\n" for part in parts]


_NAMES = {
    "fleetfeed": (),
    "fleet-active-queue": ("active",),
    "ticket-reserve": ("reserve",),
    "feed-append": ("append",),
}


def _shims(folder: Path, environment: Mapping[str, str]) -> Path:
    """A folder with `fleetfeed` and its aliases, run by this Python."""
    folder.mkdir()
    by = forker(environment, b"")
    for name, first in _NAMES.items():
        run = shlex.join(by.words(*first) if by else command(*first))
        (folder / name).write_text(f'#!/bin/sh\nexec {run} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def _settled(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    text = "".join(f"{line}\n" for line in lines)
    for pattern, stands_for in _VARIABLE:
        text = pattern.sub(stands_for, text)
    return text


def _pattern(printed: str) -> re.Pattern[str]:
    pattern = re.escape(_settled(printed)).replace("…\\\n", "…\n")
    pattern = re.sub(r"^…\n", r"(?:.*\\n)*", pattern, flags=re.MULTILINE)
    return re.compile(pattern.replace("…", ".*"))


def _written(file: Path) -> None:
    text = file.read_text("utf-8")
    session = list(commands(text))
    with tempfile.TemporaryDirectory() as name:
        played = play(session, Path(name), files=files(text))
        real = [said.replace(f"{name}/session", "…") for said in played]
    for asked, said in reversed(list(zip(session, real, strict=False))):
        if not asked.matches(said):
            text = text[: asked.start] + said + text[asked.end :]
    file.write_text(text, "utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        _written(Path(argument))
