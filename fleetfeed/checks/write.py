"""What a command's write comes to, before it is pushed."""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.transitions import LAPSE_UNKNOWN, TOO_FEW
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import Severity, Verdict, in_order
from fleetfeed.model.identity import Speakers
from fleetfeed.model.liveness import Signs, no_signs
from fleetfeed.repo.judging_policy import judging_policy
from fleetfeed.repo.location import Where

BY_A_LAPSE = frozenset((LAPSE_UNKNOWN, TOO_FEW))
"""What a lapse would make right, of which whoever keeps time knows."""


def judge_write(
    before: Snapshot,
    after: Snapshot,
    where: Where,
    unknown: Severity = Severity.REJECT,
    signs: Signs = no_signs,
    *,
    speakers: Speakers | None = None,
) -> Verdict:
    """The verdict on `after`, which adds posts to `before`.

    Nobody here keeps time, so what needs a lapse is refused, as a server does that
    cannot tell: a server without hooks would let it through. Where the server can tell,
    `unknown` is a warning; `signs` are what the writer itself has watched, `speakers`
    who it will be taken for.
    """
    policy, findings = judging_policy(before, after, where)
    found = validate(before, after, policy, signs, unknown, speakers=speakers)
    return Verdict(in_order((*findings, *found)))
