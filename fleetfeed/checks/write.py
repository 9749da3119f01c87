"""The write: from the feed as it is to the feed with the posts that a command adds."""

from fleetfeed.entrance.verdict import Verdict
from fleetfeed.feed.judged_by import judging_policy
from fleetfeed.feed.where import Where
from fleetfeed.finding import Severity, in_order
from fleetfeed.judge import Signs, no_signs, validate
from fleetfeed.snapshot import Snapshot


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
