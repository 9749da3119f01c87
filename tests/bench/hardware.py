"""The machine and the versions that figures belong to."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pygit2


def described() -> dict[str, str]:
    """What a reader needs to know to compare figures."""
    git = subprocess.run(("git", "version"), capture_output=True, text=True, check=True)
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "git": git.stdout.split()[-1],
        "pygit2": f"{version('pygit2')} (libgit2 {pygit2.LIBGIT2_VERSION})",
    }


LEGEND = "median [lower quartile, upper quartile] of {rounds} rounds"


def loads(before: str) -> dict[str, str]:
    """The load that was found `before`, and the one now."""
    return {"load, before and after": f"{before}, {load()}"}


def load() -> str:
    """How many processes wanted to run, on average over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        rows = []
    named = (row.partition(":")[2].strip() for row in rows if "model name" in row)
    return next(named, platform.machine())
