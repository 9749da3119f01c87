"""pre-receive where code is pushed: beside the feed, or with the feed elsewhere."""

import os
from collections.abc import Iterable, Sequence

from fleetfeed.checks.code_push import CodeFeed, judge_branches
from fleetfeed.checks.receive import Update, by_login, update
from fleetfeed.git import queries
from fleetfeed.git.process import Git, apart
from fleetfeed.git.queries import Settings
from fleetfeed.install.code_paths import keep_for_server
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Verdict
from fleetfeed.model.pusher import pusher
from fleetfeed.model.server import CODE_PATHS
from fleetfeed.repo.location import feed_unknown, server_told
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable


def receive_code(
    git: Git, known: Settings, folder: str, lines: Sequence[str]
) -> Verdict:
    """The verdict on a push to a repository whose feed is in another one, at `folder`.

    `known` are the settings of the first: by them it is told who pushes.
    """
    repo, (feed, ref) = Repo(git), feed_elsewhere(folder)
    keep_for_server(_file(), feed, ref)
    moves = ((u.ref, u.old, u.new) for u in map(update, lines))
    source = queries.setting(known, "fleetfeed.pusherfrom")
    pushed = pusher(source, os.environ) if source else None
    return judge_branches(repo, feed, moves, by_login(pushed))


def feed_elsewhere(folder: str) -> tuple[CodeFeed, str]:
    """The feed of the repository at `folder`, by its own settings, and the feed's ref.

    CannotTell where there is none.
    """
    if not os.path.isdir(folder):
        what = (
            f"fleetfeed.feed is {printable(folder, 400)}, and there is no such folder"
        )
        raise CannotTell(f"{what}; the server's keeper must set it right")
    git = Git(folder, apart())
    known = queries.settings(git, queries.own_settings_question(folder))
    ref = queries.setting(known, "fleetfeed.ref")
    tip = queries.exact(git, ref) if ref else None
    if not ref or not tip:
        where = printable(folder, 400)
        todo = f"`fleetfeed install --server {where}` on the server guards one"
        raise feed_unknown(f"{where} has no feed that it guards; {todo}")
    repo = Repo(git, known=server_told(known, ref, None))
    return CodeFeed(repo, tip, beside=False), ref


def keep_paths(repo: Repo, ref: str, updates: Iterable[Update]) -> None:
    """Bring up to date what the hook's shell knows of the feed at `ref`, beside it.

    What a push brings to it may be turned down yet: then the shell finds another policy
    there, and asks.
    """
    new = next((u.new for u in updates if u.ref == ref), None)
    tip = new or queries.exact(repo.git, ref)
    if tip:
        keep_for_server(_file(), CodeFeed(repo, tip), ref)


def _file() -> str:
    return os.path.join(os.environ.get("GIT_DIR") or os.curdir, CODE_PATHS)
