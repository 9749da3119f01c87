"""A verdict for programs: JSON, GitHub's workflow commands, SARIF."""

import json
from collections.abc import Callable

from fleetfeed import __version__
from fleetfeed.model.catalogue import CATALOGUE
from fleetfeed.model.findings import Finding, Verdict
from fleetfeed.report.documents import finding_json
from fleetfeed.report.envelope import envelope
from fleetfeed.report.text import text_report


def json_report(verdict: Verdict, what: str) -> str:
    """The verdict as one JSON document: the envelope of all answers."""
    del what
    refused = [found for found in verdict.findings if found.rejects]
    codes = sorted({found.code for found in refused})
    document = envelope(
        "refused" if refused else "passes",
        1 if refused else 0,
        findings=map(finding_json, verdict.findings),
        remarks=verdict.remarks,
        next=[f"fleetfeed rule {code}" for code in codes],
    )
    return json.dumps(document, indent=2)


def github_report(verdict: Verdict, what: str) -> str:
    """Annotations: `::error file=…,line=…,col=…,title=…::message` (GitHub Actions).

    A remark is a notice: what was not judged must not look as if it were.
    """
    del what
    notices = (f"::notice title=fleetfeed::{_data(said)}" for said in verdict.remarks)
    return "\n".join([*map(_annotation, verdict.findings), *notices])


def github_failure(message: str) -> str:
    """The annotation of a run that has no verdict."""
    return f"::error title=fleetfeed cannot tell::{_data(message)}"


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
