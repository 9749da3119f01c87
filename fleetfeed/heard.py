"""The beats that a clone has heard of, and when it first did.

A beat's ref tells who is alive, and not since when. So each clone keeps in mind, in one
small file beside its repository, since when it knows the value that a ref is at: the
beat came before that. Where the file is lost, a beat counts as heard of now.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from fleetfeed.feed.trees import Repo
from fleetfeed.lease.beat import beats, item_of
from fleetfeed.snapshot import Snapshot
from fleetfeed.stamps import Clock
from fleetfeed.tree import object_id

FILE = "fleetfeed/heard.json"
"""Where it lies in the clone's repository."""


def heard(
    repo: Repo, feed: Snapshot, refs: Mapping[str, str], clock: Clock | None
) -> dict[str, float]:
    """Item -> the seconds since its beat was first heard of.

    `refs` are the remote's refs of beats; those of an earlier epoch do not count.
    """
    now = clock.now() if clock else 0.0
    known = _known(repo, clock) if clock and refs else {}
    fresh = {
        name: known[name] if known.get(name, ("",))[0] == value else (value, now)
        for name, value in refs.items()
        if _is_beat(repo, feed, name, value)
    }
    if clock and fresh != known and refs:
        _keep(repo, clock, fresh)
    return {str(item_of(name)): max(0.0, now - at) for name, (_, at) in fresh.items()}


def _is_beat(repo: Repo, feed: Snapshot, name: str, value: str) -> bool:
    item = item_of(name)
    if item is None:
        return False
    size = repo.id_size
    return value in {object_id("blob", data, size) for data in beats(feed, item)}


def _known(repo: Repo, clock: Clock) -> dict[str, tuple[str, float]]:
    """What was kept in this boot; nothing where that cannot be read."""
    try:
        kept = json.loads(_file(repo).read_text("utf-8"))
        if kept["boot"] != clock.boot:
            return {}
        rows = kept["beats"].items()
        return {name: (str(value), float(at)) for name, (value, at) in rows}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _keep(repo: Repo, clock: Clock, fresh: Mapping[str, tuple[str, float]]) -> None:
    """Replace the file as a whole; where it cannot be kept, less is known next time."""
    file = _file(repo)
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        beside.write_text(json.dumps({"boot": clock.boot, "beats": fresh}), "utf-8")
        beside.replace(file)


def _file(repo: Repo) -> Path:
    return Path(repo.git.folder, repo.git.line("rev-parse", "--git-common-dir"), FILE)
