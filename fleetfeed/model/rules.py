"""The rules: every finding's code, what it means, why it exists and how to mend it.

`catalogue.py` holds the texts, in one table. `finding()` is the only way to make a
finding, so a code that is not in the table cannot be given.
"""

from fleetfeed.model.catalogue import CATALOGUE, Rule
from fleetfeed.model.findings import Finding, Place, Severity

__all__ = ["CATALOGUE", "Rule", "finding"]


def finding(
    code: str,
    place: Place,
    message: str,
    *,
    severity: Severity | None = None,
    mended: str = "",
    item: str = "",
    surface: str = "",
    holder: str = "",
) -> Finding:
    """A finding under the rule `code`, with the rule's severity unless told."""
    return Finding(
        code=code,
        severity=severity or CATALOGUE[code].severity,
        place=place,
        message=message,
        mended=mended,
        item=item,
        surface=surface,
        holder=holder,
    )
