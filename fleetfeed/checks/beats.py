"""A server's answer to a beat: whether the present holder shows that it is alive."""

from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import beat_ids, heard, item_of_ref
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Place, Verdict
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable


def judge_beat(
    repo: Repo, ref: str, new: str | None, tip: str | None, leases: ServerLeases
) -> Verdict:
    """The verdict on a move of `ref`, an item's beats, to `new`; the feed is at `tip`.

    A beat that is let through has been stamped, which is remarked.
    """
    feed = repo.snapshot(tip)
    item = feed.item(item_of_ref(ref) or "")
    if new is None:
        flaw = _removed(item)
    else:
        flaw = _wrong(repo, item, new) or _late(leases, feed, item, new)
    if not flaw:
        return Verdict(remarks=(heard(item),) if new else ())
    code, message = flaw
    place = Place(printable(ref))
    found = finding(code, place, message, item=item.id, holder=item.holder)
    return Verdict((found,))


_Flaw = tuple[str, str]
"""A rule's code, and what is wrong with a beat."""


def _removed(item: Item) -> _Flaw | None:
    if item.state is not State.IN_PROGRESS:
        return None
    message = f"{item.id} is in progress, and its beats are {printable(item.holder)}'s"
    return "FF505", f"{message}; they may be taken away when it is not"


def _wrong(repo: Repo, item: Item, new: str) -> _Flaw | None:
    if item.state is not State.IN_PROGRESS:
        state = item.state.value if item.state else "not on the feed"
        return "FF505", f"{item.id} is {state}, so nobody holds it; claim it first"
    if new in beat_ids(item, repo.id_size):
        return None
    message = f"this is no beat of {item.id} at epoch {item.epoch}, held by"
    todo = "whoever held it before has been replaced, and must stop"
    return "FF304", f"{message} {printable(item.holder)}; {todo}"


def _late(leases: ServerLeases, feed: Snapshot, item: Item, new: str) -> _Flaw | None:
    """A beat counts while the lease runs; later, only a post tells who was first."""
    if leases.stamp_beat(feed, item, new):
        return None
    who = printable(item.holder)
    message = f"the lease of {who} on {item.id} is over, so a beat is late"
    todo = f"`fleetfeed renew {item.id}` goes on, if nobody has taken over"
    return "FF504", f"{message}; {todo}"
