"""The hook of a server's repository, which is the law, and what it stands on.

Part of that are what it guards, its name, and the ref by which it tells both to its
clients (`model.server`). That is written here and by nobody else: pushes to it are
refused.
"""

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.checks.code_push import CodeFeed
from fleetfeed.checks.refusals import RefusalCounts
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.install import locations, queue, settings
from fleetfeed.install.code_paths import keep_for_server
from fleetfeed.install.files import in_words, staged
from fleetfeed.install.hook_file import (
    SERVER_HOOK,
    hook_file,
    hook_text,
    is_ours,
    put,
    take_out,
)
from fleetfeed.install.pins import Pins, chosen
from fleetfeed.install.report import InstallStep, Report
from fleetfeed.lease.stamps import FILE, server_clock
from fleetfeed.model.errors import Usage
from fleetfeed.model.identity import PUSHER
from fleetfeed.model.server import CODE_PATHS, QUEUE_REF, SERVER_REF, Announcement
from fleetfeed.repo.location import Said, Told, server_told
from fleetfeed.repo.repository import Repo
from fleetfeed.util.sqlitefile import SQLiteFile

_OURS = "refs/fleetfeed/"


def install_server(
    git: Git,
    *,
    ref: str | None = None,
    folder: str | None = None,
    layout: locations.Layout = "auto",
    pusher_from: str | None = None,
    queued: bool | None = None,
    python: str = sys.executable,
) -> Report:
    """Guard the repository at `git.folder`; run again, bring it up to date.

    `folder` and `ref` say where its feed is; without them see `pins.chosen`.
    `pusher_from` (`model.pusher`), and whether a queue is wanted (`queued`), are
    recorded; without them, what is recorded stays. Errors are those of
    `install_client`.
    """
    needs_repository(git)
    _needs_owner(git, "install")
    guarded = chosen(git, folder, ref)
    name = settings.local(git, settings.SERVER.key) or secrets.token_hex(8)
    place = locations.server_place(git, layout)
    _needs_room(place)
    with in_words(place.folder), locations.made(git, place.folder):
        target = hook_file(place.folder, place.name)
        texts = {target.path: hook_text(SERVER_HOOK, python)}
        waiting = queue.planned(git, place, guarded.ref, queued)
        if waiting.hook:
            texts[waiting.hook.path] = hook_text(queue.QUEUE_HOOK, python)
        with staged(texts) as files:
            pins = (
                settings.pin(git, settings.REF, guarded.ref),
                settings.pin(git, settings.DIR, guarded.dir),
                settings.pin(git, settings.SERVER, name),
                *_source(git, pusher_from),
                *queue.switched(git, queued),
                settings.set_fsck(git),
            )
            report = put(target, files[target.path])
            if waiting.hook:
                report += put(waiting.hook, files[waiting.hook.path])
                pins += (*queue.named(git), *queue.cleared(git))
    doubts = (
        guarded.doubt,
        _head(git, guarded.ref),
        _asks_in_vain(git, guarded),
        place.warning,
        *report.warnings,
        waiting.remark,
    )
    said = Announcement(
        name,
        guarded.dir,
        guarded.ref,
        stamps=server_clock() is not None,
        queue=QUEUE_REF if waiting.hook else "",
        brings=waiting.hook is not None,
    )
    gone = () if waiting.hook else queue.dissolve(git)
    tell_of_code(git, guarded.ref)
    steps = (*report.steps, *pins, *announce(git, said), *gone)
    return Report(steps, tuple(text for text in doubts if text))


def install_for_code(
    git: Git,
    feed: str,
    *,
    layout: locations.Layout = "auto",
    pusher_from: str | None = None,
    python: str = sys.executable,
) -> Report:
    """Have the code of the repository at `git.folder` judged by another one's feed.

    `feed` is the folder of that one, on this machine, which is guarded itself. Usage
    where this one has a feed, or that one has none.
    """
    needs_repository(git)
    _needs_owner(git, "install")
    if settings.local(git, settings.REF.key):
        raise Usage(f"{git.folder} guards a feed of its own; uninstall that first")
    other = Git(os.path.realpath(feed), git.environment)
    needs_repository(other)
    ref = settings.local(other, settings.REF.key)
    if ref is None or queries.exact(other, ref) is None:
        todo = f"run `fleetfeed install --server {feed}`, and push its feed"
        raise Usage(f"{feed} guards no feed; {todo}")
    place = locations.server_place(git, layout)
    _needs_room(place)
    with in_words(place.folder), locations.made(git, place.folder):
        target = hook_file(place.folder, place.name)
        texts = {target.path: hook_text(SERVER_HOOK, python)}
        with staged(texts) as files:
            pins: tuple[InstallStep, ...] = (
                settings.pin(git, settings.FEED, str(other.at)),
                *_source(git, pusher_from),
            )
            report = put(target, files[target.path])
    tell_of_code(git, ref, other)
    doubts = (place.warning, *report.warnings)
    return Report((*report.steps, *pins), tuple(text for text in doubts if text))


