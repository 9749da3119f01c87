"""The beat: a push that says that a holder is alive, and changes nothing else."""

from fleetfeed.checks.server_leases import Witness
from fleetfeed.checks.verdict import Verdict
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import beat_ids, item_of
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.model.rules import finding
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import shown


def judge_beat(
    repo: Repo, ref: str, new: str | None, tip: str | None, witness: Witness
) -> Verdict:
    """The verdict on moving the beats' ref `ref` to the object `new` (None: away).

    `tip` is the feed ref's commit. A beat that is let through has been stamped.
    """
    feed = repo.snapshot(tip)
    item = feed.item(item_of(ref) or "")
    if new is None:
        return _removed(ref, item)
    found = _wrong(repo, feed, item, ref, new) or _late(witness, feed, item, ref, new)
    return Verdict((found,) if found else ())


def _removed(ref: str, item: Item) -> Verdict:
    if item.state is not State.IN_PROGRESS:
        return Verdict()
    said = f"{item.id} is in progress, and its beats are {shown(item.holder)}'s"
    todo = "they may be taken away when it is not"
    return Verdict((_finding("FF505", ref, f"{said}; {todo}", item),))


def _wrong(
    repo: Repo, feed: Snapshot, item: Item, ref: str, new: str
) -> Finding | None:
    if item.state is not State.IN_PROGRESS:
        state = item.state.value if item.state else "not on the feed"
        said = f"{item.id} is {state}, so nobody holds it; claim it first"
        return _finding("FF505", ref, said, item)
    if new in beat_ids(feed, item.id, repo.id_size):
        return None
    said = f"this is no beat of {item.id} at epoch {item.epoch}, held by"
    todo = "whoever held it before has been replaced, and must stop"
    return _finding("FF304", ref, f"{said} {shown(item.holder)}; {todo}", item)


def _late(
    witness: Witness, feed: Snapshot, item: Item, ref: str, new: str
) -> Finding | None:
    """A beat counts while the lease runs; later, only a post tells who was first."""
    if witness.beat(feed, item, new):
        return None
    said = f"the lease of {shown(item.holder)} on {item.id} is over, so a beat is late"
    todo = f"`fleetfeed renew {item.id}` goes on, if nobody has taken over"
    return _finding("FF504", ref, f"{said}; {todo}", item)


def _finding(code: str, ref: str, said: str, item: Item) -> Finding:
    return finding(code, Place(shown(ref)), said, item=item.id, holder=item.holder)
