"""pre-receive, on the server."""

from collections.abc import Iterable

from fleetfeed.checks.receive import judge_receive, update
from fleetfeed.checks.server_leases import Witness
from fleetfeed.checks.verdict import Verdict
from fleetfeed.git import queries
from fleetfeed.repo.location import feed_unknown, locate
from fleetfeed.repo.repository import Repo


def pre_receive(repo: Repo, lines: Iterable[str], ref: str | None = None) -> Verdict:
    """The verdict on a push, from pre-receive's input.

    The feed ref is the one that `install --server` pinned; `ref` says it where the
    server's settings cannot be written (a hook sandbox).
    """
    # What remotes a server has are its mirrors: the feed is here.
    known = {k: v for k, v in repo.settings.items() if not k.startswith("remote.")}
    if ref:
        known["fleetfeed.ref"] = (ref,)
    if queries.setting(known, "fleetfeed.ref") is None:
        todo = "run `fleetfeed install --server` on it, or give the hook --ref"
        raise feed_unknown(f"this server has no fleetfeed.ref; {todo}")
    where = locate(repo.git, None, known)
    moved = (update(line) for line in lines)
    return judge_receive(repo, moved, where, Witness(repo))
