"""By which policy a change is judged."""

from dataclasses import replace

from fleetfeed.feed.where import Where
from fleetfeed.finding import Finding, Place
from fleetfeed.layout import POLICY
from fleetfeed.policy import DEFAULT, Policy
from fleetfeed.rules import finding
from fleetfeed.snapshot import Snapshot
from fleetfeed.tree import changes


def judging_policy(
    before: Snapshot, after: Snapshot, where: Where
) -> tuple[Policy, tuple[Finding, ...]]:
    """The policy that judges going from `before` to `after`, and what forbids it.

    It is the one before: rules that come with the act they allow bind nobody. The
    first change of all is judged by its own. Where the one before cannot be read, only
    a change that mends it, and does nothing else, is judged at all.
    """
    source = before if before.tree.root else after
    reading = source.policy
    if reading.absent:
        return replace(DEFAULT, ref=where.ref), ()
    if reading.policy:
        _agree(reading.policy, where)
        return reading.policy, ()
    if source is after:
        return replace(DEFAULT, ref=where.ref), ()
    return _mending(before, after, where)


def _agree(policy: Policy, where: Where) -> None:
    wrong = where.disagreement(policy.ref)
    if wrong:
        raise wrong


def _mending(
    before: Snapshot, after: Snapshot, where: Where
) -> tuple[Policy, tuple[Finding, ...]]:
    mended = after.policy.policy or replace(DEFAULT, ref=where.ref)
    others = [c.path for c in changes(before.tree, after.tree) if c.path != POLICY]
    if not others and after.policy.policy:
        return mended, ()
    reason = before.policy.findings[0]
    place = f"{reason.place.path}:{reason.place.line}"
    said = f"the policy that is there cannot be read ({place}: {reason.message})"
    todo = "mend it in a change that touches nothing else"
    path = before.tree.shown(POLICY)
    return mended, (finding("FF403", Place(path), f"{said}; {todo}"),)
