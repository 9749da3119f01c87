"""A verdict or an error for people: a line a finding, `PATH:LINE:COL: CODE message`."""

from fleetfeed.model.errors import CannotTell, FleetfeedError, Held, Refused
from fleetfeed.model.findings import Finding, Verdict

MOST = 50
"""Findings that are printed; a removed feed would otherwise print all of its posts."""


def text_report(verdict: Verdict, what: str) -> str:
    """`verdict` on a `what` (`commit`, `push`); empty where nothing is to be said."""
    # What refuses comes before what only warns, or the cut could hide it.
    found = sorted(verdict.findings, key=lambda found: not found.rejects)
    lines = [line for each in found[:MOST] for line in finding_lines(each)]
    more = len(verdict.findings) - MOST
    if more > 0:
        lines.append(f"… and {more} more")
    if verdict.refused:
        codes = sorted({f.code for f in verdict.findings if f.rejects})
        lines.append(f"fleetfeed: {what} refused; `fleetfeed rule {codes[0]}` explains")
    lines += [f"fleetfeed: {remark}" for remark in verdict.remarks]
    return "\n".join(lines)


def finding_lines(found: Finding) -> list[str]:
    """One finding, and the mended line or path below it."""
    place = found.place
    where = f"{place.path}:{place.line}:{place.column}" if place.line else place.path
    kind = "" if found.rejects else "warning: "
    lines = [f"{where}: {found.code} {kind}{found.message}"]
    if found.mended:
        lines.append(f"    mended: {found.mended}")
    return lines


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


def sentence(error: FleetfeedError) -> str:
    """What went wrong, with the code of the rule behind it, where there is one."""
    finding = error.finding if isinstance(error, CannotTell) else None
    return f"{finding.code} {error}" if finding else str(error)
