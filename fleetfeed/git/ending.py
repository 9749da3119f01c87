"""The end of a git that takes too long, and of what it has started.

git ends without its helpers: an ssh or a `git remote-http` whose server never answers
would wait for ever, one more with each try. A process group of its own would be easier
to end, but ssh could not ask for a passphrase from there.

A server on this machine (the remote is a path) is left to end by itself: receive-pack
(git 2.39) that is killed while a hook runs leaves its quarantine behind.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence

from fleetfeed.util.processes import descendants

_TO_CLEAN_UP = 2.0
"""Seconds that a git which is told to end gets for removing its locks."""


def end(child: "subprocess.Popen[bytes]") -> None:
    """End `child` if it has not ended: by SIGTERM, so that it removes its locks."""
    if child.poll() is not None:
        return
    helpers = descendants(child.pid, but=_serves)
    child.terminate()
    for helper in helpers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(helper, signal.SIGTERM)
    try:
        child.wait(_TO_CLEAN_UP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _serves(words: Sequence[bytes]) -> bool:
    """Whether this is `git-receive-pack …`, or `git receive-pack …`."""
    return any(word.endswith(b"receive-pack") for word in words[:2])
