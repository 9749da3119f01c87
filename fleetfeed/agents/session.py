"""The seat of one session of a tool, where its commands can be told that they have one.

Claude Code has each command of a session read a file of settings that a hook may write
to when the session starts. Other tools have no such way, and what their hooks alone
knew would make two holders of one agent. A server that the tool has started beside its
commands is told nothing by that file: it looks here for the session that it is in.
"""

import os
import time
from contextlib import suppress

from fleetfeed.agents.events import session_name
from fleetfeed.repo.repository import SESSION_VARIABLE, Repo

_HANDED_ON_BY = "CLAUDE_ENV_FILE"
_NAMED_BY = "CLAUDE_CODE_SESSION_ID"
"""The session in which Claude Code has started us, be it one that is over (/clear)."""
_FOLDER = "fleetfeed/sessions"
"""Where a clone keeps which sessions have a seat of their own, and whose they are."""
_MONTH = 30 * 86400.0
"""Seconds after which a session that never ended is forgotten."""


def hand_on(repo: Repo, session: str) -> None:
    """Make `session` a seat of its own, for its commands and its hooks.

    Nothing where whoever started us has named one, where there is no seat that it could
    be of, or where its commands would not hear of it: then its hooks do not go by one
    either. One that goes on (it was compacted, or resumed in another process) is told
    again. OSError where that cannot be written.
    """
    file, name = os.environ.get(_HANDED_ON_BY), session_name(session)
    if not name or SESSION_VARIABLE in os.environ:
        return
    if not file or not repo.seat_told[0]:
        end(repo, session)
        return
    _tell(file, f"export {SESSION_VARIABLE}={name}\n")
    kept = _file(repo, name)
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    with open(kept, "w", encoding="utf-8") as whose:
        whose.write(_tool())
    _forget_old(os.path.dirname(kept))
    os.environ[SESSION_VARIABLE] = name


def _tell(file: str, line: str) -> None:
    """Add a line to a file that may be there, where it is not its last one."""
    with open(file, "a+", encoding="utf-8") as lines:
        lines.seek(0)
        if not lines.read().endswith(line):
            lines.write(line)


def go_by(repo: Repo, session: str) -> None:
    """Have this process go by the seat of `session`, where it has one of its own."""
    name = session_name(session)
    told = SESSION_VARIABLE in os.environ
    if name and not told and os.path.exists(_file(repo, name)):
        os.environ[SESSION_VARIABLE] = name


def session_here(repo: Repo) -> str:
    """The session with a seat of its own in which this process was started.

    It is the one that the tool names, or else the only one that the tool's process has
    begun. Empty where there is none, or where FLEETFEED_SESSION says it already.
    """
    if SESSION_VARIABLE in os.environ:
        return ""
    named = session_name(os.environ.get(_NAMED_BY, ""))
    if named and os.path.exists(_file(repo, named)):
        return named
    tool, found = _tool(), list[str]()
    with suppress(OSError), os.scandir(_file(repo, "")) as kept:
        for each in kept:
            with open(each.path, encoding="utf-8") as whose:
                if tool and whose.read() == tool:
                    found.append(each.name)
    return found[0] if len(found) == 1 else ""


def _tool() -> str:
    """The process that has started us, by number and start; empty where nobody has."""
    from fleetfeed.hold.serving import caller  # late: it brings `subprocess`

    found = caller()
    return f"{found.pid} {found.start}\n" if found else ""


def has_own_seat() -> bool:
    """Whether this process acts for one session, and for no other."""
    return bool(os.environ.get(SESSION_VARIABLE))


def end(repo: Repo, session: str) -> None:
    """Forget `session`."""
    name = session_name(session)
    if name:
        with suppress(OSError):
            os.unlink(_file(repo, name))


def _file(repo: Repo, name: str) -> str:
    return os.path.join(repo.common_folder, _FOLDER, name)


def _forget_old(folder: str) -> None:
    with suppress(OSError), os.scandir(folder) as found:
        for each in found:
            if time.time() - each.stat().st_mtime > _MONTH:
                os.unlink(each.path)
