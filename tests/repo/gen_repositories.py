"""Feeds in real repositories, put there past all hooks."""

import os
import subprocess
from pathlib import Path

from harness import Repo, claim, post
from harness.answers import document

from fleetfeed.git.process import Git
from fleetfeed.repo.repository import Repo as Ours

FEED = "refs/heads/main"
MEMO = "fleetfeed/memo.sqlite"


def put(repo: Repo, files: dict[str, bytes], ref: str = FEED) -> str:
    """Let the feed at `ref` be `files`, in one more commit; the commit's id."""
    parent = repo.tip(ref)
    lines = [
        f"commit {ref}\ncommitter T <t@example.invalid> 1700000000 +0000\ndata 1\nx\n"
    ]
    if parent:
        lines.append(f"from {parent}\n")
    stream = ["".join(lines).encode(), b"deleteall\n"]
    for path, data in files.items():
        name = os.fsencode(f"feed/{path}").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        stream.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (name, len(data), data))
    subprocess.run(
        ("git", "fast-import", "--quiet", "--force"),
        cwd=repo.folder,
        env=dict(repo.environment),
        input=b"".join(stream),
        check=True,
    )
    return repo.tip(ref)


def many(items: int, shards: int = 1, over: str = "DONE") -> dict[str, bytes]:
    """A feed of `items` in each of some shards: each seventh holds a surface."""
    files = {}
    for shard in range(shards):
        for number in range(1, items + 1):
            item = f"CMB-{1000 * shard + number:04d}"
            key = f"CAMBER:file:{shard}:{number}"
            text = claim(item, key) if number % 7 == 0 else post(item=item, state=over)
            files[f"CMB/{shard:03d}/{item}/0001.yaml"] = text.encode()
    return files


def ours(repo: Repo) -> Ours:
    """The repository as one of our processes has it."""
    return Ours(Git(repo.folder))


def asked(repo: Repo, key: str, **how) -> str:
    """What `active --surface-claim` answers first; the clone is not asked to fetch."""
    done = repo.fleetfeed("active", "--surface-claim", key, "--offline", ok=None, **how)
    assert "Traceback" not in done.said, done
    assert "bug" not in done.stderr, done
    first = done.stdout.partition("\n")[0]
    assert done.returncode == (0 if first == "ALLOCATED" else 1), done
    return first


def queue(repo: Repo, **how) -> dict[str, str]:
    """The open items and their states, as `active --json` tells them."""
    said = document(repo.fleetfeed("active", "--offline", "--json", **how).stdout)
    return {row["item"]: row["state"] for row in said["items"]}


def cache_of(repo: Repo) -> Path:
    """Where the cache of a repository lies."""
    folder = repo.folder / ".git"
    return (folder if folder.is_dir() else repo.folder) / MEMO
