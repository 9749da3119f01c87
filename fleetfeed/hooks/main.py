"""`fleetfeed hook NAME`: from git's call to an exit code.

Fail closed: whatever goes wrong ends in a sentence and a code that refuses. What one
hook alone needs is imported when it runs.
"""

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence

from fleetfeed.git import queries
from fleetfeed.git.hook_process import HookGit
from fleetfeed.git.process import Git
from fleetfeed.hooks import prefetch
from fleetfeed.model.errors import CANNOT_TELL, CannotTell, FleetfeedError, Usage
from fleetfeed.model.layout import POLICY
from fleetfeed.model.server import CODE_PATHS, QUEUE_REF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.checks.on_ledger import Asked
    from fleetfeed.checks.receive import Update
    from fleetfeed.model.findings import Verdict
    from fleetfeed.repo.location import Told
    from fleetfeed.repo.repository import Repo

NAMES = (
    "pre-commit", "pre-merge-commit", "pre-push", "pre-receive", "guard", "trailers",
)  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Run the hook `argv[0]` with git's arguments; the exit code."""
    if list(argv) == ["queue"]:
        from fleetfeed.queue.leader import lead  # which `queue.follower` starts

        lead()
        return 0
    name, git = argv[0] if argv else "", HookGit()
    try:
        verdict = _verdict(git, name, list(argv[1:]))
        from fleetfeed.report.text import text_report

        report = text_report(verdict, _what(name))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a hook that breaks refuses
        return _failed(name, error)
    finally:
        git.end()
    if report:
        _say(report)
    return 1 if verdict.refused else 0


def _failed(name: str, error: Exception) -> int:
    """Say why there is no verdict; the exit code."""
    known = error if isinstance(error, Usage) else _gone() or error
    if isinstance(known, FleetfeedError):
        from fleetfeed.report.text import sentence

        _say(f"fleetfeed: {_what(name)} {CANNOT_TELL} {sentence(known)}")
        return known.exit_code
    from fleetfeed.util.crashlog import report_crash

    _say(f"fleetfeed: {name} refused: {report_crash(error)}")
    return CannotTell.exit_code


def _gone() -> CannotTell | None:
    """What lies behind any error: what was to be judged is not there any more.

    `git gc --prune=now` takes away the folder in which git keeps what is being pushed;
    git then finds no repository, and whoever asks it finds no settings. In a repository
    of another owner it finds none either.
    """
    try:
        Git().line("rev-parse", "--git-dir")
        found = None
    except CannotTell as error:
        found = error
    # Last: it may be going away just now.
    quarantine = os.environ.get("GIT_QUARANTINE_PATH")
    if quarantine and not os.path.isdir(quarantine):
        why = "the push's objects vanished, as by `git gc --prune=now` on the server"
        return CannotTell(f"{why}; push again")
    return found


def _verdict(git: HookGit, name: str, args: list[str]) -> "Verdict":
    if name not in NAMES:
        raise Usage(f"there is no hook {name!a}; write one of {', '.join(NAMES)}")
    # git is asked first: it answers while the imports below are under way.
    if name == "pre-receive":
        return _receive(git, args)
    prefetch.start(git)
    if name == "pre-push":
        return _push(git, args)
    if name in ("guard", "trailers"):
        from fleetfeed.hooks.code import guard_staged, write_trailers

        return guard_staged(git, args) if name == "guard" else write_trailers(git, args)
    folder, rows = _staged(args)
    names = prefetch.start_commit(git, folder, rows)
    from fleetfeed.checks.commit import judge_staged
    from fleetfeed.repo.repository import Repo

    repo = Repo(git, names, hooks_folder=folder)
    asked = ledger_asked(repo.told)
    if asked:
        from fleetfeed.checks.on_ledger import judge_staged_export
        from fleetfeed.repo.staged import staged

        return judge_staged_export(repo, staged(repo), asked)
    # That a merge is under way is known by the hook's name, where it is its own.
    verdict = judge_staged(repo, merging=name == "pre-merge-commit")
    if "PRE_COMMIT_FROM_REF" not in os.environ:
        return verdict
    from fleetfeed.hooks.pre_push import told_by_framework

    # `pre-commit run --from-ref A --to-ref B`: nothing is staged there.
    told = told_by_framework(repo, os.environ)
    return verdict + told if told else verdict


def ledger_asked(told: "Told") -> "Asked | None":
    """Who is asked, where posts are written to a ledger beside git."""
    if told.ledger is None:
        return None
    from fleetfeed.hooks.ledger import asked_of  # late: most fleets have none

    return asked_of(told.ledger)


def _receive(git: HookGit, args: list[str]) -> "Verdict":
    """The verdict on a push, from pre-receive's input.

    What is for the queue is judged here where it is large, and so before it is let in.
    """
    return receive(git, *_received(args))


