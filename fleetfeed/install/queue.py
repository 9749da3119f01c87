"""The queue of a server's repository: its hook, git's setting, and what is in the way.

git runs one `proc-receive` in each repository, for the refs that
`receive.procReceiveRefs` names. Where there is one already, or ours could not work,
seats push to the feed ref itself.
"""

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.install import settings
from fleetfeed.install.hook_file import HookFile, hook_file, is_ours, take_out
from fleetfeed.install.locations import (
    HookLocation,
    checked_out,
    common_folder,
    folders_to_clear,
    hooks_folder,
    within,
)
from fleetfeed.install.report import InstallStep
from fleetfeed.model.server import FORMER_TIPS, QUEUE_REF
from fleetfeed.queue.follower import FOLDER, LOCK, SOCKET
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

QUEUE_HOOK = "proc-receive"
OLDEST = (2, 29)
"""The version of git that brought proc-receive."""

_OFF = "false"


@record
class Plan:
    """Where the queue's hook goes; None where there is to be no queue.

    `obstacle` says why there can be none, where one was wanted.
    """

    hook: HookFile | None = None
    obstacle: str = ""

    @property
    def remark(self) -> str:
        """What to know where there can be no queue."""
        todo = "claims are pushed to the feed ref itself; `queue: inbox` in the policy"
        why = f"no queue here: {self.obstacle}; {todo} suits many seats"
        return why if self.obstacle else ""


def planned(git: Git, place: HookLocation, ref: str, wanted: bool | None) -> Plan:
    """What is to be of the queue of a server whose feed ref is `ref`.

    `place` is where our pre-receive hook goes. Where nobody says what is `wanted`, what
    is recorded stays.
    """
    if wanted is False or (wanted is None and is_off(git)):
        return Plan()
    obstacle = why_no_queue(git, place, ref)
    if obstacle:
        return Plan(obstacle=obstacle)
    return Plan(hook_file(place.folder, QUEUE_HOOK))


def is_off(git: Git) -> bool:
    """Whether no queue is wanted here, as it was recorded."""
    return settings.local(git, settings.QUEUE.key) == _OFF


def why_no_queue(git: Git, place: HookLocation, ref: str) -> str:
    """Why there can be no queue of ours for the feed ref `ref`; empty where it can.

    `place` is where our pre-receive hook goes.
    """
    return next(_obstacles(git, place, ref), "")


def _obstacles(git: Git, place: HookLocation, ref: str) -> Iterator[str]:
    hooks, repository = hooks_folder(git), common_folder(git)
    file = hooks / QUEUE_HOOK
    if place.folder != hooks:
        yield f"the forge that runs {place.folder} has a {QUEUE_HOOK} of its own"
    if os.path.lexists(file) and not is_ours(file):
        yield f"{file} is not ours, and git runs one {QUEUE_HOOK}"
    if not within(hooks, repository):
        yield f"the hooks in {hooks} may serve other repositories too"
    if git.line("rev-parse", "--is-bare-repository") != "true":
        yield "this repository has a work tree, which a queue would leave behind"
    top = checked_out(git, ref)
    if top is not None:
        yield f"{printable(ref)} is checked out in {top}, which a queue would leave"
    if queries.is_older(git, OLDEST):
        yield f"{git.line('version')} knows no {QUEUE_HOOK}"
    refused = no_socket(repository)
    if refused:
        yield f"no socket can be made in {repository / FOLDER} ({refused})"


def no_socket(repository: Path) -> str:
    """Why no socket can be made in the queue's folder, tried; empty where it can.

    It is bound by its bare name, as the queue does: a whole path may be too long.
    """
    folder = repository / FOLDER
    name = f"try-{secrets.token_hex(4)}.sock"
    made = not os.path.lexists(folder)
    try:
        if made:
            folder.mkdir()
        try:
            with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as tried:
                tried.bind(name)
        finally:
            with contextlib.suppress(OSError):
                (folder / name).unlink()
            if made:
                folder.rmdir()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def switched(git: Git, wanted: bool | None) -> Iterator[InstallStep]:
    """Record what is `wanted`; None: what is recorded stays."""
    if wanted is False or (wanted is None and is_off(git)):
        yield settings.pin(git, settings.QUEUE, _OFF)
    elif wanted:
        yield from settings.restore(git, settings.QUEUE)


def named(git: Git) -> Iterator[InstallStep]:
    """Have git hand pushes of the queue's ref to the hook, beside those of others.

    And what whoever pushes asks of it by an option.
    """
    yield settings.pin_among(git, settings.PROC_RECEIVE, QUEUE_REF)
    yield settings.pin(git, settings.PUSH_OPTIONS, "true")


def unusable(git: Git) -> Iterator[Path]:
    """The queue's files that another account's leader has made, for that one alone."""
    for file in (common_folder(git) / name for name in (SOCKET, LOCK)):
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            yield file


def cleared(git: Git) -> Iterator[InstallStep]:
    """Take away what keeps this account from its queue; whoever leads ends by that."""
    for file in unusable(git):
        file.unlink()
        yield InstallStep("removed", str(file))


def dissolve(git: Git) -> Iterator[InstallStep]:
    """Take the queue out: its hook, git's setting, its files. Others' stay.

    A leader that is still there ends by itself.
    """
    for folder in folders_to_clear(git):
        if is_ours(folder / QUEUE_HOOK):
            yield from take_out(folder, QUEUE_HOOK)
    for setting in (settings.PROC_RECEIVE, settings.PUSH_OPTIONS):
        yield from settings.restore(git, setting)
    for ref in queries.below(git, FORMER_TIPS):
        git.out("update-ref", "-d", ref)
    for name in (SOCKET, LOCK):
        file = common_folder(git) / name
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            file.unlink()
            yield InstallStep("removed", str(file))
