"""The leases in a view of the feed, for the commands that list items."""

import time
from collections.abc import Mapping

from fleetfeed.cli.context import Shell
from fleetfeed.lease.estimate import Estimate, in_the_way, told_by_clock
from fleetfeed.lease.heartbeat import item_of_ref
from fleetfeed.lease.stamps import server_clock
from fleetfeed.ledger.base import Tip
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import SIGNED
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Signs
from fleetfeed.repo.observed_beats import Counting, observed_beats
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View


class LeaseEstimates:
    """The leases in one view of the feed, as of now.

    Where the ledger keeps time it says what is left of them. Elsewhere that is an
    estimate, and the beats that the remote told of are kept in mind for the next time.
    """

    def __init__(self, repo: Repo, view: View, signs: Signs | None = None) -> None:
        """`signs` are what the ledger of `view` says, where it keeps time."""
        self._rules, self._now = view.snapshot.rules, time.time()
        self._signs = signs
        since = {} if signs else _since_beats(repo, view)
        self._heard = {item: self._now - age for item, age in since.items()}

    @classmethod
    def here(cls, shell: Shell, view: View) -> "LeaseEstimates":
        """Those of a view of the ledger that is used here."""
        tip = Tip(view.commit, view.snapshot)
        return cls(shell.repo, view, shell.ledger.signs(tip))

    def of(self, item: Item) -> Estimate:
        """The lease of `item`; nothing where none is in anybody's way."""
        known = in_the_way(item, self._rules, self._now, self._heard.get(item.id))
        if self._signs is None or known == Estimate():
            return known
        return told_by_clock(known, self._signs(item.id), item, self._rules, self._now)


def _since_beats(repo: Repo, view: View) -> Mapping[str, float]:
    """By item, the seconds since its beat was first observed from here."""
    beats = {name: at for name, at in view.refs.items() if item_of_ref(name)}
    signed = _signed_beats(repo, view, beats)
    return observed_beats(repo, view.snapshot, beats, server_clock(), signed)


def _signed_beats(repo: Repo, view: View, refs: Mapping[str, str]) -> Counting | None:
    """What says which beats count, where the fleet signs them."""
    if view.snapshot.rules.identity != SIGNED or not refs:
        return None
    from fleetfeed.checks.signed_beats import counting  # late: few fleets sign

    def count(known: Mapping[str, str]) -> Mapping[str, str]:
        try:
            return counting(repo, view.where.remote, view.snapshot, refs, known)
        except CannotTell:
            return {}  # an estimate goes by posts, then

    return count
