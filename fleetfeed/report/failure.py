"""What went wrong, for people and for programs."""

import math

from fleetfeed.checks.verdict import Verdict
from fleetfeed.model.errors import (
    CannotTell,
    FleetfeedError,
    Held,
    NoLongerYours,
    Refused,
    Unknown,
)
from fleetfeed.report.formats import finding_json
from fleetfeed.report.text import sentence, text_report


def failure_text(error: FleetfeedError) -> str:
    """The sentence, behind it what the judge or the server said in detail."""
    lines = []
    if isinstance(error, Refused):
        lines = [f"remote: {word}" for word in error.words]
        if error.findings:
            lines.append(text_report(Verdict(error.findings), "post"))
            if not isinstance(error, Held):
                return "\n".join(lines)
    return "\n".join((*lines, f"fleetfeed: {sentence(error)}"))


def failure_json(error: FleetfeedError) -> dict[str, object]:
    """The same as one document; its shape is documented in docs/commands.md."""
    found = error.findings if isinstance(error, Refused) else ()
    if isinstance(error, CannotTell) and error.finding:
        found = (error.finding,)
    return {
        "answer": error.answer,
        "message": sentence(error),
        **_facts(error),
        "findings": [finding_json(each) for each in found],
        "code": error.exit_code,
    }


def seconds_left(left: float | None) -> int | None:
    """What is left of a lease, in whole seconds: as JSON, which knows no infinity."""
    return None if left is None or math.isinf(left) else math.floor(left)


def _facts(error: FleetfeedError) -> dict[str, object]:
    if isinstance(error, Held):
        known = {"item": error.item, "surface": error.surface, "holder": error.holder}
        left = seconds_left(error.lease_left)
        return {**known, "epoch": error.epoch, "since": error.since, "lease_left": left}
    if isinstance(error, NoLongerYours):
        known = {"item": error.item, "holder": error.holder}
        return {**known, "epoch": error.epoch}
    if isinstance(error, Refused) and error.words:
        return {"words": list(error.words)}
    return {"op": error.op} if isinstance(error, Unknown) else {}
