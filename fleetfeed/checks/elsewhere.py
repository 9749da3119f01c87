"""A push that has its feed elsewhere than the server guards.

Its posts would land unjudged, and everybody who looks where they are would believe
them.
"""

import re
from collections.abc import Iterator

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.repo.location import POINTER, Where
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable

_POST = re.compile(
    r"(?:(?P<folder>.*)/)?(?P<prefix>[A-Z][A-Z0-9]{0,15})/[0-9]{3,}/"
    r"(?P=prefix)-[0-9]{4,}/[0-9]{4,}\.yaml"
)


def feed_elsewhere(
    repo: Repo, old: str | None, new: str, where: Where
) -> Iterator[Finding]:
    """FF406 where the commit `new` says, or shows, that its feed is elsewhere.

    `where` is what the server guards. CannotTell (FF406) where a pointer that comes
    with the push cannot be read.
    """
    yield from _by_pointer(repo, old, new, where)
    if repo.tree(new).root is None:
        yield from _by_posts(repo, old, new, where)


def _by_pointer(
    repo: Repo, old: str | None, new: str, where: Where
) -> Iterator[Finding]:
    if repo.entry(old, POINTER) == repo.entry(new, POINTER):
        return
    pointer = repo.pointer(new)
    if pointer is None:
        return
    pairs = (("dir", pointer.dir, where.folder), ("ref", pointer.ref, where.ref))
    for key, said, guarded in pairs:
        if said and said != guarded:
            message = f"it says {key}: {printable(said)}, but this server guards"
            message += f" {printable(guarded)}; make it say that"
            todo = _guarding(key, printable(said, 400))
            yield finding(
                "FF406", Place(POINTER), f"{message}, or on the server {todo}"
            )


def _by_posts(repo: Repo, old: str | None, new: str, where: Where) -> Iterator[Finding]:
    """By posts that the push brings, where the guarded folder is not in it."""
    added = ("diff-tree", "-r", "--name-only", "-z", "--no-renames", "--diff-filter=A")
    asked = (*added, old, new) if old else ("ls-tree", "-r", "--name-only", "-z", new)
    for path in repo.git.rows(*asked):
        found = _POST.fullmatch(path)
        if found:
            folder = printable(found["folder"] or ".", 400)
            message = f"it is a post of a feed in {folder}/, but this server guards"
            message += f" {printable(where.folder)}/; put the feed there"
            todo = f"or on the server run {_guarding('dir', folder)}"
            place = Place(printable(path, 400))
            yield finding("FF406", place, f"{message}, {todo}")
            return


def _guarding(key: str, said: str) -> str:
    """The command that has the server guard what is said."""
    import shlex  # late: no hook that lets through needs it

    return f"`fleetfeed install --server . --{key} {shlex.quote(said)}`"
