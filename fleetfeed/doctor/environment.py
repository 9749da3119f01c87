"""Checks of what is around the hooks: git, its settings, libgit2, seat, leases."""

import os
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check, Status
from fleetfeed.git import queries
from fleetfeed.git.objects import SHA1_DIGITS
from fleetfeed.git.process import Git
from fleetfeed.install.locations import (
    HookLocation,
    as_owner,
    common_folder,
    other_owner,
    warnings,
)
from fleetfeed.install.seat import sharing
from fleetfeed.lease.heartbeat import BEATS
from fleetfeed.lease.stamps import FILE, server_clock
from fleetfeed.model.errors import Usage
from fleetfeed.model.server import SERVER_REF, read_announcement

# pre-merge-commit came with git 2.24; what is older merges without any hook.
_OLDEST = (2, 24)


def git_version(feed: Feed) -> Check:
    """Whether git is young enough for all hooks."""
    version = feed.repo.git.line("version")
    if queries.is_older(feed.repo.git, _OLDEST):
        todo = f"install git {_OLDEST[0]}.{_OLDEST[1]} or later"
        return Check("git", "bad", f"{version} knows no pre-merge-commit hook", todo)
    return Check("git", "ok", version)


def hooks_path(git: Git, folder: Path, *, ours: bool) -> Iterator[Check]:
    """Where git looks for hooks, and who else uses that folder; as `warnings`."""
    set_to = git.maybe("config", "--get", "core.hooksPath")
    by = "core.hooksPath" if set_to else "git's own place"
    yield Check("hooks folder", "ok", f"{folder} ({by})")
    for text in warnings(git, folder, ours=ours):
        yield Check("hooks folder", "warn", text)


def reading(feed: Feed) -> Check:
    """Whether libgit2 reads objects here, tried on a commit, or git must, slower."""
    git = feed.repo.git
    commit = queries.commit_of(git, "HEAD") or queries.exact(git, feed.ref)
    if commit is None:
        message = "there is no commit yet to try libgit2 on"
        return Check("objects", "untried", message)
    if len(commit) != SHA1_DIGITS:
        message = "SHA-256 objects, which libgit2 does not open, are read through git"
        return Check("objects", "ok", f"{message}: slower, and the same verdicts")
    feed.repo.objects.tree_of(commit)
    try:
        feed.repo.objects.by_libgit2(commit)
    except ImportError as error:
        message = f"libgit2 cannot be loaded ({error}): what reads much will fail"
        return Check("objects", "bad", message, "install fleetfeed again")
    except KeyError:
        message = f"libgit2 cannot read {commit[:12]}; git reads it, slower"
        return Check("objects", "warn", message, "run `git fsck`")
    return Check("objects", "ok", "read through libgit2")


def seat(feed: Feed) -> Check:
    """Whether this worktree knows which seat it is, and no other is the same."""
    name, source = feed.repo.seat_told
    todo = "run `fleetfeed seat NAME`"
    if not name:
        return Check("seat", "warn", "this clone does not know which seat it is", todo)
    shared = ", ".join(map(str, sharing(feed.repo.git, name)))
    if shared:
        message = f"{name} is the seat of {shared}, too: to the feed they are one"
        return Check("seat", "warn", message, f"{todo} in each worktree")
    return Check("seat", "ok", f"{name} ({source})")


def author(feed: Feed) -> Iterator[Check]:
    """A warning where git does not know who commits: then no command can post."""
    try:
        feed.repo.git.line("var", "GIT_AUTHOR_IDENT")
    except Usage as error:
        message, _, todo = str(error).partition("; ")
        yield Check("author", "warn", message, todo)


def fsck(git: Git) -> Check:
    """Whether git refuses malformed trees when they are pushed."""
    name = "receive.fsckObjects"
    value = git.maybe("config", "--type=bool", "--get", name)
    if value is None:
        value = git.maybe("config", "--type=bool", "--get", "transfer.fsckObjects")
    if value == "true":
        return Check(name, "ok", "malformed trees are refused")
    message = "off: git and libgit2 may read different posts from a malformed tree"
    return Check(name, "bad", message, f"run `fleetfeed install --server {git.folder}`")


def rewinds(git: Git, feed: Feed) -> Check:
    """What git itself refuses of a rewritten feed ref; the hook does in any case."""
    name = "receive.denyNonFastForwards"
    if git.maybe("config", "--type=bool", "--get", name) != "true":
        message = "off: only the hook refuses a rewritten feed ref, which is enough"
    elif feed.ref.startswith("refs/heads/"):
        message = "on: git refuses a rewritten feed ref too"
    else:
        message = "on, but git heeds it for refs/heads/ only; the hook refuses"
    return Check(name, "ok", message)


def refs(feed: Feed) -> Check:
    """Whether each ref points to what is there: else git refuses every push.

    `git gc --prune=now` takes what a push has just brought, and has no ref yet.
    """
    git = feed.repo.git
    values, _ = queries.values_and_symrefs(git)
    here = queries.objects_here(git, {*values.values()})
    gone = sorted(name for name, id_ in values.items() if id_ not in here)
    if not gone:
        return Check("refs", "ok", f"each of {len(values)} points to what is there")
    message = f"{gone[0]} points to nothing, so git refuses every push"
    if len(gone) > 1:
        message += f", and so do {len(gone) - 1} more"
    todo = f"take it away by `git -C {git.folder} update-ref -d {gone[0]}`"
    if not gone[0].startswith(BEATS):  # the next beat makes that anew
        todo = f"bring it back from a clone that has it, or {todo}"
    return Check("refs", "bad", message, todo)


def account(git: Git) -> Iterator[Check]:
    """Whether this is the account that serves pushes: another may do other things."""
    owner = other_owner(git)
    if owner is None:
        return
    message = f"{git.folder} belongs to {owner}, and the tries ran as another account"
    todo = as_owner(owner, "doctor --server", git)
    # What root may read, write and run proves nothing for an account that may not.
    status: Status = "warn" if os.geteuid() else "skipped"
    yield Check("account", status, message, todo)


def layout(place: HookLocation) -> Iterator[Check]:
    """What a forge's layout leaves unproven."""
    if place.warning:
        yield Check("layout", "warn", place.warning)
    if place.alone:
        message = f"a folder of hooks that the forge runs: {place.folder}"
        more = "that the forge runs it for a push of its users was not tried"
        yield Check("layout", "untried", f"{message}; {more}")


def leases(feed: Feed) -> Check:
    """Whether signs of life are stamped here, and clients are told so."""
    git = feed.repo.git
    again = f"run `fleetfeed install --server {git.folder}`"
    if server_clock() is None:
        message = "this machine has no boot clock, so no lease lapses here"
        todo = "a steward moves what is held by the dead"
        return Check("leases", "warn", message, todo)
    said = queries.exact(git, SERVER_REF)
    if said is None or not read_announcement(feed.repo.objects.blob(said)).stamps:
        message = f"{SERVER_REF} does not say that time is kept: no client takes over"
        return Check("leases", "warn", message, again)
    file = common_folder(git) / FILE
    if file.exists() and not file.is_file():
        message = f"{file} is no file, so nothing can be stamped: no lease lapses"
        return Check("leases", "warn", message, "move it away")
    places = [each for each in (file, file.parent, file.parent.parent) if each.exists()]
    if not os.access(places[0], os.W_OK):
        message = f"{places[0]} cannot be written by this account: no lease lapses"
        todo = "give it to the account that git runs as"
        return Check("leases", "warn", message, todo)
    return Check("leases", "ok", f"signs of life are stamped in {FILE}")
