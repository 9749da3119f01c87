"""The refs of beats that are over: taken away, where the remote lets anybody do so."""

import contextlib
import time
from pathlib import Path

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import remote_refs
from fleetfeed.lease.heartbeat import BEATS, item_of_ref
from fleetfeed.ledger.base import Rejected
from fleetfeed.ledger.push import push_away
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.heartbeat import with_words

_CLEARED = 50
"""Refs that are taken away in one push."""

_KEPT = "fleetfeed/beats-are-kept"
"""A file in the clone's repository: what a remote said that lets nobody delete refs."""

_DAY = 86400.0

_JUDGED = "fleetfeed: push refused"
"""In the words of a server's hook of ours that refuses, whatever its reason."""


def clear(repo: Repo, feed: Snapshot, seconds: float) -> None:
    """Take away the beats of items that nobody has in progress in `feed`.

    Not all at once: whoever comes next takes the next ones. Errors are those of a
    remote that does not answer. One that lets nobody delete is left alone for a day.
    """
    where = repo.where(repo.at_head)
    if where.remote is None:
        clear_here(repo.git, feed)
        return
    kept = Path(repo.common_folder, _KEPT)
    if _keeps_refs(kept):
        return
    known = remote_refs(repo.git, where.remote, (f"{BEATS}*",), seconds)
    over = [ref for ref in known if _is_over(feed, item_of_ref(ref))][:_CLEARED]
    ended = push_away(repo.git, where.remote, over, seconds) if over else None
    # Where it was our hook, an item is in progress again, or nothing could be told.
    if isinstance(ended, Rejected) and not any(_JUDGED in w for w in ended.words):
        with contextlib.suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(f"{with_words(ended.why, ended.words)}\n", "utf-8")


def clear_here(git: Git, feed: Snapshot) -> None:
    """The same for the refs of the repository in which `git` runs."""
    for ref, value in queries.below(git, BEATS).items():
        if _is_over(feed, item_of_ref(ref)):
            git.out("update-ref", "-d", ref, value)


def _keeps_refs(kept: Path) -> bool:
    """Whether the remote has refused, less than a day ago, to have refs taken away."""
    try:
        return abs(time.time() - kept.stat().st_mtime) < _DAY
    except OSError:
        return False


def _is_over(feed: Snapshot, item: str | None) -> bool:
    return item is not None and not feed.item(item).beating
