"""`fleetfeed agents hook TOOL EVENT`: what a tool's settings call. click is not asked.

A broken fleet breaks no session: whatever goes wrong, the tool goes on, and is told so
where it can be. One thing alone is refused (`agents.before_writing`).
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout, suppress

from fleetfeed.agents import session, untold
from fleetfeed.agents.events import Event, Unreadable, denied, read_event, told
from fleetfeed.agents.tools import BEFORE, ENDS, STARTS, TOOLS
from fleetfeed.cli.ahead import asked_ahead
from fleetfeed.cli.context import Shell
from fleetfeed.cli.plain import run_plain
from fleetfeed.cli.streams import echo
from fleetfeed.model.errors import CannotTell, FleetfeedError, Usage
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.agents.before_writing import Ruling

_MISTYPED = 1
"""Not 2, as elsewhere: the tools take that for a refusal of what is about to happen."""

_BEAT_EVERY = 300.0
"""Seconds between two beats, where no lease needs more."""
_PATIENCE = 10.0
"""Seconds that a hook waits for the server: the tool waits for it."""
_OVER = "the session has ended"
_LONGEST = 3000
"""Letters of what an agent is told at once."""


def main(words: Sequence[str]) -> int:
    """Answer the hook of `words`, a tool and its event; the exit code."""
    name, event = (*words, "", "")[:2]
    if name not in TOOLS or event not in TOOLS[name].events or words[2:]:
        known = "; ".join(f"{t.name}: {', '.join(t.events)}" for t in TOOLS.values())
        echo(f"fleetfeed: give a tool and its event, of these: {known}", err=True)
        return _MISTYPED
    try:
        happened = _happened(name, event)
        if happened.kind == ENDS and not TOOLS[name].waits and not _goes_on_alone():
            return 0
        answer = _answered(name, event, happened)
    except KeyboardInterrupt:
        return 130
    except (Unreadable, FleetfeedError) as error:
        answer = _untold(name, event, str(error))
    except Exception as error:  # noqa: BLE001 - a hook that breaks breaks no session
        from fleetfeed.util.crashlog import report_crash

        answer = _untold(name, event, report_crash(error))
    if answer:
        echo(answer)
    return 0


def _happened(name: str, event: str) -> Event:
    """What the tool says on standard input; before it writes, be that unreadable."""
    data = b"" if sys.stdin is None else sys.stdin.buffer.read()  # None: closed
    try:
        return read_event(name, event, data.decode("utf-8", "surrogateescape"))
    except Unreadable as error:
        if TOOLS[name].events[event] != BEFORE:
            raise
        return Event(BEFORE, doubt=str(error))


def _goes_on_alone() -> bool:
    """Go on in a process of our own, where there is something to give back.

    True in the one that goes on; it is a moment's work, and reads and says nothing.
    """
    if not session.has_own_seat() or os.fork():
        return False
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    return True


def _untold(name: str, event: str, why: str) -> str:
    """What is said of what could not be done: to the agent, else to who reads on."""
    text = f"fleetfeed cannot tell: {printable(why, _LONGEST)}"
    echo(text, err=True)
    return told(name, event, text)


def _answered(name: str, event: str, happened: Event) -> str:
    """The answer of the work tree that it is about; empty where that is in no clone."""
    places = [*_places(happened)]
    if places:
        os.chdir(places[0])
    files = list[str]()
    if happened.paths:
        from fleetfeed.agents.before_writing import meant  # late: others write nothing

        try:
            files = meant(happened.paths)
        except CannotTell as error:
            happened = replace(happened, doubt=str(error))
    for place in dict.fromkeys((*places, *map(_nearest, files[:1]))):
        os.chdir(place)
        words = ("agents", "hook", name, event)
        shell = Shell(words, asked_ahead(words))
        try:
            said = _said(shell, name, event, happened, files)
        finally:
            shell.close()
        if said is not None:
            return said
    return ""


def _places(happened: Event) -> Iterator[str]:
    """The folders that a session may be at work in, most likely first.

    One that has gone elsewhere for a while (`cd /tmp`) holds what it holds.
    """
    found = [happened.folder, os.environ.get("CLAUDE_PROJECT_DIR", "")]
    with suppress(OSError):
        found.insert(1, os.getcwd())
    return (place for place in found if place and os.path.isdir(place))


def _nearest(file: str) -> str:
    """The folder that is there, in which a file is or will be."""
    folder = os.path.dirname(file)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def _said(
    shell: Shell, name: str, event: str, happened: Event, files: Sequence[str]
) -> str | None:
    """The answer of the clone around us; None where it is about another one.

    `files` are what is about to be written.
    """
    top = _top(shell)
    if top is None:
        return None
    if happened.kind == STARTS:
        return told(name, event, _started(shell, happened))
    if happened.kind == BEFORE:
        ruling = _ruled(shell, top, happened, files)
        if ruling and ruling.no:
            return denied(name, event, f"fleetfeed: {ruling.no}"[:_LONGEST])
        said = ruling.remark and f"fleetfeed: {ruling.remark}" if ruling else None
        return said and told(name, event, said[:_LONGEST])
    session.go_by(shell.repo, happened.session)
    if happened.kind == ENDS:
        _ended(shell, happened)
        return ""
    return _kept(shell, name, event)


def _ruled(
    shell: Shell, top: str, happened: Event, files: Sequence[str]
) -> "Ruling | None":
    """Whether the tool may write `files`; None where that is not for this clone."""
    from fleetfeed.agents.before_writing import rule  # late: as above
    from fleetfeed.repo.behind_links import within

    inside = within(shell.repo, top, files)
    if not (inside or happened.doubt):
        return None
    session.go_by(shell.repo, happened.session)
    return rule(shell.repo, inside, happened.doubt)


def _top(shell: Shell) -> str | None:
    """The top of the work tree; None where there is none, and so no fleet."""
    try:
        return shell.work_tree
    except Usage:
        return None


def _started(shell: Shell, happened: Event) -> str:
    """What the agent is to know; from here on the session may be a seat of its own."""
    try:
        session.hand_on(shell.repo, happened.session)
    except OSError as error:
        why = f"the session has no seat of its own: {error.strerror}"
        echo(f"fleetfeed: {why}", err=True)
    from fleetfeed.agents.prime import prime_text  # late: other events need it not

    return prime_text(shell.repo)


def _kept(shell: Shell, name: str, event: str) -> str:
    """Keep what the seat holds; the answer tells what it has lost, now or earlier."""
    if not shell.repo.seat_told[0]:
        return ""
    folder, seat = shell.repo.common_folder, shell.seat
    lost, unheard = _beaten(shell, seat)
    if not told(name, event, "anything"):
        if lost:
            untold.keep(folder, seat, lost)
        return ""
    said = "\n".join(filter(None, (untold.taken(folder, seat), lost, unheard)))
    return told(name, event, said)


def _beaten(shell: Shell, seat: str) -> tuple[str, str]:
    """Beat for what the seat holds; what it has lost, and what nobody heard."""
    from fleetfeed.writing.beat_memory import none_due  # late: other events beat not

    if none_due(shell.repo.common_folder, seat, _BEAT_EVERY):
        return "", ""
    from fleetfeed.writing.beat_own import beat_own  # late: mostly none is due

    beats = beat_own(shell.repo, seat, _BEAT_EVERY, _PATIENCE)
    if beats is None:
        return "", ""
    lost = [f"{error}; stop this work, and change nothing more" for error in beats.lost]
    return _line(lost), _line(
        [f"no beat was heard: {error}" for error in beats.unheard]
    )


def _line(texts: Sequence[str]) -> str:
    said = "; ".join(dict.fromkeys(texts))
    return f"fleetfeed: {printable(said, _LONGEST)}" if said else ""


def _ended(shell: Shell, happened: Event) -> None:
    """Give back what the session holds, where it has a seat of its own.

    What a worktree's seat holds stays with it: the next session goes on, and the lease
    is its bound.
    """
    if session.has_own_seat():
        words = ("release", "--mine", "--reason", _OVER, "--timeout", "20s")
        with redirect_stdout(sys.stderr):  # no tool reads what is said there
            _run(words)
    session.end(shell.repo, happened.session)


def _run(words: Sequence[str]) -> None:
    """Run the command line `words`, as `__main__` does."""
    ahead = asked_ahead(words)
    if run_plain(words, ahead) is None:
        from fleetfeed.cli.main import run

        run(words, ahead)
