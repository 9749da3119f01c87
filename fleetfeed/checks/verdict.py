"""What a check answers: findings, and remarks for whoever reads them."""

from fleetfeed.model.findings import Finding, in_order, refuses
from fleetfeed.util.records import record


@record
class Verdict:
    """The answer of a check; `remarks` say what it was judged against."""

    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether any finding refuses."""
        return refuses(self.findings)

    def __add__(self, other: "Verdict") -> "Verdict":
        """Both verdicts as one."""
        findings = in_order((*self.findings, *other.findings))
        return Verdict(findings, (*self.remarks, *other.remarks))
