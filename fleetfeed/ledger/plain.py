"""A ledger that has a feed and nothing beside: no checkout, queue, server or clock."""

from fleetfeed.ledger.base import Tip
from fleetfeed.model.errors import Usage
from fleetfeed.model.identity import NONE, Speaker, Speakers
from fleetfeed.model.liveness import Signs
from fleetfeed.model.policy import DEFAULT
from fleetfeed.repo.location import DEFAULT_FOLDER, Where
from fleetfeed.repo.view import View


class PlainLedger:
    """What such a one answers. `read`, `swap` and `commit_of` are a store's own."""

    name = "this store"
    """What it is called in messages."""

    def __init__(self, speaker: Speaker | None = None) -> None:
        """`speaker` is whom posts come from, for a policy that asks for proof."""
        self.speaker = speaker
        ref = DEFAULT.ref
        self.where = Where(DEFAULT_FOLDER, ref, remote=None, tracking=None, pinned=None)

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        raise NotImplementedError

    def glimpse(self) -> Tip | None:
        """See Ledger: what is built on an older tip is of no use."""
        return None

    def brought_up(self, tip: Tip) -> str:
        """See Ledger: there is no checkout."""
        del tip
        return ""

    def require_server(self, tip: Tip, seconds: float, *, afresh: bool = False) -> None:
        """See Ledger: there is no server."""

    def speakers(self, tip: Tip) -> Speakers | None:
        """See Ledger: nobody signs here, or logs in; who it is was said at the start.

        Usage where it was not.
        """
        mode, speaker = tip.feed.rules.identity, self.speaker
        if mode == NONE:
            return None
        if speaker is None:
            message = f"the policy's identity is {mode}, which nothing in {self.name}"
            todo = f"give {type(self).__name__} a `speaker`"
            raise Usage(f"{message} proves; {todo}")
        return lambda _: (speaker,)

    def view(self, *, offline: bool) -> View:
        """See Ledger: it is as fresh as can be."""
        del offline
        tip = self.read(30.0)
        age = f"{self.name}, asked just now"
        return View(tip.feed, tip.commit, self.where, age, asked=True)

    def signs(self, tip: Tip) -> Signs | None:
        """See Ledger: nobody keeps time."""
        del tip
        return None

    def keeps_time(self) -> bool:
        """See Ledger: there is no other side."""
        return False
