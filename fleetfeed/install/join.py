"""Joining a fleet: what a clone needs, found out from the fleet itself.

Run again, it changes nothing that is right already. What every clone should know is
written into `.fleetfeed.yaml`, to be committed; what is this clone's own business (a
remote, a refspec) goes into its settings.
"""

from collections.abc import Iterator
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG, fetch, fetch_all, remote_value
from fleetfeed.install.pointer_file import is_written, write
from fleetfeed.install.report import InstallStep
from fleetfeed.ledger.server import announced
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.pointer import Pointer
from fleetfeed.model.server import Announcement
from fleetfeed.repo.candidates import Candidate, candidates
from fleetfeed.repo.location import DEFAULT_FOLDER, POINTER, remote_of, told
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_BESIDE = "fleet"
"""The name of a remote that is added beside others."""

_SETTING = "fleetfeed.remote"


@record
class Joined:
    """The clone as it is now, and what the server says of itself."""

    repo: Repo
    server: Announcement
    steps: tuple[InstallStep, ...]


def join(git: Git, top: Path, address: str | None) -> Joined:
    """Give the clone of `git` what it needs of the fleet at `address`.

    Without an address, of the fleet that the clone belongs to. `top` is its work tree.
    Usage where it is not clear which fleet, or which feed; CannotTell where its remote
    does not answer, or guards another place than this clone is told.
    """
    steps = list(_remote(git, address))
    repo = Repo(git)
    remote = remote_of(repo.told.remote, repo.settings)
    if remote is None:
        raise Usage("which fleet? `fleetfeed join ADDRESS`, or `fleetfeed init`")
    server = announced(git, remote) or Announcement()
    feed = _feed(repo, remote, server)
    pointer, written = _pointed(repo, top, remote, feed)
    steps += written
    steps += _fetched(repo, remote, feed)
    known = told(repo.settings, pointer) if pointer else None
    return Joined(Repo(git, known=known), server, tuple(steps))


def _remote(git: Git, address: str | None) -> Iterator[InstallStep]:
    """Have a remote for the address that is given, or committed, and take that one.

    CannotTell where a new one does not answer: nothing is changed then.
    """
    repo = Repo(git)
    settings, known = repo.settings, repo.told.remote
    names = queries.remotes(settings)
    if address and address not in names:
        address = from_anywhere(address)
    wanted = address or (known.value if known else None)
    if wanted is None:
        return
    found = wanted if wanted in names else queries.remote_at(settings, wanted)
    if found is None:
        remote_value(git, wanted, "HEAD")
        found = "origin" if not names else _free(names)
        git.run("remote", "add", "--", found, wanted)
        yield InstallStep("set", f"remote.{found}.url", wanted)
    settings = queries.settings(git)
    if remote_of(Repo(git).told.remote, settings) != found:
        git.run("config", _SETTING, found)
        yield InstallStep("set", _SETTING, found)


def from_anywhere(address: str) -> str:
    """An address that also holds in other folders, where it is a path of this machine.

    git would take a path from the top of the work tree, wherever that is cloned to.
    """
    path = Path(address)
    return str(path.resolve()) if path.exists() else address


def _free(names: list[str]) -> str:
    number = 1
    while (name := _BESIDE if number == 1 else f"{_BESIDE}{number}") in names:
        number += 1
    return name


def _feed(repo: Repo, remote: str, server: Announcement) -> Candidate:
    """Where the fleet's feed is: as told here, as the server guards it, or as found."""
    known = repo.told
    folder, ref = (said.value if said else "" for said in (known.dir, known.ref))
    pairs = ((known.dir, folder, server.dir), (known.ref, ref, server.ref))
    for said, here, there in pairs:
        if said and there and here != there:
            message = f"{said.by} is {printable(here)}, but the server guards"
            raise CannotTell(f"{message} {printable(there)}; make the two agree")
    if server.ref:
        return Candidate(folder or server.dir or DEFAULT_FOLDER, ref or server.ref)
    if folder and ref:
        return Candidate(folder, ref)
    return _found(repo, remote, folder, ref)


def _found(repo: Repo, remote: str, folder: str, ref: str) -> Candidate:
    """The one feed that the remote's branches have; Usage where there are more."""
    fetch_all(repo.git, remote, LONG)
    places = candidates(repo, queries.fetched_branches(repo.git, remote))
    fits = [p for p in places if folder in ("", p.dir) and ref in ("", p.ref)]
    if len(fits) > 1:
        words = ", ".join(printable(each.words) for each in fits)
        todo = f"say which: `git config fleetfeed.ref {fits[0].ref}`"
        raise Usage(f"{printable(remote)} has several feeds ({words}); {todo}")
    if not fits:
        message = f"no branch of {printable(remote)} has a feed"
        raise Usage(f"{message}; `fleetfeed init` starts one")
    return fits[0]


def _pointed(
    repo: Repo, top: Path, remote: str, feed: Candidate
) -> tuple[Pointer | None, tuple[InstallStep, ...]]:
    """The pointer that this clone's branch lacks, written into its work tree.

    None where the clone is told all of it, or its branch has the feed itself.
    """
    if _is_told(repo, remote, feed):
        return None, ()
    url = queries.setting(repo.settings, f"remote.{remote}.url") or remote
    address = "" if remote == "origin" else url
    folder = feed.dir if feed.dir != DEFAULT_FOLDER else ""
    pointer = Pointer(folder, feed.ref, address)
    if not is_written(top, pointer):
        write(top, pointer)
    return pointer, (InstallStep("wrote", POINTER, "to be committed"),)


def _is_told(repo: Repo, remote: str, feed: Candidate) -> bool:
    """Whether every clone of this branch looks at `feed`, not this one alone."""
    try:
        where = repo.where(repo.at_head)
        pointer = repo.pointer(repo.head)
        committed = told({}, pointer).remote
        theirs = remote_of(committed, repo.settings)
    except CannotTell:
        return False
    if (where.folder, where.ref) != (feed.dir, feed.ref):
        return False
    return repo.at_head.tree.root is not None or theirs == remote


def _fetched(repo: Repo, remote: str, feed: Candidate) -> Iterator[InstallStep]:
    """Have the feed ref fetched from now on, and fetch it."""
    tracking = queries.tracking_ref(repo.settings, remote, feed.ref)
    if tracking is None:
        short = feed.ref.removeprefix("refs/").removeprefix("heads/")
        tracking = f"refs/remotes/{remote}/{short}"
        key, spec = f"remote.{remote}.fetch", f"+{feed.ref}:{tracking}"
        repo.git.run("config", "--add", key, spec)
        yield InstallStep("set", key, spec)
    try:
        fetch(repo.git, remote, feed.ref, tracking, LONG)
    except CannotTell as error:
        if remote_value(repo.git, remote, feed.ref) is not None:
            raise
        message = f"{printable(remote)} has no {printable(feed.ref)} yet"
        todo = "`fleetfeed init` in this clone starts the feed, or wait for who does"
        raise CannotTell(f"{message}; {todo}") from error
    yield InstallStep("unchanged", tracking, "fetched just now")
