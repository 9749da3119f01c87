"""All checks of a clone and of a server, in the order in which they are reported."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from fleetfeed.doctor import (
    clone,
    database,
    environment,
    feed_ref,
    hook_files,
    identity,
    queue,
    remote,
    server,
)
from fleetfeed.doctor.feed_ref import Feed, feed_of
from fleetfeed.doctor.report import CLONE, EVERYWHERE, SERVER, Check, Diagnosis
from fleetfeed.git import queries
from fleetfeed.install.client import needs_work_tree
from fleetfeed.install.hook_file import CLIENT_HOOKS, SERVER_HOOK, hook_file
from fleetfeed.install.locations import common_folder, hooks_folder, server_place
from fleetfeed.install.managers import managed
from fleetfeed.install.server import needs_repository
from fleetfeed.model.errors import CannotTell, FleetfeedError, Usage
from fleetfeed.repo.location import server_told
from fleetfeed.repo.repository import Repo


def examine_clone(repo: Repo) -> Diagnosis:
    """Try the hooks of the clone `repo`, and look at what they stand on."""
    needs_work_tree(repo.git)
    feed = feed_of(repo)
    if database.has_database(feed):
        return Diagnosis(tuple(_found(feed, _OF_DATABASE)), database.LIMITS)
    limits = identity.limits(feed)
    return Diagnosis(tuple(_found(feed, _CLONE)), (*CLONE, *limits, *EVERYWHERE))


def examine_server(repo: Repo) -> Diagnosis:
    """Try the hook of the server's repository `repo`; no ref of it is moved."""
    git = repo.git
    if git.run("rev-parse", "--git-dir", accept=(0, 128)).returncode:
        raise CannotTell(f"git opens no repository at {git.folder}")
    needs_repository(git)
    question = queries.own_settings_question(str(common_folder(git)))
    pinned = server_told(queries.settings(git, question), None, None)
    repo = Repo(git, known=pinned)
    feed = feed_of(repo)
    limits = identity.limits(feed)
    return Diagnosis(tuple(_found(feed, _SERVER)), (*SERVER, *limits, *EVERYWHERE))


_Table = tuple[tuple[str, Callable[[Feed], Check | Iterable[Check]]], ...]


def _found(place: Feed, table: _Table) -> Iterator[Check]:
    """The checks; one that cannot be made is a line of the answer, not its end."""
    for name, check in table:
        try:
            found = check(place)
            yield from (found,) if isinstance(found, Check) else found
        except Usage as error:
            todo = "mend that and run `fleetfeed install`"
            yield Check(name, "bad", str(error), todo)
        except (FleetfeedError, OSError) as error:
            todo = "mend that and run the doctor again"
            yield Check(name, "skipped", str(error), todo)


def _clone_hooks(place: Feed) -> Iterator[Check]:
    git = place.repo.git
    hooks = hooks_folder(git)
    owned = managed(git, hooks, place.repo.folder)
    ours = any(name not in owned for name in CLIENT_HOOKS)
    yield from environment.hooks_path(git, hooks, ours=ours)
    if not database.has_database(place):
        with tempfile.TemporaryDirectory(prefix="fleetfeed-doctor-") as folder:
            yield from clone.tried(clone.Room.open(place, Path(folder), hooks), owned)
    yield from hook_files.managers(owned)
    free = (name for name in CLIENT_HOOKS if name not in owned)
    files = {name: hook_file(hooks, name).path for name in free}
    again = "run `fleetfeed install`"
    yield from hook_files.hook_files(files, place.repo.folder, again)


def _server_hooks(place: Feed) -> Iterator[Check]:
    git = place.repo.git
    found = server_place(git, "auto")
    with tempfile.TemporaryDirectory(prefix="fleetfeed-doctor-") as folder:
        room = server.Room.open(place, Path(folder))
        guarding = server.tried(room, found)
        yield guarding
        yield from queue.on_server(place, found, room, first=guarding)
    yield from environment.layout(found)
    files = {SERVER_HOOK: server.own_hook(found), **queue.own_hook(git)}
    again = f"run `fleetfeed install --server {git.folder}`"
    yield from hook_files.hook_files(files, place.repo.folder, again)


def _server_settings(place: Feed) -> Iterator[Check]:
    git = place.repo.git
    yield environment.fsck(git)
    yield environment.rewinds(git, place)
    yield from environment.account(git)


_FEED: _Table = (
    ("policy", feed_ref.policy),
    ("HEAD", feed_ref.head),
    ("refs/replace", feed_ref.replaced),
    ("objects", environment.reading),
)
_CLONE: _Table = (
    ("git", environment.git_version),
    ("hooks", _clone_hooks),
    ("feed", partial(feed_ref.feed_ref, server=False)),
    *_FEED,
    ("remote", remote.remote),
    ("seat", environment.seat),
    ("author", environment.author),
    ("identity", identity.tried),
)
_OF_DATABASE: _Table = (
    ("git", environment.git_version),
    ("ledger", database.ledger),
    ("hooks", _clone_hooks),
    ("seat", environment.seat),
)
_SERVER: _Table = (
    ("git", environment.git_version),
    ("hooks", _server_hooks),
    ("feed", partial(feed_ref.feed_ref, server=True)),
    *_FEED,
    ("refs", environment.refs),
    ("leases", environment.leases),
    ("identity", identity.provided),
    ("settings", _server_settings),
)
