"""What to do about an item that stands in the way: one advice for all who are told.

It names commands that work when they are typed, and tells nobody to wait where nobody
is at work.
"""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.dependencies import waits_for
from fleetfeed.judge.lanes import closed_lane, lane_words, may_take_up
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class Asker:
    """Who is told, and by which rules: `seat` is empty where it is not known.

    `mine` is the item of theirs that meets the other one, where the feed has it.
    """

    seat: str
    policy: Policy
    mine: str = ""


def next_step(
    feed: Snapshot, item: Item, asker: Asker, lease: str = "", *, over: bool = False
) -> str:
    """What to do about `item` of `feed`, which has what is wanted.

    `lease` says in words what is left of its lease, `over` that nothing is.
    """
    if not item.active:
        return f"`fleetfeed show {item.id}` says which post of it cannot be read"
    lapsed = _lapsed(item, asker, lease, over=over)
    if item.state is State.AWAITING_CLAIM:
        return _of_nobody(feed, item, asker, lapsed)
    if acts_as(asker.seat, item.holder):
        aside = f"`fleetfeed park {item.id}`, which a claim does in one commit with"
        todo = f"go on with that (`fleetfeed claim {item.id} --resume`), or {aside}"
        return f"{todo} `--park {item.id}`"
    other = "take another item"
    if asker.mine:
        other = f"yield yours to it (`fleetfeed yield {asker.mine} --to {item.id}`)"
    note = f"write a note (`fleetfeed note {item.id} --body …`)"
    return f"wait (`fleetfeed wait {item.id}`), {note}, or {other}; {lapsed}"


def _of_nobody(feed: Snapshot, item: Item, asker: Asker, lapsed: str) -> str:
    """What to do about an item that awaits its claim."""
    aside = f"`fleetfeed park {item.id}` lays it aside"
    owner, policy = printable(item.owner), asker.policy
    if may_take_up(policy, item, asker.seat):
        waits = ", ".join(waits_for(feed, item))
        if waits:
            return f"nobody is on it, since it waits for {waits}: {aside}"
        return f"nobody is on it: `fleetfeed claim {item.id}` takes it up, {aside}"
    if acts_as(asker.seat, item.filer):
        return f"you have filed it for {owner}: {aside}"
    note = f"`fleetfeed note {item.id} --body …` asks for it"
    closed = closed_lane(policy, item.own, asker.seat)
    if closed:
        whose = f"it is in {lane_words(policy, closed)} may claim there"
        return f"{whose}, and nobody is on it: {note}"
    return f"it is offered to {owner}, and nobody is on it: {note}; {lapsed}"


def after_lapse(item: Item, seat: str) -> str:
    """What `seat` can do where the lease of `item` has lapsed."""
    if acts_as(seat, item.contact):
        return f"`fleetfeed renew {item.id}` goes on with it"
    return f"`fleetfeed claim {item.id} --reason …` takes it over"


def _lapsed(item: Item, asker: Asker, lease: str, *, over: bool) -> str:
    """By what is known of the lease here; the holder may have beaten since."""
    todo = after_lapse(item, asker.seat)
    if over:
        return f"its {lease}: unless it beats, {todo}" if lease else todo
    return f"once its lease has lapsed{f' ({lease})' if lease else ''}, {todo}"
