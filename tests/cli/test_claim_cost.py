"""What a claim waits for: modules to import, and gits to end."""

import json
import sys
from pathlib import Path

from harness import FREE, Scene, command

# Each takes from half a millisecond to three to import, with what it brings.
DEAR = {
    "click", "typing", "inspect", "datetime", "uuid", "sqlite3",
    "pathlib", "urllib.parse", "ipaddress", "tempfile", "shutil", "random",
    "secrets", "hmac", "subprocess", "selectors", "difflib", "traceback", "dataclasses",
    "pygit2", "fleetfeed.hooks", "fleetfeed.hold", "fleetfeed.checks.history",
    "fleetfeed.writing.takeover", "fleetfeed.writing.conflicts", "fleetfeed.lease.lease",
    "fleetfeed.writing.next_steps", "fleetfeed.repo.observed_beats", "fleetfeed.git.log",
    "fleetfeed.report.envelope", "fleetfeed.model.signers", "fleetfeed.checks.committer",
}  # fmt: skip
OTHER = "CAMBER:page:other"
CLAIM = ("claim", "--new", "CMB", "--subject", "s", "--proof", "p", "--surface")

# Where we are, settings, objects; the feed as it was fetched last.
BEFORE = ["cat-file", "config", "for-each-ref", "rev-parse"]
WRITTEN = ["commit-tree", "push", "unpack-objects"]
# Which branch is checked out, whether it is clean, and it goes along.
BROUGHT_UP = ["merge", "rev-parse", "status"]


def claimed(scene: Scene, tmp_path: Path, surface: str) -> tuple[list[str], set[str]]:
    """The gits that a claim starts, not those that git does, and what it imports."""
    trace = tmp_path / "trace"
    python = (sys.executable, "-P", "-X", "importtime", "-m", "fleetfeed")
    traced = {"GIT_TRACE2_EVENT": str(trace)}
    done = scene.me.run((*python, *CLAIM, surface), env=traced)
    events = map(json.loads, trace.read_text().splitlines())
    starts = (e for e in events if e["event"] == "start" and "/" not in e["sid"])
    gits = sorted(_verb(start["argv"]) for start in starts)
    rows = [row.split("|") for row in done.stderr.splitlines() if "import time:" in row]
    return gits, {row[2].strip() for row in rows}


def _verb(words: list[str]) -> str:
    """git's command, behind its options."""
    rest = iter(words[1:])
    return next(word for word in rest if word not in {"-C", "-c"} or not next(rest))


def test_by_a_queue(scene: Scene, tmp_path: Path) -> None:
    """Nothing is fetched: what the server is was learnt by the claim before."""
    scene.me.run(command(*CLAIM, FREE))
    gits, imported = claimed(scene, tmp_path, OTHER)
    # The queue's ref is pushed to, so what is fetched last is moved here.
    assert gits == sorted([*BEFORE, *WRITTEN, "update-ref", *BROUGHT_UP])
    assert "fleetfeed.cli.writer" in imported
    assert imported & DEAR == set()


def test_where_there_is_no_queue(scene: Scene, tmp_path: Path) -> None:
    scene.server.fleetfeed("install", "--server", ".", "--no-queue")
    scene.me.run(command(*CLAIM, FREE))
    gits, imported = claimed(scene, tmp_path, OTHER)
    assert gits == sorted([*BEFORE, "fetch", "for-each-ref", *WRITTEN, *BROUGHT_UP])
    assert imported & DEAR == set()


def test_where_another_branch_is_checked_out(scene: Scene, tmp_path: Path) -> None:
    scene.me.git("checkout", "-q", "-b", "work", "--no-track")
    scene.me.run(command(*CLAIM, FREE))
    gits, _ = claimed(scene, tmp_path, OTHER)
    asked = ["for-each-ref", "rev-parse"]
    assert gits == sorted([*BEFORE, *WRITTEN, "update-ref", *asked])
