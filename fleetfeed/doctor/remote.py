"""Where the feed comes from: how fresh the view of it is, and who answers there."""

import shlex
from collections.abc import Iterator

from fleetfeed.doctor import queue
from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.git import queries
from fleetfeed.ledger.server import (
    fetch_address,
    not_the_server,
    one_address,
    probe,
    push_addresses,
    require_server,
)
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.server import Word
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import last_fetch, seconds_since_fetch
from fleetfeed.util.printable import printable

_STALE = 24 * 3600
"""Seconds after which a view is called old."""


def remote(feed: Feed) -> Iterator[Check]:
    """Where the feed is fetched from, how old the view of it is, and who is there."""
    name, tracking = feed.where.remote, feed.where.tracking
    if feed.unclear:
        name = next(iter(queries.remotes(feed.repo.settings)), "NAME")
        todo = f"`git config fleetfeed.remote {printable(name)}`, the one that has it"
        yield Check("remote", "bad", feed.unclear, todo)
        return
    if name is None:
        message = "no remote carries the feed: a claim here is known to nobody else"
        yield Check("remote", "warn", message, "git remote add origin ADDRESS")
    elif tracking is None:
        yield _not_fetched(feed, name)
    elif not queries.exact(feed.repo.git, tracking):
        missing = f"{feed.ref} of {name} was never fetched"
        message = f"{missing}: a commit is judged without it"
        yield Check("remote", "skipped", message, f"`git fetch {name}`")
    else:
        yield _view(feed, name, tracking)
    yield from _server(feed, name)


def _not_fetched(feed: Feed, name: str) -> Check:
    """No fetch brings the feed ref, so a commit is judged beside nothing."""
    message = f"no fetch from {printable(name)} brings {feed.ref}"
    if name not in queries.remotes(feed.repo.settings):
        message += ": commits here are judged without it, and it has no posts of theirs"
        return Check("remote", "ok", message)
    short = feed.ref.removeprefix("refs/").removeprefix("heads/")
    spec = f"+{feed.ref}:refs/remotes/{name}/{short}"
    todo = f"`git config --add remote.{name}.fetch {spec} && git fetch {name}`"
    return Check("remote", "skipped", f"{message}: a commit is judged without it", todo)


def _view(feed: Feed, name: str, tracking: str) -> Check:
    message = f"{tracking}, {last_fetch(feed.repo, tracking)}"
    age = seconds_since_fetch(feed.repo, tracking)
    old = age is None or age >= _STALE
    return Check("remote", "warn" if old else "ok", message, f"git fetch {name}" * old)


def _server(feed: Feed, name: str | None) -> Iterator[Check]:
    """Whether the fleet's server answers where claims are pushed to."""
    repo = feed.repo
    tip = next(feed.tips(), None)
    named = (repo.snapshot(tip).rules.server if tip else "") or repo.told.server
    if name is None:
        if named:
            yield Check("server", "bad", *_two(_unreached(feed, named)))
        return
    known = tip or queries.commit_of(repo.git, "HEAD")
    if known is None:
        message = f"there is no commit yet by which {printable(name)} could be asked"
        yield Check("server", "skipped", message, "commit the feed, and push it")
        return
    answered = probe(repo.git, name, known)
    here = answered.server if answered else ""
    wanted = named or here
    if wanted and answered != Word.of(wanted, feed.where.folder, feed.ref):
        error = not_the_server(repo, feed.where, wanted, answered)
        yield Check("server", "bad", *_two(error))
    elif answered is None:
        message = f"no hook of fleetfeed's judged a push to {printable(name)}"
        message += ": what passes by a clone's hooks lands there"
        todo = "on the server, `fleetfeed install --server .`; where no hook can run,"
        yield Check("server", "skipped", message, f"{todo} require the check")
    elif not named:
        message = f"{here} answers, but the policy names no server, so a writer"
        message += " would take a mirror's word for its"
        todo = f"`fleetfeed join --name-server` writes `server: {here}`"
        yield Check("server", "warn", message, todo)
    else:
        yield Check("server", "ok", f"{here} answers, as the policy has it")
    if answered and answered.server == wanted:
        yield queue.at_remote(feed, name)
    yield from _addresses(repo, name)


def _addresses(repo: Repo, name: str) -> Iterator[Check]:
    addresses, read = push_addresses(repo.git, name), fetch_address(repo.git, name)
    if addresses == [read]:
        return
    pushed = " and ".join(addresses)
    message = f"claims are pushed to {printable(pushed, 200)} and read from"
    message += f" {printable(read, 200)}: whether that is one repository is unknown"
    todo = f"{one_address(repo, name)} makes them one"
    if len(addresses) == 1:
        words = shlex.join(("set-url", name, printable(pushed, 300)))
        todo = f"`git remote {words}` makes them one"
    yield Check("addresses", "skipped", message, todo)


def _unreached(feed: Feed, named: str) -> CannotTell:
    try:
        require_server(feed.repo, feed.where, named, "")
    except CannotTell as error:
        return error
    return CannotTell(f"{named} is this repository itself; look at it with --server")


def _two(error: CannotTell) -> tuple[str, str]:
    """What is wrong, and what to do: the parts of an error's sentence."""
    message, _, todo = str(error).partition("; ")
    return message, todo
