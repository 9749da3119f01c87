"""A folder of files judged as a feed of its own, as its first push would be."""

from pathlib import Path

from fleetfeed.entrance.verdict import Verdict
from fleetfeed.errors import Usage
from fleetfeed.feed.disk import entry_from_disk
from fleetfeed.finding import Severity
from fleetfeed.judge import no_signs, validate
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.tree import FeedTree, NoStore, overlay


def judge_folder(folder: Path) -> Verdict:
    """The verdict on the feed in `folder`. Usage where it holds no file at all."""
    name = folder.as_posix().rstrip("/")
    nothing = FeedTree(NoStore(), None, name)
    after = Snapshot(_from_disk(folder, nothing))
    if after.tree.root is None:
        raise Usage(f"{shown(name)} holds no feed")
    policy = after.rules
    found = validate(Snapshot(nothing), after, policy, no_signs, Severity.WARN)
    return Verdict(found)


def _from_disk(folder: Path, nothing: FeedTree) -> FeedTree:
    blobs: dict[str, bytes] = {}
    files = [p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()]
    laid = {
        path.relative_to(folder).as_posix(): entry_from_disk(path, blobs)
        for path in sorted(files)
    }
    return overlay(nothing, laid, blobs)
