"""Run a database server for as long as another process lives, and no longer.

    watcher.py PID FOLDER PROGRAM ARGUMENT...

A test run that is killed with SIGKILL ends nothing any more: this does. It ends with
the server; once the process PID is gone it ends the server and removes FOLDER.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from typing import Any

_OFTEN = 0.2
"""Seconds; how often one looks where the system does not tell."""
_NOBODY = "nobody"


def become() -> dict[str, Any]:
    """How a process is started, so that it is not root's."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(_NOBODY)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def main(watched: int, folder: str, command: list[str]) -> int:
    """Wait for the one or the other; the server's exit code."""
    server = subprocess.Popen(command, **become())
    _wait_for_either(server, watched)
    if server.poll() is None:
        # At once: nobody will ask for these data again.
        server.send_signal(signal.SIGQUIT)
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return server.returncode


def _wait_for_either(server: "subprocess.Popen[bytes]", pid: int) -> None:
    """Until `server` has ended, or the process `pid` is gone."""
    if not hasattr(os, "pidfd_open"):
        while server.poll() is None and _is_there(pid):
            try:
                server.wait(_OFTEN)
            except subprocess.TimeoutExpired:
                continue
        return
    import select

    poll = select.poll()
    try:
        poll.register(os.pidfd_open(server.pid), select.POLLIN)
        poll.register(os.pidfd_open(pid), select.POLLIN)
    except ProcessLookupError:
        return
    poll.poll()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
