"""A verdict for programs: JSON, GitHub's workflow commands, SARIF; an error as JSON."""

import json
import math
from collections.abc import Callable

from fleetfeed import __version__
from fleetfeed.model.catalogue import CATALOGUE
from fleetfeed.model.errors import (
    CannotTell,
    FleetfeedError,
    Held,
    NoLongerYours,
    Refused,
    Unknown,
)
from fleetfeed.model.findings import Finding, Verdict
from fleetfeed.report.text import sentence, text_report
from fleetfeed.util.records import as_dict


def finding_json(found: Finding) -> dict[str, object]:
    """One finding as JSON; the shape is documented in docs/commands.md."""
    known = {**as_dict(found.place), **as_dict(found)}
    del known["place"]
    return {**known, "severity": found.severity.value}


def json_report(verdict: Verdict, what: str) -> str:
    """The verdict as one JSON document."""
    document = {
        "what": what,
        "answer": "refused" if verdict.refused else "passes",
        "findings": [finding_json(found) for found in verdict.findings],
        "remarks": list(verdict.remarks),
        "code": 1 if verdict.refused else 0,
    }
    return json.dumps(document, indent=2)


def failure_json(error: FleetfeedError) -> dict[str, object]:
    """What went wrong as JSON; the shape is documented in docs/commands.md."""
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


def github_report(verdict: Verdict, what: str) -> str:
    """Annotations: `::error file=…,line=…,col=…,title=…::message` (GitHub Actions)."""
    del what
    return "\n".join(_annotation(found) for found in verdict.findings)


def _annotation(found: Finding) -> str:
    kind = "error" if found.rejects else "warning"
    fields = {"file": found.place.path}
    if found.place.line:
        fields |= {"line": str(found.place.line), "col": str(found.place.column)}
    fields["title"] = f"{found.code} {CATALOGUE[found.code].name}"
    properties = ",".join(f"{k}={_property(v)}" for k, v in fields.items())
    return f"::{kind} {properties}::{_data(found.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif_report(verdict: Verdict, what: str) -> str:
    """SARIF 2.1.0, which code hosts show beside a change."""
    del what
    codes = sorted({found.code for found in verdict.findings})
    driver = {
        "name": "fleetfeed",
        "version": __version__,
        "rules": [_sarif_rule(code) for code in codes],
    }
    results = [_sarif_result(found) for found in verdict.findings]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(document, indent=2)


def _sarif_rule(code: str) -> dict[str, object]:
    rule = CATALOGUE[code]
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.mend},
    }


def _sarif_result(found: Finding) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": {"uri": found.place.path}}
    if found.place.line:
        at = {"startLine": found.place.line, "startColumn": found.place.column}
        location["region"] = at
    return {
        "ruleId": found.code,
        "level": "error" if found.rejects else "warning",
        "message": {"text": found.message},
        "locations": [{"physicalLocation": location}],
    }


REPORTERS: dict[str, Callable[[Verdict, str], str]] = {
    "text": text_report,
    "json": json_report,
    "github": github_report,
    "sarif": sarif_report,
}
"""The formats of `check` and `audit`, by name."""
