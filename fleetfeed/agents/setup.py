"""`agents install`, `check` and `remove`: a tool's files in one work tree.

Text that is read (a skill, a section of AGENTS.md) is for everybody, and to be
committed by whoever wants that. What has commands run is personal: the file is named in
git's own list of what is ignored here. Where it is committed already it is left alone,
since it would run on every reviewer's machine; an example says what would be added.
"""

import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fleetfeed.agents import disk
from fleetfeed.agents.artifacts import Blocked, SectionFile
from fleetfeed.agents.ignored import ignore_personal
from fleetfeed.agents.journal import Entry, Journal, digest
from fleetfeed.agents.read_by import (
    AGENTS,
    File,
    Settled,
    context,
    example,
    settings,
    texts,
)
from fleetfeed.agents.sections import MARKDOWN
from fleetfeed.agents.texts import BODY, SKILL
from fleetfeed.agents.tools import TOOLS, Program, Tool
from fleetfeed.git.process import Git
from fleetfeed.install.files import in_words
from fleetfeed.install.locations import common_folder, worktrees
from fleetfeed.install.report import InstallStep, Report, Wanted
from fleetfeed.util.records import record, replace


def this_program() -> Program:
    """This fleetfeed, on this machine: as git's hooks start it (`hooks/pre-commit`)."""
    return Program((sys.executable, "-E", "-P", "-m", "fleetfeed"))


@record
class State:
    """A file as it is, and as it is to be: `wanted` is None where it cannot be.

    `why` says why not; `committed`: because it would run for everybody.
    """

    file: File
    real: Path
    now: bytes | None
    wanted: bytes | None
    why: str = ""
    committed: bool = False

    @property
    def word(self) -> str:
        """How it stands: ok, missing, old or left."""
        if self.wanted is None:
            return "left"
        if self.now == self.wanted:
            return "ok"
        if self.now is None:
            return "missing"
        there = self.file.has_any(self.now.decode("utf-8", "surrogateescape"))
        return "old" if there else "missing"


