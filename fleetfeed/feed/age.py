"""How old the view of the feed is that a seat judges by."""

import time
from pathlib import Path

from fleetfeed import span
from fleetfeed.feed.trees import Repo


def view_remark(repo: Repo, tracking: str) -> str:
    """A remark that says what was judged beside, and how old that view is."""
    name = tracking.removeprefix("refs/remotes/")
    return f"judged beside {name}, {last_fetch(repo, tracking)}"


def last_fetch(repo: Repo, tracking: str) -> str:
    """When the remote was last heard of, in words: `fetched 3 h ago`."""
    age = seconds_since_fetch(repo, tracking)
    since = "nobody knows when" if age is None else f"{span.in_words(age)} ago"
    return f"fetched {since}"


def seconds_since_fetch(repo: Repo, tracking: str) -> float | None:
    """Seconds since a fetch touched `tracking`; None where git keeps no trace.

    git writes the ref's log when the ref moves, and FETCH_HEAD at each fetch: also at
    one that failed or asked somebody else, so a row of it must tell of this very tip. A
    fresh clone has neither, but the log of the remote's HEAD.
    """
    clone = "/".join((*tracking.split("/")[:3], "HEAD"))
    names = ("FETCH_HEAD", f"logs/{tracking}", f"logs/{clone}")
    fetched, moved, cloned = _traces(repo, names)
    traces = [moved if moved.exists() else cloned]
    if fetched.exists() and (repo.tip(tracking) or " ") in fetched.read_text("utf-8"):
        traces.append(fetched)
    times = [trace.stat().st_mtime for trace in traces if trace.exists()]
    return max(0.0, time.time() - max(times)) if times else None


def _traces(repo: Repo, names: tuple[str, ...]) -> list[Path]:
    """Where git keeps its files `names`."""
    asked = (word for name in names for word in ("--git-path", name))
    said = repo.git.line("rev-parse", *asked).split("\n")
    return [Path(repo.git.folder, path) for path in said]
