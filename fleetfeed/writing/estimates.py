"""The leases in a view of the feed, for the commands that list items."""

import time
from collections.abc import Mapping

from fleetfeed.lease.estimate import Estimate, binding_lease, lease_in
from fleetfeed.lease.heartbeat import item_of_ref
from fleetfeed.lease.stamps import server_clock
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import SIGNED
from fleetfeed.model.item import Item
from fleetfeed.repo.observed_beats import Counting, observed_beats
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View


class LeaseEstimates:
    """The leases in one view of the feed, as of now."""

    def __init__(self, repo: Repo, view: View) -> None:
        """The beats that the remote told of are kept in mind for the next time."""
        since = _since_beats(repo, view) if view.refs else {}
        self._feed, self._now = view.snapshot, time.time()
        self._heard = {item: self._now - age for item, age in since.items()}

    def of(self, item: Item) -> Estimate:
        """The lease of `item`; nothing where none is in anybody's way."""
        return binding_lease(self._feed, item, self._now, self._heard.get(item.id))

    def of_own(self, item: Item) -> Estimate:
        """That of what somebody has in progress, or of their place in line."""
        return lease_in(self._feed, item, self._now, self._heard.get(item.id))


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
