"""The hook of a server's repository, which is the law, and what it stands on."""

import os
import sys

from fleetfeed.git.process import Git
from fleetfeed.install.announce import announce, withdraw
from fleetfeed.install.feedref import PolicyRef, chosen
from fleetfeed.install.files import in_words, staged
from fleetfeed.install.folders import made, unmake
from fleetfeed.install.hook_file import put, slot, take_out
from fleetfeed.install.locations import (
    Layout,
    Place,
    common_folder,
    server_place,
    server_places,
)
from fleetfeed.install.report import Report, Step
from fleetfeed.install.settings import FSCK, REF, restore, set_fsck, set_ref
from fleetfeed.install.templates import SERVER_HOOK, hook_text, is_ours
from fleetfeed.model.errors import Usage


def install_server(
    git: Git,
    *,
    policy_ref: PolicyRef,
    ref: str | None = None,
    layout: Layout = "auto",
    python: str = sys.executable,
) -> Report:
    """Guard the repository at `git.folder`; run again, bring it up to date.

    `policy_ref` finds the `ref:` of a policy in the repository. Errors are those of
    `install_client`.
    """
    _needs_repository(git)
    pinned, doubt = chosen(git, ref, policy_ref)
    place = server_place(git, layout)
    _needs_room(place)
    with in_words(place.folder), made(git, place.folder):
        target = slot(place.folder, place.name)
        text = hook_text(SERVER_HOOK, python)
        with staged({target.path: text}) as files:
            settings = (set_ref(git, pinned), set_fsck(git))
            report = put(target, files[target.path])
    said = (doubt, place.warning, *report.warnings)
    steps = (*report.steps, *settings, *announce(git))
    return Report(steps, tuple(text for text in said if text))


def uninstall_server(git: Git) -> Report:
    """Take hook and settings out, whatever layout they were put in for."""
    _needs_repository(git)
    steps: list[Step] = []
    for place in server_places(git):
        with in_words(place.folder):
            if not place.alone or is_ours(place.folder / place.name):
                steps += take_out(place.folder, place.name)
    steps += [step for setting in (REF, FSCK) for step in restore(git, setting)]
    steps += withdraw(git)
    unmake(git)
    return Report(tuple(steps))


def _needs_repository(git: Git) -> None:
    # git would look in the folders above, and find somebody's checkout.
    here = os.path.realpath(git.folder)
    found = git.run("rev-parse", "--git-dir", accept=(0, 128))
    if found.returncode or os.path.realpath(common_folder(git)) not in (
        here,
        os.path.join(here, ".git"),  # noqa: PTH118 - as text, like its neighbours
    ):
        raise Usage(f"{git.folder} is not a git repository itself")


def _needs_room(place: Place) -> None:
    file = place.folder / place.name
    if place.alone and os.path.lexists(file) and not is_ours(file):
        raise Usage(f"{file} is not ours: give it another name, then install again")
