"""The write: from the feed as it is to the feed with the posts that a command adds."""

from fleetfeed.checks.verdict import Verdict
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import Severity, in_order
from fleetfeed.model.liveness import Signs, no_signs
from fleetfeed.repo.judging_policy import judging_policy
from fleetfeed.repo.location import Where


def judge_write(
    before: Snapshot,
    after: Snapshot,
    where: Where,
    unknown: Severity = Severity.REJECT,
    signs: Signs = no_signs,
) -> Verdict:
    """The verdict on `after`, which adds posts to `before`.

    Nobody here keeps time, so what needs a lapse is refused, as a server does that
    cannot tell: a server without hooks would let it through. Where the server can tell,
    `unknown` is a warning; `signs` are what the writer itself has watched.
    """
    policy, findings = judging_policy(before, after, where)
    found = validate(before, after, policy, signs, unknown)
    return Verdict(in_order((*findings, *found)))