class Setup:
    """The files of tools in the work tree at `top` of a clone."""

    def __init__(
        self, git: Git, top: Path, program: Program, *, server: bool = True
    ) -> None:
        """`program` is what the tools are to start; `server`: an MCP server, too."""
        self._git, self._top = git, Path(top).resolve()
        self._program, self._server = program, server
        self._common = common_folder(git).resolve()
        self._journal = Journal(self._common)

    def install(self, tools: Sequence[Tool]) -> Report:
        """Put in what is missing, bring up to date what is old; then, nothing more."""
        steps, wanted = list[InstallStep](), list[Wanted]()
        with self._alone():
            for tool in tools:
                for state in self._states(tool):
                    steps.append(self._put_in(state, tool))
                    if state.wanted is None:
                        wanted.append(_by_hand(state, tool))
            doubts = self._ignored()
        notes = tuple(f"{t.title}: {t.next}" for t in tools if t.next)
        return Report(tuple(steps), (*notes, *doubts), tuple(wanted))

    def check(self, tools: Sequence[Tool]) -> Report:
        """What is there, and what is missing or old; nothing is changed."""
        steps, wanted = list[InstallStep](), list[Wanted]()
        for tool in tools:
            for state in self._states(tool):
                if state.word == "ok":
                    steps.append(InstallStep("unchanged", state.file.path, tool.name))
                else:
                    wanted.append(_by_hand(state, tool))
        return Report(tuple(steps), (), tuple(wanted))

    def remove(self, tools: Sequence[Tool]) -> Report:
        """Take out what is ours; a file that nobody has changed since is as it was."""
        steps, wanted = list[InstallStep](), list[Wanted]()
        with self._alone():
            for tool in tools:
                for file in self._made_for(tool):
                    try:
                        steps += self._take_out(file, tool)
                    except Blocked as why:
                        command = f"fleetfeed agents remove {tool.name}"
                        said = f"{file.path} is left as it is: {why}"
                        wanted.append(Wanted(said, command, file.path, ()))
            doubts = self._ignored()
            self._journal.clear_folders()
        return Report(tuple(steps), doubts, tuple(wanted))

    def installed(self) -> tuple[str, ...]:
        """The names of the tools that have files of ours here."""
        names = {n for _, entry in self._journal.below(self._top) for n in entry.tools}
        return tuple(name for name in TOOLS if name in names)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else sets up, or takes out, in a worktree of this clone meanwhile.

        What was done is noted down at the end, however that comes.
        """
        folder = os.open(self._common, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._journal = Journal(self._common)
            try:
                yield
            finally:
                self._journal.save()
        finally:
            os.close(folder)

    def _ignored(self) -> tuple[str, ...]:
        tops = {self._top, *(top.resolve() for top in worktrees(self._git))}
        return ignore_personal(self._common, self._journal, tops)

    def _states(self, tool: Tool) -> Iterator[State]:
        yield from map(self._state, self._read_by(tool))

    def _read_by(self, tool: Tool) -> Iterator[File]:
        """What the tool reads, as it is to be."""
        yield from texts(self._top, tool)
        yield from settings(tool, self._program, server=self._server)

    def _made_for(self, tool: Tool) -> Iterator[File]:
        """What may be there of a tool: also where it found its instructions before."""
        here = context(self._top, tool)
        for path in dict.fromkeys((here, tool.context, AGENTS)):
            known = self._journal.of((self._top / path).resolve())
            if path == here or (known and tool.name in known.tools):
                yield SectionFile(path, BODY, MARKDOWN)
        yield SectionFile(tool.skill, BODY, MARKDOWN, head=SKILL)
        for file in settings(tool, self._program, server=True):
            yield file
            yield example(file, tool, server=self._server)

    def _state(self, file: File) -> State:
        """How a file stands."""
        nowhere = self._top / file.path
        try:
            real = disk.real_file(self._top, file.path)
            now = disk.read(real)
            text = disk.text_of(now)
            new = file.wanted(text)
        except Blocked as error:
            return State(file, nowhere, None, None, str(error))
        wanted = new.encode()
        runs = isinstance(file, Settled) and wanted != now
        if isinstance(file, Settled) and runs and self._is_tracked(real):
            if file.has_all(text or ""):
                return State(file, real, now, now)
            why = "it is committed, and would run on every reviewer's machine"
            return State(file, real, now, None, why, committed=True)
        return State(file, real, now, wanted)

    def _put_in(self, state: State, tool: Tool) -> InstallStep:
        path = state.file.path
        if isinstance(state.file, Settled) and state.committed:
            return self._exemplified(state, state.file, tool)
        if state.wanted is None:
            return InstallStep("left", path, state.why)
        if state.wanted == state.now:
            self._share(state, tool)
            return InstallStep("unchanged", path)
        word = state.word
        self._write(state, state.wanted, tool)
        return InstallStep("upgraded" if word == "old" else "installed", path)

    def _exemplified(self, state: State, file: Settled, tool: Tool) -> InstallStep:
        """Leave a file that is committed; what would be added is in one beside it."""
        beside = self._state(example(file, tool, server=self._server))
        if beside.wanted is not None and beside.now is None:
            self._write(beside, beside.wanted, tool)
        has = f"{beside.file.path} has ours" if beside.wanted else "ours is shown below"
        return InstallStep("left", file.path, f"{state.why}; {has}")

    def _write(self, state: State, new: bytes, tool: Tool) -> None:
        """Replace a file; what it was is noted first, so that no half is forgotten."""
        known = self._journal.of(state.real)
        tools = tuple(dict.fromkeys((*(known.tools if known else ()), tool.name)))
        before = self._before(state, known)
        personal = isinstance(state.file, Settled)
        self._journal.note(state.real, Entry(tools, before, digest(new), personal))
        self._journal.save()
        with in_words(state.real):
            self._journal.made(disk.write(state.real, new))

    def _share(self, state: State, tool: Tool) -> None:
        """Note that a file which is there serves this tool, too."""
        known, now = self._journal.of(state.real), state.now
        if now is None or (known and tool.name in known.tools):
            return
        if isinstance(state.file, Settled) and self._is_tracked(state.real):
            return
        tools = (*(known.tools if known else ()), tool.name)
        if known:
            entry = replace(known, tools=tools)
        else:
            personal = isinstance(state.file, Settled)
            entry = Entry(tools, self._before(state, None), digest(now), personal)
        self._journal.note(state.real, entry)

    @staticmethod
    def _before(state: State, known: Entry | None) -> bytes | None:
        """What a file was before us: where others have written since, without ours."""
        now = state.now
        if now is None or (known and known.after == digest(now)):
            return known.before if known else None
        text = disk.text_of(now) or ""
        if not state.file.has_any(text):
            return now
        rest = state.file.without(text, None)
        return None if state.file.is_empty(rest) else rest.encode()

    def _take_out(self, file: File, tool: Tool) -> Iterator[InstallStep]:
        real = disk.real_file(self._top, file.path)
        known = self._journal.of(real)
        shared = self._journal.without(real, tool.name)
        if shared is not None:
            self._journal.note(real, shared)
            names = ", ".join(shared.tools)
            yield InstallStep("left", file.path, f"it is there for {names}")
            return
        now = disk.read(real)
        if now is None or (known and known.before == now):
            self._journal.note(real, None)
            return
        if known and digest(now) == known.after:
            yield self._as_it_was(file, real, known)
            return
        yield from self._by_its_text(file, real, now, known)

    def _as_it_was(self, file: File, real: Path, known: Entry) -> InstallStep:
        with in_words(real):
            disk.put_back(real, known.before)
        self._journal.note(real, None)
        if known.before is None:
            return InstallStep("removed", file.path)
        return InstallStep("restored", file.path, "as it was before")

    def _by_its_text(
        self, file: File, real: Path, now: bytes, known: Entry | None
    ) -> Iterator[InstallStep]:
        """Take out what is ours of a file that somebody has changed since."""
        text = disk.text_of(now) or ""
        if not file.has_any(text):
            self._journal.note(real, None)
            return
        was = known.before if known else None
        rest = file.without(text, None if was is None else disk.text_of(was))
        gone = was is None and file.is_empty(rest)
        with in_words(real):
            if gone:
                real.unlink()
            elif rest.encode() != now:
                disk.write(real, rest.encode())
        self._journal.note(real, None)
        yield InstallStep("removed", file.path, "" if gone else "what was ours in it")

    def _is_tracked(self, real: Path) -> bool:
        # From the top, by its path as it is: the command's git takes no pathspecs.
        at_top = Git(self._top, self._git.environment)
        path = real.relative_to(self._top).as_posix()
        return bool(at_top.out("--literal-pathspecs", "ls-files", "-z", "--", path))


def _by_hand(state: State, tool: Tool) -> Wanted:
    """What is missing, and how it comes there."""
    path, command = state.file.path, f"fleetfeed agents install {tool.name}"
    if state.wanted is None:
        lines = tuple(state.file.to_add.splitlines())
        why = f"{path} is left as it is: {state.why}; add what is ours by hand"
        return Wanted(why, f"fleetfeed agents check {tool.name}", path, lines)
    what = "has not" if state.word == "missing" else "has an old form of"
    return Wanted(f"{path} {what} what {tool.title} needs", command, path, ())
