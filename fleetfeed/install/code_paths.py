"""The file that tells hooks, without Python, which paths the policy maps to surfaces.

It lies in git's own folder, of each work tree, and says by which policy it was written:
where the feed has another one by now, the hook asks Python, which writes it anew.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from fleetfeed.checks.code_push import CodeFeed
from fleetfeed.feed.code_paths import CodePaths
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.install.files import staged
from fleetfeed.install.hook_file import filled_in
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model import layout
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.server import CODE_PATHS
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View


def code_guarded(repo: Repo) -> bool:
    """Whether the feed, as it was fetched last, maps paths; then that is written down.

    Where it maps none, or none is known, there is no such file: no hook need ask
    whether it is old.
    """
    file = repo.git_path(CODE_PATHS)
    try:
        view = ledger_of(repo).at_hand()
    except FleetfeedError:
        return False
    if not view.snapshot.rules.paths:
        Path(file).unlink(missing_ok=True)
        return False
    keep_code_paths(file, view)
    return True


def keep_code_paths(file: str, view: View) -> None:
    """Have `file` say what `view` maps, where the policy there can be read."""
    where, feed = view.where, view.snapshot
    ref = where.tracking if where.remote else where.ref
    specs = CodePaths(feed.rules.paths).pathspecs_beside(feed.tree.folder)
    if ref and feed.policy.policy:
        write_code_paths(file, feed, ref, specs)


def keep_for_server(file: str, feed: CodeFeed, ref: str) -> None:
    """The same on a server, of the feed that its code is judged by.

    Where the policy does not have code judged, there is nothing to look for.
    """
    there = feed.repo.snapshot(feed.commit)
    if there.policy.policy or there.policy.absent:
        elsewhere = "" if feed.beside else os.path.abspath(feed.repo.common_folder)
        specs = feed.pathspecs if feed.guards else ()
        write_code_paths(file, there, ref, specs, elsewhere)


def write_code_paths(
    file: str, feed: Snapshot, ref: str, specs: Sequence[str], elsewhere: str = ""
) -> None:
    """Write to `file` what git is to be asked with, where it is not there already.

    `ref` is the full name of a ref of the feed, in the repository `elsewhere`, if that
    is another one. A folder that cannot be written to costs time, and changes no
    verdict.
    """
    entry = feed.tree.entry(layout.POLICY)
    text = filled_in(
        "code-paths",
        {
            "fleetfeed_feed": elsewhere,
            "fleetfeed_ref": ref,
            "fleetfeed_policy": feed.tree.display_path(layout.POLICY),
            "fleetfeed_blob": entry.id if entry else "none",
            "fleetfeed_pathspecs": "\n".join(specs),
        },
    )
    target = Path(file)
    try:
        if target.exists() and target.read_bytes() == text:
            return
        _made(target.parent)
        with staged({target: text}) as files:
            files[target].replace(target)
    except OSError:
        return


def _made(folder: Path) -> None:
    """Make `folder` where it is missing, with the rights of git's own beside it."""
    if not folder.exists():
        folder.mkdir()
        beside = folder.parent / "objects"
        if beside.is_dir():
            folder.chmod(beside.stat().st_mode & 0o7777)
