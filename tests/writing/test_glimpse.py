"""A first try at the feed as it was read last: what became of it is always told."""

import pytest

from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.posts import first, then
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import Speaker
from fleetfeed.writing.api import FeedStore

POST = {"STATE": "IN_PROGRESS", "SEAT": "CAMBER-06", "SUBJECT": "x"}


class Glimpsed(MemoryLedger):
    """One that lands what it is given, and then cannot tell whether it counts."""

    sent = 0

    def glimpse(self):
        return self.read(30)

    def swap(self, *given, meanwhile=None):
        self.sent += 1
        del meanwhile
        super().swap(*given)
        raise CannotTell("it was taken, and nobody knows whether it counts")


@pytest.mark.parametrize("mode", ["none", "pusher"])
def test_what_was_sent_is_not_sent_again_where_nobody_can_tell(mode):
    seat = Speaker("whoever pushes", "six", ("CAMBER-06",))
    policy = f"identity: {{mode: {mode}}}\nlogins: {{six: [CAMBER-06]}}\n"
    ledger = Glimpsed(policy.encode(), seat)
    with pytest.raises(CannotTell, match="nobody knows whether it counts"):
        FeedStore(ledger).append_if_match("CMB-0001", 0, POST)
    assert ledger.sent == 1


class Looking(MemoryLedger):
    """A queue's, whose `older` tip is what was read last; it lands nothing upon that.

    Who writes may judge for itself while it waits, where there is `time`.
    """

    older, time = None, True

    def glimpse(self):
        return self.older

    def swap(self, *given, meanwhile=None):
        if meanwhile and self.time:
            meanwhile()
        return super().swap(*given)


@pytest.mark.parametrize(
    ("gone", "time", "codes"),
    [(False, True, ["FF208"]), (False, False, []), (True, True, [])],
)
def test_what_is_warned_of_is_there_when_it_lands(gone, time, codes):
    """And not what was near at a first try, which did not land."""
    ledger = Looking()
    store = FeedStore(ledger)
    store.append_if_match("CMB-0001", 0, first())
    older = ledger.read(30)
    if gone:
        store.append_if_match("CMB-0001", 1, then("DONE"))
    ledger.older, ledger.time = older, time
    ended = store.append_if_match("CMB-0002", 0, first("CAMBER:file:a.py"))
    assert ended.tries == (2 if gone else 1)
    assert [found.code for found in ended.warnings] == codes
