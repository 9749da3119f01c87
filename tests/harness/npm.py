"""Packages from npm, installed once for all who ask; who asks is skipped without them."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest


def npm_installed(folder: Path, *packages: str) -> Path:
    """The node_modules with `packages`, in `folder`; skips where they cannot be had.

    What went wrong is not tried again by the same processes: it is told.
    """
    there = folder / "node_modules"
    names = " and ".join(package.rpartition("@")[0] for package in packages)
    if (folder / "said").exists() and not (folder / "said").read_text():
        return there
    if shutil.which("npm") is None:
        pytest.skip(f"npm is not installed, so there is no {names}")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "said").exists():
            (folder / "said").write_text(_install(folder, packages))
    if said := (folder / "said").read_text():
        pytest.skip(f"npm cannot install {names}: {said}")
    return there


def _install(folder: Path, packages: tuple[str, ...]) -> str:
    """Why `packages` are not in `folder` now; empty where they are."""
    (folder / "package.json").write_text('{"private": true}\n')
    quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0")
    try:
        done = subprocess.run(
            ("npm", "install", *quiet, *packages),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it takes too long"
    return done.stderr.strip()[-300:] if done.returncode else ""
