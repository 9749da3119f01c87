"""A server's answer to who asks for whom it takes them."""

from fleetfeed.checks.signatures import Keyring, signed_text, speakers
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.identity import NONE, PUSHER, Flaw, Speaker
from fleetfeed.model.pusher import Pusher, pushed_by
from fleetfeed.model.taken_for import asked_seat, taken_for
from fleetfeed.repo.repository import Repo


def introduced(
    repo: Repo, ref: str, blob: str, feed: Snapshot, pusher: Pusher | None
) -> str:
    """What the hook remarks on the question `blob`, pushed to `ref`, by `feed`'s rules.

    The same are asked who would be asked of a post.
    """
    mode = feed.rules.identity
    if mode == NONE:
        return taken_for(mode, None, "").text
    data = repo.objects.blob(blob)
    seat = asked_seat(data, ref)
    if mode == PUSHER:
        who = pushed_by(pusher, feed.rules)
    elif seat is None:
        # Signed words that are no question are somebody's beat, or approval.
        who = Speaker("what was pushed", flaw=Flaw("FF606", "asks nothing at this ref"))
    else:
        (who,) = speakers(Keyring.of(feed), [signed_text(data)], "fleetfeed")
    return taken_for(mode, who, seat or "").text
