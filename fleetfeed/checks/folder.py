"""A folder of files judged as a feed of its own, as its first push would be."""

from pathlib import Path

from fleetfeed.checks.verdict import Verdict
from fleetfeed.feed.overlay import NoStore, overlay
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.validate import validate
from fleetfeed.model.errors import Usage
from fleetfeed.model.findings import Severity
from fleetfeed.model.liveness import no_signs
from fleetfeed.repo.disk import entry_from_disk
from fleetfeed.util.printable import shown


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
