"""A server's answer to who asks for whom it takes them."""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.identity import NONE, PUSHER
from fleetfeed.model.pusher import Pusher, pushed_by
from fleetfeed.model.taken_for import asked_seat, taken_for
from fleetfeed.repo.repository import Repo


def introduced(
    repo: Repo, ref: str, blob: str, feed: Snapshot, pusher: Pusher | None
) -> tuple[str, ...]:
    """What the hook remarks on the question `blob`, pushed to `ref`, by `feed`'s rules.

    The same who would be asked of a post.
    """
    mode = feed.rules.identity
    if mode == NONE:
        return (taken_for(mode, None, "").text,)
    seat = asked_seat(repo.objects.blob(blob), ref) or ""
    if mode == PUSHER:
        return (taken_for(mode, pushed_by(pusher, feed.rules), seat).text,)
    return ()
