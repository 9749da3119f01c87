"""Long lists on a terminal: through a pager and in colours, as git's settings say.

Nothing of it concerns a program: in a pipe, with `--json`, in a hook and in an agent's
session there is neither pager nor colour, whatever the settings say.
"""

import functools
import io
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

from fleetfeed.cli.call import NO_PAGER
from fleetfeed.cli.colours import coloured
from fleetfeed.cli.context import Shell
from fleetfeed.cli.words import Command
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.repo.repository import SESSION_VARIABLE
from fleetfeed.util.records import record

_AS_GIT_DOES = {"LESS": "FRX", "LV": "-c"}
"""What a pager finds in its environment, unless it is there already (git, pager.c)."""

_QUESTION = ("config", "-z", "--get-regexp", r"^(pager|color)\.(fleetfeed|ui|pager)$")

_NEEDS_A_SHELL = frozenset("|&;<>()$`\\\"' \t\n*?[#~=%")
"""With any of these in it, git has a shell run the pager (run-command.c)."""

_OWN = "pager.fleetfeed"
_NEVER = ("never", "false", "no", "off", "0", "")


@record
class Settings:
    """The command line of the pager (empty: none), and whether there are colours."""

    pager: str
    colours: bool


def settings(*, no_pager: bool) -> Settings:
    """What git's settings say, on a terminal; where git cannot tell, plain text."""
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    try:
        known = queries.settings(Git(), _QUESTION)
        pager = "" if no_pager or dumb else _pager(known)
    except FleetfeedError:
        return Settings("", colours=False)
    wanted = queries.setting(known, "color.fleetfeed")
    wanted = (wanted or queries.setting(known, "color.ui") or "auto").casefold()
    unasked = dumb or bool(os.environ.get("NO_COLOR"))
    colours = wanted == "always" or (wanted not in _NEVER and not unasked)
    through = queries.setting(known, "color.pager") or "true"
    if pager and through.casefold() in _NEVER:
        colours = False
    return Settings(pager, colours)


def _pager(known: queries.Settings) -> str:
    """The pager: `GIT_PAGER`, `pager.fleetfeed`, or else as git has it for itself."""
    own = queries.setting(known, _OWN)
    if own is not None and own.casefold() in _NEVER:
        return ""
    if own is None or "GIT_PAGER" in os.environ or queries.is_true(known, _OWN):
        own = Git().maybe("var", "GIT_PAGER") or ""
    return "" if own.strip() == "cat" else own.strip()


def paged(command: Command) -> Command:
    """A command that gets the Shell, and whose lines may be many."""

    @functools.wraps(command)
    def run(shell: Shell, /, *args: object, **kwargs: object) -> int | None:
        with _paging(shell):
            code: int | None = command(shell, *args, **kwargs)
            return code

    return run


@contextmanager
def _paging(shell: Shell) -> Iterator[None]:
    """What is printed meanwhile goes through the pager, where somebody looks on."""
    out = sys.stdout
    in_session = bool(os.environ.get(SESSION_VARIABLE))  # where nobody presses q
    if shell.as_json or in_session or not _is_terminal(out):
        yield
        return
    import click  # late: it has called us

    no_pager = bool(click.get_current_context().meta.get(NO_PAGER))
    screen = _Screen(out, sys.stderr, settings(no_pager=no_pager))
    sys.stdout = cast(TextIO, screen)
    try:
        yield
    finally:
        sys.stdout = out
        screen.end()


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


class _Screen(io.TextIOBase):
    """Standard output, in colours; its first line starts the pager.

    From then on what is said on standard error is the pager's, too, where that is a
    terminal. Before, it is told at once: how far long work is.
    """

    def __init__(self, out: TextIO, err: TextIO, wanted: Settings) -> None:
        self._out, self._err, self._wanted = out, err, wanted
        self._pager: subprocess.Popen[bytes] | None = None
        self._begun, self._left = False, False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of standard output."""
        return self._out.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What becomes of a letter that cannot be shown."""
        return self._out.errors

    def writable(self) -> bool:
        """True."""
        return True

    def isatty(self) -> bool:
        """No: nothing that is written over by the next line belongs here."""
        return False

    def write(self, text: str) -> int:
        """Print `text`; nothing where the pager was left."""
        if not self._begun and text:
            self._begin()
        if self._left:
            return len(text)
        try:
            self._out.write(coloured(text) if self._wanted.colours else text)
            self._out.flush()
        except BrokenPipeError:
            if self._pager is None:
                raise
            # Who has seen enough leaves: the command ends with its own code.
            self._left = True
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def end(self) -> None:
        """Wait until whoever reads has read it."""
        if self._pager is None:
            return
        # All is said: what Ctrl-C ends from here on is the pager's, to its last letter.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            if sys.stderr is self:
                sys.stderr = self._err
            with suppress(BrokenPipeError):
                self._out.close()
            self._pager.wait()
        finally:
            signal.signal(signal.SIGINT, before)

    def _begin(self) -> None:
        self._begun = True
        words = self._wanted.pager
        if not words:
            return
        by_shell = bool(_NEEDS_A_SHELL & set(words))
        line = words if by_shell else shlex.split(words)
        env = {**_AS_GIT_DOES, **os.environ}
        try:
            self._pager = subprocess.Popen(
                line, shell=by_shell, stdin=subprocess.PIPE, env=env
            )
        except OSError:  # there is no such pager
            return
        pipe = self._pager.stdin
        if pipe is not None:
            self._out = io.TextIOWrapper(pipe, self.encoding, "backslashreplace")
        if _is_terminal(self._err):
            sys.stderr = cast(TextIO, self)
