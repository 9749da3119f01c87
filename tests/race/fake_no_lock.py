"""A queue without its lock, and one that does not compare when it swaps: it must fail.

All but that is the real thing: the hook file, whoever waits in it, the leader.
"""

import re
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harness import Server

_ONE = 'f"{FOLDER}/queue.lock", f"{FOLDER}/queue.sock"'
_EACH = 'f"{FOLDER}/{os.getpid()}.lock", f"{FOLDER}/{os.getpid()}.sock"'
_LEADER = '"-m", "fleetfeed", "hook", "queue"'


def take_out_lock(server: "Server", *, swap: bool) -> None:
    """Let as many lead as push, each by a lock of its own; `swap`: and compare."""
    hook = server.folder / "hooks/proc-receive"
    (queue,) = re.findall("^fleetfeed_queue=(.*)$", hook.read_text(), re.MULTILINE)
    text = Path(queue.strip("'")).read_text()
    assert _ONE in text
    assert _LEADER in text
    text = text.replace(_ONE, _EACH)
    if not swap:
        text = text.replace(_LEADER, repr(__file__))
    follower = server.folder / "follower_without_lock.py"
    follower.write_text(text)
    hook.write_text(hook.read_text().replace(queue, str(follower)))


def lead_without_comparing() -> None:
    """As `fleetfeed hook queue`, whose git moves refs wherever they are by then."""
    from fleetfeed.git.hook_process import HookGit
    from fleetfeed.hooks.main import main

    run = HookGit.run

    def moves(self, *args, stdin=b"", **more):
        if args[0] == "update-ref":
            rows = (row.split(b" ")[:3] for row in stdin.splitlines())
            stdin = b"".join(b" ".join(row) + b"\n" for row in rows)
        return run(self, *args, stdin=stdin, **more)

    HookGit.run = moves  # type: ignore[method-assign]
    sys.exit(main(["queue"]))


if __name__ == "__main__":
    lead_without_comparing()
