"""`fleetfeed agents hook TOOL EVENT`: what a tool's settings call. click is not asked.

A broken fleet breaks no session: whatever goes wrong, the tool goes on, and is told so
where it can be. One thing is refused, and fails closed: that a file is written which the
policy maps to what another seat holds, or, where code is guarded here, of which nobody
can tell.
"""

import os
import sys
from collections.abc import Callable, Sequence

from fleetfeed.agents.events import (
    Event,
    Unreadable,
    denied,
    read_event,
    session_name,
    told,
)
from fleetfeed.agents.tools import AFTER, BEFORE, ENDS, FAILED, STARTS, TOOLS
from fleetfeed.cli.ahead import asked_ahead
from fleetfeed.cli.context import Shell
from fleetfeed.cli.streams import echo
from fleetfeed.model.errors import FleetfeedError, NoLongerYours, Usage
from fleetfeed.model.server import CODE_PATHS
from fleetfeed.repo.repository import SESSION_VARIABLE
from fleetfeed.util.printable import printable

_MISTYPED = 1
"""Not 2, as elsewhere: the tools take that for a refusal of what they are about to do."""

_BEAT_EVERY = 300.0
"""Seconds between two beats, where no lease needs more."""
_PATIENCE = 10.0
"""Seconds that a hook waits for the server: somebody sits before the tool."""
_LONGEST = 3000
"""Letters of what an agent is told at once."""
_SESSIONS = "fleetfeed/sessions"
"""Where a clone keeps which sessions have a seat of their own."""


def main(words: Sequence[str]) -> int:
    """Answer the hook of `words`: the tool, and its event; the exit code."""
    name, event = (*words, "", "")[:2]
    if len(words) != 2 or name not in TOOLS or event not in TOOLS[name].events:  # noqa: PLR2004
        known = "; ".join(f"{t.name}: {', '.join(t.events)}" for t in TOOLS.values())
        echo(f"fleetfeed: give a tool and its event, of these: {known}", err=True)
        return _MISTYPED
    kind = TOOLS[name].events[event]
    try:
        happened = read_event(name, event, sys.stdin.buffer.read().decode())
        answer = _answered(name, event, happened)
    except KeyboardInterrupt:
        return 130
    except (Unreadable, FleetfeedError) as error:
        answer = _untold(name, event, f"{error}")
    except Exception as error:  # noqa: BLE001 - a hook that breaks breaks no session
        from fleetfeed.util.crashlog import report_crash

        answer = _untold(name, event, report_crash(error))
    if answer and kind != ENDS:
        echo(answer)
    return 0


def _untold(name: str, event: str, why: str) -> str:
    """What is said of what could not be done: to the agent, else to whoever reads on."""
    text = f"fleetfeed cannot tell: {printable(why, _LONGEST)}"
    echo(text, err=True)
    return told(name, event, text)


def _answered(name: str, event: str, happened: Event) -> str:
    if happened.folder and os.path.isdir(happened.folder):
        os.chdir(happened.folder)
    shell = Shell(("agents", "hook"), asked_ahead(("agents", "hook")))
    if happened.kind == STARTS:
        return told(name, event, _started(shell, name, happened))
    if shell.work_tree is None:
        return ""
    _name_session(shell, happened)
    if happened.kind == BEFORE:
        return _before(shell, name, event, happened)
    if happened.kind in (AFTER, FAILED):
        return told(name, event, _after(shell))
    _ended(shell, happened)
    return ""


def _before(shell: Shell, name: str, event: str, happened: Event) -> str:
    """Whether the files may be written, as `fleetfeed guard` says."""
    inside = _inside(shell, happened.paths)
    if happened.paths and not inside:
        return ""
    try:
        if not happened.paths:
            what = printable(happened.tool) or "a tool"
            raise Unreadable(f"{what} does not say which file it is about to write")
        return _judged(shell, name, event, inside)
    except (Unreadable, FleetfeedError) as error:
        if not os.path.exists(shell.repo.git_path(CODE_PATHS)):
            return _untold(name, event, str(error))
        why = printable(str(error), _LONGEST)
        todo = "code is guarded here; `fleetfeed doctor` says what is wrong"
        return denied(name, event, f"fleetfeed cannot tell: {why}; {todo}")


