"""The newest view of the feed that a seat can have, and how old it is."""

import os
import time
from collections.abc import Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.queries import trace_names
from fleetfeed.git.remote import LONG, fetch, remote_refs
from fleetfeed.lease.heartbeat import BEATS
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.location import Where, feed_unknown
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.records import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.feed.question import Basis


@record
class View:
    """A snapshot of the feed ref, and a sentence that says how fresh it is.

    `refs` are the beats' refs, by name, where the truth was asked. `asked` says that
    the remote was asked now, `seconds` since when it was not (None: nobody knows).
    """

    snapshot: Snapshot
    commit: str
    where: Where
    age: str
    refs: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False
    seconds: float | None = 0.0

    @property
    def basis(self) -> "Basis":
        """The same for an answer."""
        from fleetfeed.feed.question import Basis  # late: no hook answers with it

        where, age = self.where, self.seconds
        return Basis(self.snapshot, where.ref, self.commit, self.asked, age)


def newest_view(repo: Repo, *, offline: bool, seconds: float = LONG) -> View:
    """The feed as the remote has it, or as it was fetched last (`offline`).

    The remote is asked what the feed ref is at, and objects are fetched only where
    that is news. Without a remote the local feed ref is the truth. CannotTell where
    the remote does not answer in so many `seconds`, or there is no feed ref.
    """
    where, known = repo.where(repo.at_head), dict[str, str]()
    since: float | None = 0.0
    if where.remote is None:
        commit, age = tip_here(repo, where), f"{where.ref}, no remote"
        known = queries.below(repo.git, BEATS)
    elif offline:
        commit, age, since = _fetched(repo, where)
    else:
        until, refs = time.monotonic() + seconds, (where.ref, f"{BEATS}*")
        known = remote_refs(repo.git, where.remote, refs, seconds)
        left = until - time.monotonic()
        commit = brought(repo, where, where.remote, known.get(where.ref), left)
        return asked_view(repo, where, where.remote, commit, known)
    feed = feed_in(repo, where, commit)
    return View(feed, commit, where, age, known, seconds=since)


def asked_view(
    repo: Repo,
    where: Where,
    remote: str,
    commit: str,
    refs: Mapping[str, str] | None = None,
) -> View:
    """The feed at `commit`, which `remote` has just said, with the beats' `refs`."""
    age = f"{where.ref} of {printable(remote)}, asked just now"
    feed = feed_in(repo, where, commit)
    return View(feed, commit, where, age, refs or {}, asked=True)


def feed_in(repo: Repo, where: Where, commit: str) -> Snapshot:
    """The feed in a commit of the feed ref. FF406 where it has none."""
    feed = repo.snapshot(commit)
    if feed.tree.root is None:
        why = f"{where.ref} carries no {printable(where.folder)}/, so nothing is known"
        todo = "set fleetfeed.ref or fleetfeed.dir, or start it by `fleetfeed init`"
        raise feed_unknown(f"{why}; {todo}")
    return feed


def view_remark(repo: Repo, tracking: str) -> str:
    """A remark that says what was judged beside, and how old that view is."""
    name = tracking.removeprefix("refs/remotes/")
    return f"judged beside {name}, {last_fetch(repo, tracking)}"


def last_fetch(repo: Repo, tracking: str) -> str:
    """When the remote last answered a fetch, in words: `fetched 3 h ago`."""
    return _since(seconds_since_fetch(repo, tracking))


def _since(age: float | None) -> str:
    since = "nobody knows when" if age is None else f"{durations.in_words(age)} ago"
    return f"fetched {since}"


def seconds_since_fetch(repo: Repo, tracking: str) -> float | None:
    """Seconds since a fetch touched `tracking`; None where git keeps no trace.

    git writes the ref's log when the ref moves, and FETCH_HEAD at each fetch: also at
    one that failed or asked somebody else, so a row of it must tell of this very tip. A
    fresh clone has neither, but the log of the remote's HEAD.
    """
    fetched, moved, cloned = (repo.git_path(name) for name in trace_names(tracking))
    traces = [moved if os.path.exists(moved) else cloned]
    if os.path.exists(fetched) and _tells_of(fetched, repo.tip(tracking)):
        traces.append(fetched)
    times = [os.stat(trace).st_mtime for trace in traces if os.path.exists(trace)]
    return max(0.0, time.time() - max(times)) if times else None


def _tells_of(fetched: str, tip: str | None) -> bool:
    with open(fetched, encoding="utf-8") as rows:
        return (tip or " ") in rows.read()


def tip_here(repo: Repo, where: Where) -> str:
    """What the feed ref of this repository is at. CannotTell where there is none."""
    # Not `repo.tip`, which is asked once: a writer asks again.
    commit = queries.exact(repo.git, where.ref)
    if commit is None:
        from fleetfeed.repo.missing import no_feed_ref  # late: it looks at much

        raise no_feed_ref(repo, where)
    return commit


def _fetched(repo: Repo, where: Where) -> tuple[str, str, float | None]:
    commit = repo.tip(where.tracking) if where.tracking else None
    if commit is None or where.tracking is None:
        message = f"{where.ref} of {printable(str(where.remote))} was never fetched"
        raise CannotTell(f"{message}; `git fetch`, or leave --offline out")
    age = seconds_since_fetch(repo, where.tracking)
    return commit, f"{where.tracking}, {_since(age)}", age


def brought(
    repo: Repo, where: Where, remote: str, commit: str | None, seconds: float
) -> str:
    """`commit`, which the remote's feed ref is at, fetched where it is not here."""
    if commit is None:
        from fleetfeed.repo.missing import no_feed_ref  # late: it looks at much

        raise no_feed_ref(repo, where)
    # Not `repo.tip`, which is asked once: the fetch is about to move it.
    known = queries.exact(repo.git, where.tracking) if where.tracking else None
    if known == commit:
        return commit
    try:
        fetch(repo.git, remote, where.ref, where.tracking, seconds)
    except CannotTell:
        # Another git may have locked the tracking ref: the objects come all the same.
        if not queries.commit_of(repo.git, commit):
            fetch(repo.git, remote, where.ref, None, seconds)
    return commit
