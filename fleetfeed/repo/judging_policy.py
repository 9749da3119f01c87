"""By which policy a change is judged."""

from fleetfeed.feed.diff import changes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.layout import POLICY
from fleetfeed.model.policy import DEFAULT, Policy
from fleetfeed.repo.location import Where
from fleetfeed.util.records import replace


def judging_policy(
    before: Snapshot, after: Snapshot, where: Where
) -> tuple[Policy, tuple[Finding, ...]]:
    """The policy that judges going from `before` to `after`, and what forbids it.

    It is the one before: rules that come with the act they allow bind nobody. The
    first change of all is judged by its own. Where the one before cannot be read, or
    names another feed ref than the settings, only a change that mends it, and does
    nothing else, is judged at all.
    """
    source = before if before.tree.root else after
    policy = source.policy.policy
    if source.policy.absent or (source is after and policy is None):
        default = DEFAULT.ref == where.ref
        return DEFAULT if default else replace(DEFAULT, ref=where.ref), ()
    if policy and policy.ref == where.ref:
        return policy, ()
    return _mended(before, after, where)


def _mended(
    before: Snapshot, after: Snapshot, where: Where
) -> tuple[Policy, tuple[Finding, ...]]:
    mended, wrong = after.policy.policy, before.policy.policy
    others = [c.path for c in changes(before.tree, after.tree) if c.path != POLICY]
    if mended and mended.ref == where.ref and not others:
        return mended, ()
    if not before.policy.findings:
        raise where.disagreement((wrong or mended or DEFAULT).ref)
    reason = before.policy.findings[0]
    at = f"{reason.place.path}:{reason.place.line}"
    message = f"the policy that is there cannot be read ({at}: {reason.message})"
    todo = "mend it in a change that touches nothing else"
    place = Place(before.tree.display_path(POLICY))
    found = finding("FF403", place, f"{message}; {todo}")
    return mended or replace(DEFAULT, ref=where.ref), (found,)
