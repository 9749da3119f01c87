"""`fleetfeed hook NAME`: from git's call to an exit code.

Fail closed: whatever goes wrong ends in a sentence and a code that refuses. What one
hook alone needs is imported when it runs.
"""

import os
import sys
from collections.abc import Iterator, Sequence

from fleetfeed.git import queries
from fleetfeed.git.hook_process import HookGit
from fleetfeed.hooks import prefetch
from fleetfeed.model.errors import CANNOT_TELL, CannotTell, FleetfeedError, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.findings import Verdict

NAMES = ("pre-commit", "pre-merge-commit", "pre-push", "pre-receive")


def main(argv: Sequence[str]) -> int:
    """Run the hook `argv[0]` with git's arguments; the exit code."""
    name, git = argv[0] if argv else "", HookGit()
    try:
        verdict = _verdict(git, name, list(argv[1:]))
        from fleetfeed.report.text import text_report

        report = text_report(verdict, _what(name))
    except FleetfeedError as error:
        from fleetfeed.report.text import sentence

        _say(f"fleetfeed: {_what(name)} {CANNOT_TELL} {sentence(error)}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a hook that breaks refuses
        from fleetfeed.util.crashlog import report_crash

        _say(f"fleetfeed: {name} refused: {report_crash(error)}")
        return CannotTell.exit_code
    finally:
        git.end()
    if report:
        _say(report)
    return 1 if verdict.refused else 0


def _verdict(git: HookGit, name: str, args: list[str]) -> "Verdict":
    if name not in NAMES:
        raise Usage(f"there is no hook {name!a}; write one of {', '.join(NAMES)}")
    # git is asked first: it answers while the imports below are under way.
    prefetch.start(git)
    if name == "pre-push":
        return _push(git, args)
    if name == "pre-receive":
        return _receive(git, args)
    names = prefetch.start_commit(git, *_staged(args))
    from fleetfeed.checks.commit import judge_staged
    from fleetfeed.repo.repository import Repo

    # That a merge is under way is known by the hook's name, where it is its own.
    return judge_staged(Repo(git, names), merging=name == "pre-merge-commit")


def _receive(git: HookGit, args: list[str]) -> "Verdict":
    """The verdict on a push, from pre-receive's input.

    The feed ref is the one that `install --server` pinned; `--ref` says it where the
    server's settings cannot be written (a hook sandbox).
    """
    lines, ref = _received(args)
    prefetch.start_receive(git, lines, ref)
    from fleetfeed.checks.receive import judge_receive, update
    from fleetfeed.checks.server_leases import ServerLeases
    from fleetfeed.repo.location import feed_unknown, locate
    from fleetfeed.repo.repository import Repo

    repo = Repo(git)
    # What remotes a server has are its mirrors: the feed is here.
    known = {k: v for k, v in repo.settings.items() if not k.startswith("remote.")}
    if ref:
        known["fleetfeed.ref"] = (ref,)
    if queries.setting(known, "fleetfeed.ref") is None:
        todo = "run `fleetfeed install --server` on it, or give the hook --ref"
        raise feed_unknown(f"this server has no fleetfeed.ref; {todo}")
    where = locate(None, known)
    return judge_receive(repo, map(update, lines), where, ServerLeases(repo))


def _push(git: HookGit, args: list[str]) -> "Verdict":
    from fleetfeed.git.remote import remote_value
    from fleetfeed.hooks.pre_push import pre_push, push_of
    from fleetfeed.repo.repository import Repo

    repo, lines = Repo(git), list(_lines())
    new = os.environ.get("PRE_COMMIT_TO_REF")
    if lines or new is None:
        return pre_push(repo, args[0] if args else "", lines)
    # The pre-commit framework has read git's lines itself; it tells the first ref. A
    # push from inside one of its hooks has these variables too, and lines of its own.
    remote = os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    ref = os.environ.get("PRE_COMMIT_REMOTE_BRANCH", "")
    return push_of(repo, remote, ref, remote_value(git, remote, ref) or "", new)


def _received(args: list[str]) -> tuple[list[str], str | None]:
    """pre-receive's lines, and the feed ref where `--ref` says it.

    git calls no pre-receive without updates, so none means that they were lost on the
    way here. With `--end` the shell file, which has read them for an earlier hook too,
    says that the last line is `end`: a list that breaks off is no shorter list.
    """
    lines, ref = [line for line in _lines() if line], None
    rest = iter(args)
    for arg in rest:
        if arg == "--ref":
            ref = next(rest, None)
        elif arg != "--end":
            raise Usage(f"pre-receive takes --ref REF, not {arg!a}")
    if "--end" in args and (not lines or lines.pop() != "end"):
        lines = []
    if not lines:
        raise CannotTell("git's list of updates did not arrive whole; push again")
    return lines, ref


def _staged(args: list[str]) -> tuple[str, list[str]]:
    """The feed's folder, and git's rows about it, where the shell file has asked.

    Where not all of them have arrived, no folder: then git is asked again.
    """
    if args[:1] != ["--staged"]:
        return "", []
    lines = [line for line in _lines() if line]
    whole = lines and lines.pop() == "end"
    return (args[1], lines) if whole else ("", [])


def _lines() -> Iterator[str]:
    if sys.stdin is None:  # closed
        return
    for line in sys.stdin.buffer.read().splitlines():
        yield line.decode("utf-8", "surrogateescape")


def _what(name: str) -> str:
    return "push" if name in ("pre-push", "pre-receive") else "commit"


def _say(text: str) -> None:
    """To standard error, which git shows to whoever commits or pushes.

    GitLab shows a hook's text in its pages only behind `GL-HOOK-ERR:`.
    """
    prefix = "GL-HOOK-ERR: " if os.environ.get("GL_REPOSITORY") else ""
    for line in text.splitlines():
        print(prefix + line, file=sys.stderr)
