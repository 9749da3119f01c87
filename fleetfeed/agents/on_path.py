"""Whether `fleetfeed`, which every text of ours has one type, is found by that name."""

import shlex
import shutil
import sys
from pathlib import Path


def not_by_name() -> str:
    """What to type where `fleetfeed` is not on the PATH; empty where it is.

    In an environment that nobody has activated (a hook names it by its path), an agent
    would be told of commands that its shell does not find.
    """
    if shutil.which("fleetfeed"):
        return ""
    beside = Path(sys.executable).with_name("fleetfeed")
    words = [str(beside)] if beside.exists() else [sys.executable, "-m", "fleetfeed"]
    typed = shlex.join(words)
    return f"`fleetfeed` is not on the PATH here: type `{typed}` in its place"
