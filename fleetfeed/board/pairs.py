"""Pairs of open items whose surfaces look like one thing and do not collide.

Fleetfeed keeps two items apart by their keys alone. So what would prove it wrong is two
people at work on one thing under two keys: this looks for such pairs, and says what to
do about each.
"""

from collections.abc import Iterator

from fleetfeed.feed.near import Near, Why
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import holds_of, rests_of
from fleetfeed.model import names
from fleetfeed.model.names import same_seat
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_ONE_THING = (Why.AT_REST, Why.ARTIFACT, Why.SPELLING)
"""Why two surfaces may be one thing: who works beside another does not work on it."""


@record
class Pair:
    """An item with a surface, and another that is near it; `named` by a proof."""

    item: str
    subject: str
    contact: str
    key: SurfaceKey
    near: Near
    named: bool

    @property
    def advice(self) -> str:
        """What to do about it."""
        other, who = self.near.item, printable(self.near.hold.contact)
        asks = f"`fleetfeed note {other} --body …` asks {who or 'its last poster'}"
        if same_seat(self.contact, self.near.hold.contact):
            asks = f"{who} has both"
        if self.near.why is Why.AT_REST:
            return f"half-done work may lie there; {asks} what is left of it"
        if self.near.why is Why.ARTIFACT:
            how = "`families` (lane: any) or `aliases` in the policy make them collide"
            return f"one thing under two names? {how}; {asks}"
        return (
            f"one thing spelled twice? then one of them names the other's key; {asks}"
        )


def pairs(feed: Snapshot) -> Iterator[Pair]:
    """The pairs in `feed`, each once, in the order of their items."""
    near, seen = feed.neighbours.under(feed.rules.families), set[frozenset[str]]()
    for item in feed.open:
        for hold in (*holds_of(item), *rests_of(item)):
            for each in near.near((hold.key,), item.id).told:
                both = frozenset((item.id, each.item))
                if each.why not in _ONE_THING or both in seen:
                    continue
                seen.add(both)
                other = feed.item(each.item)
                named = each.item in item.apart_from or item.id in other.apart_from
                yield Pair(item.id, item.subject, item.contact, hold.key, each, named)


def urgency(pair: Pair) -> tuple[bool, int, tuple[str, int]]:
    """What sorts pairs: those that no proof names come first."""
    return pair.named, _ONE_THING.index(pair.near.why), names.in_order(pair.item)
