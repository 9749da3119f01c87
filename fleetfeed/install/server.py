"""The hook of a server's repository, which is the law, and what it stands on.

Part of that is the ref by which a server tells its clients that it keeps time. It is
written here and by nobody else: pushes to it are refused.
"""

import contextlib
import os
import sys
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.install import locations, settings
from fleetfeed.install.files import in_words, staged
from fleetfeed.install.hook_file import (
    SERVER_HOOK,
    hook_file,
    hook_text,
    is_ours,
    put,
    take_out,
)
from fleetfeed.install.report import InstallStep, Report
from fleetfeed.lease.heartbeat import KEEPS_TIME, SERVER_REF
from fleetfeed.lease.stamps import FILE, server_clock
from fleetfeed.model.errors import Usage
from fleetfeed.util.sqlitefile import SQLiteFile

_OURS = "refs/fleetfeed/"


def install_server(
    git: Git,
    *,
    policy_ref: settings.PolicyRef,
    ref: str | None = None,
    layout: locations.Layout = "auto",
    python: str = sys.executable,
) -> Report:
    """Guard the repository at `git.folder`; run again, bring it up to date.

    `policy_ref` finds the `ref:` of a policy in the repository. Errors are those of
    `install_client`.
    """
    needs_repository(git)
    pinned, doubt = settings.chosen(git, ref, policy_ref)
    place = locations.server_place(git, layout)
    _needs_room(place)
    with in_words(place.folder), locations.made(git, place.folder):
        target = hook_file(place.folder, place.name)
        text = hook_text(SERVER_HOOK, python)
        with staged({target.path: text}) as files:
            pins = (settings.set_ref(git, pinned), settings.set_fsck(git))
            report = put(target, files[target.path])
    doubts = (doubt, place.warning, *report.warnings)
    steps = (*report.steps, *pins, *announce(git))
    return Report(steps, tuple(text for text in doubts if text))


def uninstall_server(git: Git) -> Report:
    """Take hook and settings out, whatever layout they were put in for."""
    needs_repository(git)
    steps: list[InstallStep] = []
    for place in locations.server_places(git):
        with in_words(place.folder):
            if not place.alone or is_ours(place.folder / place.name):
                steps += take_out(place.folder, place.name)
    for setting in (settings.REF, settings.FSCK):
        steps += settings.restore(git, setting)
    steps += withdraw(git)
    locations.unmake(git)
    return Report(tuple(steps))


def announce(git: Git) -> tuple[InstallStep, ...]:
    """Say that this server keeps time, where it has a clock for it."""
    if server_clock() is None:
        return _unsaid(git)
    blob = git.out("hash-object", "-w", "--stdin", stdin=KEEPS_TIME).decode().strip()
    if queries.exact(git, SERVER_REF) == blob:
        return (InstallStep("unchanged", SERVER_REF, "stamps"),)
    git.out("update-ref", SERVER_REF, blob)
    return (InstallStep("set", SERVER_REF, "stamps"),)


def withdraw(git: Git) -> tuple[InstallStep, ...]:
    """Take the ref out again, and with it the stamps and the beats."""
    steps = _unsaid(git)
    for name in queries.below(git, _OURS):
        git.out("update-ref", "-d", name)
    file = Path(locations.common_folder(git), FILE)
    if SQLiteFile(str(file)).remove():
        steps += (InstallStep("removed", str(file)),)
    # git leaves empty folders behind, and somebody may have put a file beside ours.
    for folder in (file.parent, Path(locations.common_folder(git), _OURS)):
        for each in (folder / "beats", folder):
            with contextlib.suppress(OSError):
                each.rmdir()
    return steps


def _unsaid(git: Git) -> tuple[InstallStep, ...]:
    if queries.exact(git, SERVER_REF) is None:
        return ()
    git.out("update-ref", "-d", SERVER_REF)
    return (InstallStep("unset", SERVER_REF),)


def needs_repository(git: Git) -> None:
    """Usage where `git.folder` is no repository itself."""
    # git would look in the folders above, and find somebody's checkout.
    here = os.path.realpath(git.folder)
    any_one = git.run("rev-parse", "--git-dir", accept=(0, 128)).returncode == 0
    found = os.path.realpath(locations.common_folder(git)) if any_one else None
    if found not in (here, os.path.join(here, ".git")):  # noqa: PTH118 - both are text
        raise Usage(f"{git.folder} is not a git repository itself")


def _needs_room(place: locations.HookLocation) -> None:
    file = place.folder / place.name
    if place.alone and os.path.lexists(file) and not is_ours(file):
        raise Usage(f"{file} is not ours: give it another name, then install again")
