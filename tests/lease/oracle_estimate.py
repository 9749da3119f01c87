"""An item's lease, estimated slowly: from all of its posts."""

from fleetfeed.lease.estimate import Estimate, utc
from fleetfeed.lease.lease import lease_end, lease_of, longest, signs_of_life
from fleetfeed.model.item import Item, history
from fleetfeed.model.post import Post


def estimate(item, posts, policy, now, beat_seen=None):
    known = {post.number: post for post in posts if isinstance(post, Post)}
    signs = signs_of_life(item.id, known.values(), policy)
    if not signs:
        return Estimate()
    times = [known[sign.number].text("AT") for sign in signs]
    dated = list(zip(times, (sign.seconds for sign in signs), strict=True))
    seen = [(min(utc(at), now), seconds) for at, seconds in dated if at]
    if beat_seen is not None:
        leases = (sign.seconds for sign in signs)
        seen.append((beat_seen, longest((*leases, lease_of(item, policy)))))
    elif not dated[-1][0]:
        return Estimate()
    return Estimate(lease_end(seen) - now, max(at for at, _ in seen))


def beginning(item, posts):
    """The OP of the post that began the present holding."""
    op = ""
    for before, post, after in history(Item(item), posts):
        if before.holding != after.holding and isinstance(post, Post):
            op = post.text("OP")
    return op
