"""The newest view of the feed that a seat can have, and how old it is."""

from dataclasses import dataclass

from fleetfeed.errors import CannotTell
from fleetfeed.feed.age import last_fetch
from fleetfeed.feed.trees import Repo
from fleetfeed.feed.where import Where, feed_unknown
from fleetfeed.git import refs
from fleetfeed.git.remote import fetch, remote_value
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class View:
    """A snapshot of the feed ref, and a sentence that says how fresh it is."""

    snapshot: Snapshot
    commit: str
    where: Where
    age: str


def newest_view(repo: Repo, *, offline: bool) -> View:
    """The feed as the remote has it, or as it was fetched last (`offline`).

    The remote is asked what the feed ref is at, and objects are fetched only where
    that is news. Without a remote the local feed ref is the truth. CannotTell where
    the remote does not answer, or there is no feed ref.
    """
    where = repo.where(repo.at_head)
    if where.remote is None:
        view = _local(repo, where)
    elif offline:
        view = _fetched(repo, where)
    else:
        view = _asked(repo, where, where.remote)
    if view.snapshot.tree.root is None:
        said = f"{where.ref} carries no {shown(where.folder)}/, so nothing is known"
        todo = "set fleetfeed.ref or fleetfeed.dir, or start the feed"
        raise feed_unknown(f"{said}; {todo}")
    return view


def _local(repo: Repo, where: Where) -> View:
    commit = repo.tip(where.ref)
    if commit is None:
        said = f"there is no {where.ref} here, and no remote to ask"
        raise CannotTell(f"{said}; commit the feed, or set fleetfeed.ref")
    return View(repo.snapshot(commit), commit, where, f"{where.ref}, no remote")


def _fetched(repo: Repo, where: Where) -> View:
    commit = repo.tip(where.tracking) if where.tracking else None
    if commit is None or where.tracking is None:
        said = f"{where.ref} of {shown(str(where.remote))} was never fetched"
        raise CannotTell(f"{said}; `git fetch`, or leave --offline out")
    age = f"{where.tracking}, {last_fetch(repo, where.tracking)}"
    return View(repo.snapshot(commit), commit, where, age)


def _asked(repo: Repo, where: Where, remote: str) -> View:
    commit = remote_value(repo.git, remote, where.ref)
    if commit is None:
        said = f"{shown(remote)} has no {where.ref}"
        raise CannotTell(f"{said}; push the feed first, or set fleetfeed.ref")
    # Not `repo.tip`, which remembers: the fetch is about to move it.
    known = refs.exact(repo.git, where.tracking) if where.tracking else None
    if known != commit:
        fetch(repo.git, remote, where.ref, where.tracking)
    age = f"{where.ref} of {shown(remote)}, asked just now"
    return View(repo.snapshot(commit), commit, where, age)