def _judged(shell: Shell, name: str, event: str, paths: list[str]) -> str:
    from fleetfeed.checks.code import judge_code  # late: mostly nothing is judged

    seat = shell.seat_if_known
    verdict = judge_code(shell.ledger.at_hand(), paths, seat)
    if not verdict.findings:
        return ""
    lines = [finding.sentence for finding in verdict.findings if finding.rejects]
    age = f" ({'; '.join(verdict.remarks)})" if verdict.remarks else ""
    if not lines:
        warned = "; ".join(finding.sentence for finding in verdict.findings)
        return told(name, event, f"fleetfeed: {warned}{age}"[:_LONGEST])
    if not seat:
        lines.append("no seat is known here: `fleetfeed seat NAME` says who you are")
    return denied(name, event, f"fleetfeed: {'; '.join(lines)}{age}"[:_LONGEST])


def _inside(shell: Shell, paths: Sequence[str]) -> list[str]:
    """Those of the files that lie in this work tree, from its top, behind links, too.

    git's own folder is no part of it.
    """
    top = os.path.realpath(shell.work_tree or "")
    found = dict[str, bool]()
    for path in paths:
        whole = os.path.abspath(path)
        for each in (os.path.realpath(whole), _behind(whole)):
            if each.startswith(f"{top}/") and not each.startswith(f"{top}/.git/"):
                found[each.removeprefix(f"{top}/")] = True
    return list(found)


def _behind(path: str) -> str:
    """The path of a file that may be a link itself: which the folder above is not."""
    folder, _, name = path.rpartition("/")
    return f"{os.path.realpath(folder or '/')}/{name}"


def _after(shell: Shell) -> str:
    """Keep what the seat holds; what it has lost, in words."""
    import time

    from fleetfeed.writing.beat_memory import memory_file, remembered

    seat = shell.seat_if_known
    if not seat:
        return ""
    memory, is_stale = remembered(memory_file(shell.repo.common_folder, seat))
    if not is_stale and not memory.due(_BEAT_EVERY, time.time()):
        return ""
    from fleetfeed.writing.beat_own import beat_own  # late: mostly none is due

    beats = beat_own(shell.repo, seat, _BEAT_EVERY, _PATIENCE)
    if beats is None:
        return ""
    lost = [f"{error}; stop this work, and change nothing more" for error in beats.lost]
    unheard = [f"no beat was heard: {error}" for error in beats.unheard]
    said = "; ".join(dict.fromkeys((*lost, *unheard)))
    return f"fleetfeed: {printable(said, _LONGEST)}" if said else ""


def _started(shell: Shell, name: str, happened: Event) -> str:
    """What the agent is to know; from here on the session may be a seat of its own."""
    if shell.work_tree is None:
        return ""
    _name_session(shell, happened)
    _hand_on(shell, happened)
    return _primed(shell)


def _hand_on(shell: Shell, happened: Event) -> None:
    """Make the session a seat of its own, where its commands can be told which.

    Claude Code has each of them read a file of settings that a hook may write to. All
    hooks of the session find by a file of ours that this was done.
    """
    file, session = os.environ.get(_ENV_FILE), session_name(happened.session)
    if not file or not session or SESSION_VARIABLE in os.environ:
        return
    if not shell.repo.seat_told[0]:
        return
    try:
        with open(file, "a", encoding="utf-8") as lines:
            lines.write(f"export {SESSION_VARIABLE}={session}\n")
        kept = _session_file(shell, session)
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with open(kept, "w", encoding="utf-8"):
            pass
    except OSError as error:
        why = f"the session has no seat of its own: {error.strerror}"
        echo(f"fleetfeed: {why}", err=True)
        return
    os.environ[SESSION_VARIABLE] = session


_ENV_FILE = "CLAUDE_ENV_FILE"


def _name_session(shell: Shell, happened: Event) -> None:
    """Go by the session's own seat, where it has one (`_hand_on`)."""
    session = session_name(happened.session)
    if session and SESSION_VARIABLE not in os.environ:
        if os.path.exists(_session_file(shell, session)):
            os.environ[SESSION_VARIABLE] = session


def _session_file(shell: Shell, session: str) -> str:
    return os.path.join(shell.repo.common_folder, _SESSIONS, session)
