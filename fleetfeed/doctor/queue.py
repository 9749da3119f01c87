"""The queue of a server: whether it is there, whole, and answers.

From a clone it is tried where it is, by a push that every queue refuses; on a server by
pushes to a stand-in, as its pre-receive hook is.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.doctor.server import Room, queued
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG, remote_value
from fleetfeed.install import settings
from fleetfeed.install.hook_file import is_ours
from fleetfeed.install.locations import HookLocation, common_folder, hooks_folder
from fleetfeed.install.queue import QUEUE_HOOK, is_off, unusable, why_no_queue
from fleetfeed.ledger.base import Accepted, Outcome, Unconfirmed
from fleetfeed.ledger.push import push_away, push_object
from fleetfeed.ledger.server import said_by
from fleetfeed.model.server import (
    QUEUE_AWAY,
    QUEUE_REF,
    QUEUE_REFUSED,
    SERVER_REF,
    read_announcement,
)
from fleetfeed.queue.follower import FOLDER
from fleetfeed.util.printable import printable

_NAME = "queue"
_DIRECT = "claims are pushed to the feed ref itself"


def at_remote(feed: Feed, remote: str) -> Check:
    """Whether the queue that the server at `remote` announces answers.

    What is pushed to it is the announcement: the server has that, so nothing is sent,
    and no queue takes what is no commit.
    """
    git, who = feed.repo.git, printable(remote)
    blob = remote_value(git, remote, SERVER_REF)
    said = said_by(feed.repo, remote, blob) if blob else None
    if blob is None or said is None or said.queue != QUEUE_REF:
        return Check(_NAME, "ok", f"{who} announces none: {_DIRECT}")
    ended = push_object(git, remote, QUEUE_REF, blob, LONG)
    if isinstance(ended, Accepted):
        push_away(git, remote, (QUEUE_REF,), LONG)
    return _answered(ended, who)


def _answered(ended: Outcome, who: str) -> Check:
    todo = "on the server, run `fleetfeed install --server .` again"
    if isinstance(ended, Accepted):
        message = f"{who} announces a queue and has none: {QUEUE_REF} is a ref there"
        return Check(_NAME, "warn", f"{message} like any other; {_DIRECT}", todo)
    if QUEUE_REFUSED in ended.why:
        message = f"tried: {who} refused what is no commit, pushed to {QUEUE_REF}"
        return Check(_NAME, "ok", message)
    if isinstance(ended, Unconfirmed):
        message = f"the queue of {who} did not answer: {ended.why}"
        return Check(_NAME, "skipped", message, todo)
    said = "".join(f" ({word})" for word in ended.words[:1])
    message = f"{who} announces a queue that does not work: {ended.why}{said}"
    # Only where it is sure that nothing has landed a claim is pushed a second time.
    instead = f"; {_DIRECT}" if QUEUE_AWAY in ended.why else ""
    return Check(_NAME, "warn", f"{message}{instead}", todo)


def on_server(
    feed: Feed, place: HookLocation, room: Room, *, first: Check
) -> Iterator[Check]:
    """Whether a server has a queue: its parts, and what it does of a push.

    `first` is what its pre-receive hook was found to do, which each push comes by.
    """
    git = feed.repo.git
    again = f"run `fleetfeed install --server {git.folder}`"
    missing = list(_missing(feed))
    obstacle = why_no_queue(git, place, feed.ref)
    if not missing and not obstacle:
        yield _tried(room, first)
        yield from _unasked(git, f"{again} again")
        yield from _unwritable(git, f"{again} again")
    elif len(missing) < _PARTS:
        why = obstacle or f"a part of it is missing: {', '.join(missing)}"
        yield Check(_NAME, "warn", f"{why}; {_DIRECT}", f"{again} again")
    elif is_off(git):
        yield Check(_NAME, "ok", f"off, as --no-queue has it: {_DIRECT}")
    elif obstacle:
        yield Check(_NAME, "ok", f"there can be none: {obstacle}; {_DIRECT}")
    else:
        yield Check(_NAME, "warn", f"there is none: {_DIRECT}", f"{again} again")
    yield from _others(git)
    if queries.exact(git, QUEUE_REF):
        message = f"{QUEUE_REF} is a ref here: what is there was pushed past the queue"
        todo = f"`git -C {git.folder} update-ref -d {QUEUE_REF}`"
        yield Check(_NAME, "warn", message, todo)


def own_hook(git: Git) -> dict[str, Path]:
    """The queue's hook file by its name, where it is there and ours."""
    file = hooks_folder(git) / QUEUE_HOOK
    return {QUEUE_HOOK: file} if is_ours(file) else {}


def _tried(room: Room, first: Check) -> Check:
    if first.status == "bad":
        message = f"{first.name}, which each push comes by, has to be mended first"
        return Check(_NAME, "untried", message)
    if room.tip is None:
        return Check(_NAME, "untried", "there is no feed yet to try it on")
    return queued(room)


def _missing(feed: Feed) -> Iterator[str]:
    """What is not there of the parts of a queue."""
    git = feed.repo.git
    hook = hooks_folder(git) / QUEUE_HOOK
    if not (is_ours(hook) and os.access(hook, os.X_OK)):
        yield str(hook)
    if QUEUE_REF not in settings.values(git, settings.PROC_RECEIVE.key):
        yield f"{settings.PROC_RECEIVE.key} {QUEUE_REF}"
    said = queries.exact(git, SERVER_REF)
    blob = feed.repo.objects.blob(said) if said else b""
    if read_announcement(blob).queue != QUEUE_REF:
        yield f"its line in {SERVER_REF}"


_PARTS = 3


def _unasked(git: Git, again: str) -> Iterator[Check]:
    """Whether seats can ask the queue for what they have not fetched."""
    key = settings.PUSH_OPTIONS.key
    if git.maybe("config", "--type=bool", "--get", key) != "true":
        message = f"{key} is not true: who meets others' claims connects more"
        yield Check(_NAME, "warn", message, again)


def _unwritable(git: Git, again: str) -> Iterator[Check]:
    """Whether this account may keep the queue's files."""
    for file in unusable(git):
        message = f"{file} is another account's, and this one cannot use it"
        yield Check(_NAME, "warn", f"{message}; {_DIRECT}", again)
    folder = common_folder(git) / FOLDER
    place = folder if folder.exists() else folder.parent
    if not os.access(place, os.W_OK):
        message = f"{place} cannot be written by this account; {_DIRECT}"
        yield Check(_NAME, "warn", message, "give it to the account that git runs as")


def _others(git: Git) -> Iterator[Check]:
    """What else git hands to a proc-receive, which runs behind the quarantine."""
    key = settings.PROC_RECEIVE.key
    named = git.run("config", "--get-all", key, accept=(0, 1)).stdout.decode().split()
    others = sorted({*named} - {QUEUE_REF})
    if not others:
        yield Check(
            QUEUE_HOOK, "ok", f"for {QUEUE_REF} alone" if named else "not in use"
        )
        return
    refs, file = printable(", ".join(others)), hooks_folder(git) / QUEUE_HOOK
    if is_ours(file):
        message = f"{key} names {refs}, too: the queue refuses what is pushed there"
        yield Check(QUEUE_HOOK, "warn", message, f"take {refs} out of it")
        return
    message = f"{key} is set, but there is no {file}"
    if os.access(file, os.X_OK):
        message = f"{file} may move refs itself after the judgement; it was not tried"
    todo = f"leave the feed ref out of {key}"
    yield Check(QUEUE_HOOK, "warn", message, todo)
