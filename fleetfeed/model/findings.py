"""What the judge, the readers and the hooks have to say: findings, and verdicts."""

from collections.abc import Iterable
from enum import Enum
from operator import attrgetter

from fleetfeed.util.records import record, replace


class Severity(Enum):
    """`REJECT` refuses the commit or push; `WARN` is said and passes."""

    REJECT = "reject"
    WARN = "warn"


@record
class Place:
    """Where a finding is: a path in the tree, a 1-based line and column.

    `line` and `column` are 0 where a finding is about the whole file or a ref.
    """

    path: str
    line: int = 0
    column: int = 0


@record
class Finding:
    """One thing that is wrong, in one sentence, with the next step.

    `message` is printable text (see `util.printable`): what is wrong, and who may or
    what to do. `mended` is the line, or the path, as it should be, where that is known.
    `item`, `surface` (a key as written) and `holder` are filled where the finding is
    about them.
    """

    code: str
    severity: Severity
    place: Place
    message: str
    mended: str = ""
    item: str = ""
    surface: str = ""
    holder: str = ""

    @property
    def rejects(self) -> bool:
        """Whether this finding alone refuses."""
        return self.severity is Severity.REJECT

    @property
    def sentence(self) -> str:
        """The message, with the code of its rule before it."""
        return f"{self.code} {self.message}"

    def softened(self) -> "Finding":
        """The same finding as a warning."""
        return replace(self, severity=Severity.WARN)


def refuses(findings: Iterable[Finding]) -> bool:
    """Whether any of `findings` refuses."""
    return any(finding.rejects for finding in findings)


_ORDER = attrgetter("place.path", "place.line", "place.column", "code")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """`findings` without repeats, by path, line, column and code."""
    return tuple(sorted(dict.fromkeys(findings), key=_ORDER))


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
