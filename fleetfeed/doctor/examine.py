"""All checks of a clone and of a server, in the order in which they are reported."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from fleetfeed.doctor import clone, environment, feed_ref, hook_files, server
from fleetfeed.doctor.feed_ref import Feed, feed_of
from fleetfeed.doctor.report import CLONE, SERVER, Check, Diagnosis
from fleetfeed.install.hook_file import CLIENT_HOOKS, SERVER_HOOK, hook_file
from fleetfeed.install.locations import hooks_folder, server_place
from fleetfeed.install.server import needs_repository
from fleetfeed.model.errors import CannotTell, FleetfeedError, Usage
from fleetfeed.repo.repository import Repo

Checks = Callable[[], Iterable[Check]]


def examine_clone(repo: Repo) -> Diagnosis:
    """Try the hooks of the clone `repo`, and look at what they stand on."""
    if repo.git.line("rev-parse", "--is-bare-repository") == "true":
        raise Usage("a bare repository has no commits to check: use --server")
    found = [*_guarded("git", lambda: [environment.git_version(repo.git)])]
    place = feed_of(repo)
    found += _guarded("hooks", lambda: _clone_hooks(place))
    found += _guarded("feed", lambda: feed_ref.feed_ref(place, server=False))
    found += _each(place, _FEED + _CLONE)
    return Diagnosis(tuple(found), CLONE)


def examine_server(repo: Repo) -> Diagnosis:
    """Try the hook of the server's repository `repo`; no ref of it is moved."""
    git = repo.git
    if git.run("rev-parse", "--git-dir", accept=(0, 128)).returncode:
        raise CannotTell(f"git opens no repository at {git.folder}")
    needs_repository(git)
    found = [*_guarded("git", lambda: [environment.git_version(git)])]
    place = feed_of(repo)
    found += _guarded("hooks", lambda: _server_hooks(place))
    found += _guarded("feed", lambda: feed_ref.feed_ref(place, server=True))
    found += _each(place, (*_FEED, ("leases", environment.leases)))
    found += _guarded("settings", lambda: _server_settings(place))
    return Diagnosis(tuple(found), SERVER)


_Table = tuple[tuple[str, Callable[[Feed], Check]], ...]
_FEED: _Table = (
    ("policy", feed_ref.policy),
    ("HEAD", feed_ref.head),
    ("refs/replace", feed_ref.replaced),
    ("objects", environment.reading),
)
_CLONE: _Table = (
    ("remote", feed_ref.remote),
    ("seat", environment.seat),
)


def _guarded(name: str, checks: Checks) -> Iterator[Check]:
    """The checks; one that cannot be made is a line of the answer, not its end."""
    try:
        yield from checks()
    except Usage as error:
        yield Check(name, "bad", str(error), "mend that and run `fleetfeed install`")
    except (FleetfeedError, OSError) as error:
        yield Check(name, "skipped", str(error), "mend that and run the doctor again")


def _each(place: Feed, table: _Table) -> Iterator[Check]:
    for name, check in table:
        yield from _guarded(name, lambda: [check(place)])  # noqa: B023 - used at once


def _clone_hooks(place: Feed) -> Iterator[Check]:
    git = place.repo.git
    hooks = hooks_folder(git)
    yield from environment.hooks_path(git, hooks)
    with tempfile.TemporaryDirectory(prefix="fleetfeed-doctor-") as folder:
        yield from clone.tried(clone.Room.open(place, Path(folder)), hooks)
    files = {name: hook_file(hooks, name).path for name in CLIENT_HOOKS}
    yield from hook_files.hook_files(
        files, place.repo.folder, "run `fleetfeed install`"
    )


def _server_hooks(place: Feed) -> Iterator[Check]:
    git = place.repo.git
    found = server_place(git, "auto")
    with tempfile.TemporaryDirectory(prefix="fleetfeed-doctor-") as folder:
        yield server.tried(server.Room.open(place, Path(folder)), found)
    yield from environment.layout(found)
    files = {SERVER_HOOK: server.own_hook(found)}
    again = f"run `fleetfeed install --server {git.folder}`"
    yield from hook_files.hook_files(files, place.repo.folder, again)


def _server_settings(place: Feed) -> Iterator[Check]:
    git = place.repo.git
    yield environment.fsck(git)
    yield environment.rewinds(git, place)
    yield environment.proc_receive(git, hooks_folder(git))
    yield from environment.account(git)
