"""The feed ref's newest commit, for who writes, and what its server says of itself.

Both come in one connection. A writer that was here before may begin with the newest as
it was fetched last, where a queue lands what is built on an older feed.
"""

import time

from fleetfeed.git import queries
from fleetfeed.git.remote import fetch, remote_refs
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.server import SERVER_REF
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import brought, tip_here
from fleetfeed.util.records import record


@record
class Newest:
    """The feed ref's newest commit; the id of what its server says of itself, a blob.

    `said` is None where it says nothing. The blob need not be here.
    """

    commit: str
    said: str | None = None


def newest(repo: Repo, where: Where, seconds: float) -> Newest:
    """The newest there is, fetched in one question.

    Another git may be fetching at this moment, and only one of the two moves the
    tracking ref; then the remote is asked as a reader asks it.
    """
    if where.remote is None:
        return Newest(tip_here(repo, where))
    deadline = time.monotonic() + seconds
    if where.tracking:
        try:
            # A pattern: a server that says nothing of itself is fetched from as well.
            said = heard_pattern(where.remote)
            fetch(repo.git, where.remote, where.ref, where.tracking, seconds, said)
            found = last_fetched(repo, where)
        except CannotTell:
            if time.monotonic() >= deadline:
                raise
        else:
            if found:
                return found
    asked = (where.ref, SERVER_REF)
    left = deadline - time.monotonic()
    known = remote_refs(repo.git, where.remote, asked, left)
    left = deadline - time.monotonic()
    commit = brought(repo, where, where.remote, known.get(where.ref), left)
    return Newest(commit, known.get(SERVER_REF))


def last_fetched(repo: Repo, where: Where) -> Newest | None:
    """The newest as it was fetched last; None where nothing tells of it."""
    if where.remote is None or where.tracking is None:
        return None
    kept = heard_ref(where.remote)
    known = queries.together(repo.git, where.tracking, kept)
    commit = known.get(where.tracking)
    return Newest(commit, known.get(kept)) if commit else None


def heard_pattern(remote: str) -> str:
    """What a fetch from `remote` brings of it, as a refspec."""
    return f"+{SERVER_REF}*:{heard_ref(remote)}*"


def heard_ref(remote: str) -> str:
    """Where a fetch keeps what the server at `remote` says of itself."""
    return f"{kept_below(remote)}server"


def kept_below(remote: str) -> str:
    """Below this a fetch keeps what it brings of `remote` beside its branches."""
    return f"refs/fleetfeed/remotes/{remote}/"
