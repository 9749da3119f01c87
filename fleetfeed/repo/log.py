"""The posts and notes of the feed, newest first.

A feed's tree knows the order of one item's posts, and of nothing else; git's history
knows when each of them came. What a post says is read from the newest tree.
"""

from collections.abc import Generator, Iterator
from contextlib import closing

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import layout
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record


@record
class LogEntry:
    """A post or a note, and the commit that added it.

    An unreadable note is an `Unreadable` without item and number.
    """

    commit: str
    slot: PostPath | NotePath
    said: Post | Note | Unreadable


def entries(
    repo: Repo, feed: Snapshot, commit: str, item: str | None = None
) -> Generator[LogEntry, None, None]:
    """What stands in `feed`, the feed in `commit`, newest first; close it when done.

    With `item` its posts alone, and the notes about it. A post is listed once, however
    often history adds it; what is not there any more is not listed. Where a shallow
    clone's history begins with a sealed shard, that has brought the posts in it.
    """
    # Late: it brings `subprocess`, which whoever shows one item does without.
    from fleetfeed.git.log import added

    below: tuple[str, ...] = ("",)
    if item:
        own = layout.item_folder(item)
        below = (own, layout.NOTES, layout.shard_of(own) + layout.SEALED)
    paths = tuple(f"{repo.folder}/{name}".rstrip("/") for name in below)
    seen, seals = set[str](), dict[str, str]()
    with closing(added(repo.git, commit, paths)) as found:
        for adder, full in found:
            path = full.removeprefix(repo.folder + "/")
            if layout.is_seal(path):
                seals[path] = adder
            if path in seen:
                continue
            seen.add(path)
            entry = _entry(feed, adder, path)
            if entry and (item is None or item == entry.said.item):
                yield entry
    for seal, adder in seals.items():
        for path in _sealed_in(feed, seal.removesuffix(layout.SEALED), item):
            entry = None if path in seen else _entry(feed, adder, path)
            if entry:
                yield entry


def _sealed_in(feed: Snapshot, shard: str, item: str | None) -> Iterator[str]:
    """The sealed posts of a shard, or of one item in it, the last first."""
    for folder in reversed(feed.tree.names(shard)):
        if item in (None, folder.name) and folder.sealed_in:
            path = f"{shard}/{folder.name}"
            for row in reversed(feed.tree.names(path)):
                if row.sealed_in:
                    yield f"{path}/{row.name}"


def _entry(feed: Snapshot, commit: str, path: str) -> LogEntry | None:
    slot, said = layout.classify(path), feed.post_or_note(path)
    if said is None or not isinstance(slot, PostPath | NotePath):
        return None
    return LogEntry(commit, slot, said)
