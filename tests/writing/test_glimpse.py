"""A first try at the feed as it was read last: what became of it is always told."""

import pytest

from fleetfeed.ledger.memory import MemoryLedger
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