def tell_of_code(git: Git, ref: str, other: Git | None = None) -> None:
    """Write down which paths the policy at `ref` maps, here or in an `other` one."""
    at = other or git
    tip = queries.exact(at, ref)
    if tip:
        known = queries.settings(at, queries.own_settings_question(_folder(at)))
        feed = Repo(at, known=server_told(known, ref, None))
        file = f"{_folder(git)}/{CODE_PATHS}"
        keep_for_server(file, CodeFeed(feed, tip, beside=other is None), ref)


def _folder(git: Git) -> str:
    return str(locations.common_folder(git))


def _source(git: Git, pusher_from: str | None) -> Iterator[InstallStep]:
    if pusher_from is not None:
        yield settings.pin(git, settings.PUSHER, pusher_from)


def _head(git: Git, ref: str) -> str:
    """What to know where a fresh clone begins on another branch than the feed's."""
    head = queries.head_ref(git)
    if head == ref or not ref.startswith("refs/heads/") or queries.branches(git):
        return ""
    todo = f"`git -C {git.folder} symbolic-ref HEAD {ref}` lets clones begin there"
    return f"HEAD is {head}, and the feed ref {ref}: {todo}"


def _asks_in_vain(git: Git, guarded: Pins) -> str:
    """What to know where the policy asks who pushes, and the hook cannot tell."""
    if settings.local(git, settings.PUSHER.key):
        return ""
    repo = Repo(git, known=Told(dir=Said(guarded.dir, settings.DIR.key)))
    if repo.snapshot(queries.exact(git, guarded.ref)).rules.identity != PUSHER:
        return ""
    why = "the policy asks who pushes, and it is not recorded how that is known here"
    return f"{why}: nobody can post; install again with --pusher-from"


def uninstall_server(git: Git) -> Report:
    """Take hook and settings out, whatever layout they were put in for."""
    needs_repository(git)
    _needs_owner(git, "uninstall")
    steps: list[InstallStep] = []
    for place in locations.server_places(git):
        with in_words(place.folder):
            if not place.alone or is_ours(place.folder / place.name):
                steps += take_out(place.folder, place.name)
    with contextlib.suppress(OSError):
        Path(locations.common_folder(git), CODE_PATHS).unlink()
    pins = (settings.REF, settings.DIR, settings.SERVER, settings.PUSHER)
    for setting in (*pins, settings.FEED, settings.QUEUE, settings.FSCK):
        steps += settings.restore(git, setting)
    steps += (*queue.dissolve(git), *withdraw(git))
    locations.unmake(git)
    return Report(tuple(steps))


def announce(git: Git, said: Announcement) -> tuple[InstallStep, ...]:
    """Tell clients this server's name, what it guards, and what else it does."""
    blob = git.out("hash-object", "-w", "--stdin", stdin=said.data).decode().strip()
    if queries.exact(git, SERVER_REF) == blob:
        return (InstallStep("unchanged", SERVER_REF, said.id),)
    git.out("update-ref", SERVER_REF, blob)
    return (InstallStep("set", SERVER_REF, said.id),)


def withdraw(git: Git) -> tuple[InstallStep, ...]:
    """Take the ref out again, and with it the stamps, counts and beats."""
    steps: tuple[InstallStep, ...] = ()
    if queries.exact(git, SERVER_REF) is not None:
        steps += (InstallStep("unset", SERVER_REF),)
    for name in queries.below(git, _OURS):
        git.out("update-ref", "-d", name)
    file = Path(locations.common_folder(git), FILE)
    if SQLiteFile(str(file)).remove():
        steps += (InstallStep("removed", str(file)),)
    RefusalCounts(str(locations.common_folder(git))).remove()
    # git leaves empty folders behind, and somebody may have put a file beside ours.
    for folder in (file.parent, Path(locations.common_folder(git), _OURS)):
        for each in (folder / "beats", folder / "was", folder):
            with contextlib.suppress(OSError):
                each.rmdir()
    return steps


def needs_repository(git: Git) -> None:
    """Usage where `git.folder` is no repository itself."""
    # git would look in the folders above, and find somebody's checkout.
    here = os.path.realpath(git.folder)
    any_one = git.run("rev-parse", "--git-dir", accept=(0, 128)).returncode == 0
    found = os.path.realpath(locations.common_folder(git)) if any_one else None
    if found not in (here, os.path.join(here, ".git")):  # noqa: PTH118 - both are text
        raise Usage(f"{git.folder} is not a git repository itself")


def _needs_owner(git: Git, verb: str) -> None:
    """Usage where root would leave files that the repository's own account cannot use.

    Any account but root is stopped by the file system, or shares the repository.
    """
    owner = None if os.geteuid() else locations.other_owner(git)
    if owner is not None:
        todo = locations.as_owner(owner, f"{verb} --server", git)
        message = f"{git.folder} belongs to {owner}, and files of root's would be"
        raise Usage(f"{message} in its way there; {todo}")


def _needs_room(place: locations.HookLocation) -> None:
    file = place.folder / place.name
    if place.alone and os.path.lexists(file) and not is_ours(file):
        raise Usage(f"{file} is not ours: give it another name, then install again")