def receive(git: HookGit, lines: list[str], flags: Mapping[str, str]) -> "Verdict":
    """The same, of these `lines` of input, by what the hook's `flags` say."""
    question = queries.own_settings_question(os.environ.get("GIT_DIR") or os.curdir)
    prefetch.start(git, question)
    prefetch.start_receive(git)
    known = queries.settings(git, question)
    elsewhere = queries.setting(known, "fleetfeed.feed")
    if elsewhere:
        from fleetfeed.hooks.code_server import receive_code

        return _counted(receive_code(git, known, elsewhere, lines), elsewhere)
    ref = flags.get("--ref") or queries.setting(known, "fleetfeed.ref")
    prefetch.start_update(git, lines, ref)
    from fleetfeed.checks.guarded import Guarded
    from fleetfeed.checks.receive import judge_receive, update
    from fleetfeed.checks.server_leases import ServerLeases
    from fleetfeed.repo.repository import Repo

    guarded = Guarded.by(git, known, flags)
    repo = Repo(git, known=guarded.told)
    leases, pushed = ServerLeases(repo), guarded.pusher(os.environ)
    updates = tuple(map(update, lines))
    verdict = judge_receive(
        repo,
        updates,
        guarded.where,
        leases,
        pushed,
        queue=guarded.queue,
        asked=ledger_asked(guarded.told),
    )
    told = (_tells_of_code(repo, u, guarded.where.ref) for u in updates)
    if not verdict.refused and any(told):
        from fleetfeed.hooks.code_server import keep_paths

        keep_paths(repo, guarded.where.ref, updates)
    if verdict.refused or not any(u.ref == QUEUE_REF for u in updates):
        _counted(verdict)
        feed = any(u.ref == guarded.where.ref for u in updates)
        own = any("refs/fleetfeed/" in f" {u.ref}" for u in updates)
        return verdict + guarded.word if feed or own else verdict
    from fleetfeed.checks.queue import judged_ahead

    ahead = judged_ahead(repo, guarded.where, updates, leases, pushed)
    return verdict + _counted(ahead)


def _counted(verdict: "Verdict", feed: str = "") -> "Verdict":
    """`verdict`, which is counted where it refuses: here, or where the `feed` is."""
    if verdict.refused:
        from fleetfeed.checks.refusals import count_refusals  # late: few pushes are

        count_refusals(feed or os.environ.get("GIT_DIR") or os.curdir, (verdict,))
    return verdict


def _tells_of_code(repo: "Repo", moved: "Update", feed: str) -> bool:
    """Whether a ref's move may bring code, or another policy of what code is."""
    if moved.ref != feed or not moved.new:
        return moved.ref.startswith("refs/heads/") and moved.ref != feed
    try:
        old, new = repo.tree(moved.old), repo.tree(moved.new)
        return old.entry(POLICY) != new.entry(POLICY)
    except CannotTell:
        return False  # it is refused, and why is told


def _push(git: HookGit, args: list[str]) -> "Verdict":
    from fleetfeed.hooks.pre_push import pre_push, told_by_framework, unlisted
    from fleetfeed.repo.repository import Repo

    repo, lines = Repo(git), list(_lines())
    if lines:
        # A push from inside a hook of the framework has its variables, too.
        remote = args[0] if args else ""
        return _code_pushed(repo, remote, lines) + pre_push(repo, remote, lines)
    told = told_by_framework(repo, os.environ)
    if told is not None:
        return told
    if not args or not _by_pipe():
        why = "git's list of refs did not arrive"
        todo = 'let it read what git sends, and call `fleetfeed hook pre-push "$@"`'
        raise CannotTell(f"{why}; {todo} (lefthook: `use_stdin: true`)")
    return unlisted(repo, args[0])


def _code_pushed(repo: "Repo", remote: str, lines: list[str]) -> "Verdict":
    """The verdict on the code in a push, where code is guarded here.

    In a new clone or worktree the file that says so may be missing yet.
    """
    from fleetfeed.hooks.pre_push import maps_code
    from fleetfeed.model.findings import Verdict

    file = f"{os.environ.get('GIT_DIR') or '.git'}/{CODE_PATHS}"
    if not os.path.exists(file) and not maps_code(repo):
        return Verdict()
    from fleetfeed.hooks.code import guard_pushed

    return guard_pushed(repo, remote, lines, file)


def _by_pipe() -> bool:
    """Whether standard input is a pipe, as for git's list, an empty one included."""
    try:
        return stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:  # closed
        return False


_RECEIVE_FLAGS = ("--ref", "--dir", "--server", "--pusher-from")


def _received(args: list[str]) -> tuple[list[str], dict[str, str]]:
    """pre-receive's lines, and what its flags say.

    git calls no pre-receive without updates, so none means that they were lost on the
    way here. With `--end` the shell file, which has read them for an earlier hook too,
    says that the last line is `end`: a list that breaks off is no shorter list.
    """
    lines, flags = [line for line in _lines() if line], dict[str, str]()
    rest = iter(args)
    for arg in rest:
        if arg in _RECEIVE_FLAGS:
            flags[arg] = next(rest, "")
        elif arg != "--end":
            known = ", ".join(_RECEIVE_FLAGS)
            raise Usage(f"pre-receive takes {known} with a value each, not {arg!a}")
    if "--end" in args and (not lines or lines.pop() != "end"):
        lines = []
    if not lines:
        raise CannotTell("git's list of updates did not arrive whole; push again")
    return lines, flags


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

    GitLab shows a hook's text in its pages only behind `GL-HOOK-ERR:`. Where nobody
    reads it (`git commit 2>&1 | head -1`), or it cannot be written, that is no news:
    the verdict alone decides.
    """
    prefix = "GL-HOOK-ERR: " if os.environ.get("GL_REPOSITORY") else ""
    if sys.stderr is None:  # closed
        return
    try:
        for line in text.splitlines():
            print(prefix + line, file=sys.stderr)
        sys.stderr.flush()
    except OSError:
        # What is still to be written at the end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
