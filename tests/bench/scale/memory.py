"""How much memory a command and all its processes hold together, at the most.

Looked at some times a second: Linux keeps no peak of a sum. A page that several
processes share is counted once (PSS).
"""

import os
import subprocess
import time
from pathlib import Path

from bench.timing import Command

_STEP = 0.03
_FIELD = "Pss:"


def peak(command: Command) -> int:
    """Run `command`; the most bytes seen. RuntimeError where it fails."""
    most = 0
    with subprocess.Popen(
        command.args,
        cwd=command.folder,
        env=dict(command.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        while child.poll() is None:
            most = max(most, sum(map(_held, _session(child.pid))))
            time.sleep(_STEP)
    if child.returncode:
        raise RuntimeError(f"{command.args} ended with {child.returncode}")
    return most


def _session(leader: int) -> list[Path]:
    """The processes of a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == leader:
                found.append(folder)
        except ProcessLookupError:
            pass
    return found


def _held(process: Path) -> int:
    try:
        rows = (process / "smaps_rollup").read_text("ascii", "replace").splitlines()
    except OSError:  # it has ended
        return 0
    sizes = (int(row.split()[1]) for row in rows if row.startswith(_FIELD))
    return next(sizes, 0) * 1024
