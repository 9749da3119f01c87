"""How old the view of the feed is that a seat judges by."""

import os
import time

from fleetfeed.git.paths import trace_names
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations


def view_remark(repo: Repo, tracking: str) -> str:
    """A remark that says what was judged beside, and how old that view is."""
    name = tracking.removeprefix("refs/remotes/")
    return f"judged beside {name}, {last_fetch(repo, tracking)}"


def last_fetch(repo: Repo, tracking: str) -> str:
    """When the remote was last heard of, in words: `fetched 3 h ago`."""
    age = seconds_since_fetch(repo, tracking)
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
