"""How old the view of the feed is that a seat judges by."""

import time
from pathlib import Path

from fleetfeed.feed.trees import Repo

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def view_remark(repo: Repo, tracking: str) -> str:
    """A remark that says what was judged beside, and how old that view is."""
    name = tracking.removeprefix("refs/remotes/")
    return f"judged beside {name}, {last_fetch(repo, tracking)}"


def last_fetch(repo: Repo, tracking: str) -> str:
    """When the remote was last heard of, in words: `fetched 3 h ago`."""
    age = seconds_since_fetch(repo, tracking)
    return (
        "fetched nobody knows when" if age is None else f"fetched {in_words(age)} ago"
    )


def seconds_since_fetch(repo: Repo, tracking: str) -> float | None:
    """Seconds since a fetch touched `tracking`; None where git keeps no trace.

    git writes FETCH_HEAD at each fetch, and the ref's log when the ref moves. A fresh
    clone has neither, but the log of the remote's HEAD.
    """
    clone = "/".join((*tracking.split("/")[:3], "HEAD"))
    times = _times(repo, "FETCH_HEAD", f"logs/{tracking}")
    times = times or _times(repo, f"logs/{clone}")
    return max(0.0, time.time() - max(times)) if times else None


def _times(repo: Repo, *names: str) -> list[float]:
    """When git last wrote those of its files `names` that exist."""
    asked = (word for name in names for word in ("--git-path", name))
    said = repo.git.line("rev-parse", *asked).split("\n")
    traces = (Path(repo.git.folder, path) for path in said)
    return [trace.stat().st_mtime for trace in traces if trace.exists()]


def in_words(seconds: float) -> str:
    """A span of time in its largest whole unit: `3 h`."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"
