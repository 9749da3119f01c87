"""A server with a queue, and one that has lost it."""

import sys
from pathlib import Path

from harness.repo import Repo

import fleetfeed


def queue(server: Repo) -> None:
    hooks = Path(__file__).parents[2] / "hooks"
    text = (hooks / "proc-receive").read_text()
    text = text.replace("=python3", f"={sys.executable}")
    follower = Path(fleetfeed.__file__).parent / "queue/follower.py"
    text = text.replace("=queue/follower.py", f"={follower}")
    file = server.write("hooks/proc-receive", text)
    file.chmod(0o755)
    server.git("config", "receive.procReceiveRefs", "refs/for/feed")
    said = server.git("cat-file", "blob", "refs/fleetfeed/server").stdout
    if "queue: " not in said:
        said += "queue: refs/for/feed\n"
    blob = server.git("hash-object", "-w", "--stdin", stdin=said).stdout.strip()
    server.git("update-ref", "refs/fleetfeed/server", blob)


def lose_queue(server: Repo) -> None:
    (server.folder / "hooks/proc-receive").unlink()
    server.git("config", "--unset", "receive.procReceiveRefs")
    said = server.git("cat-file", "blob", "refs/fleetfeed/server").stdout
    said = said.replace("queue: refs/for/feed\n", "")
    blob = server.git("hash-object", "-w", "--stdin", stdin=said).stdout.strip()
    server.git("update-ref", "refs/fleetfeed/server", blob)
