"""What a server has refused for a surface's sake, by day, surface and rule.

So it can be seen which surface is fought over: what is refused leaves no post. A server
counts in a file of its own (`checks.refusals`) and tells its clients by the blob at
`REFUSED_REF`, which nobody may push.
"""

import json
from collections.abc import Iterable, Iterator

from fleetfeed.model.findings import Finding
from fleetfeed.util.records import record

REFUSED_REF = "refs/fleetfeed/refused"

MOST_TOLD = 500
"""Rows that a blob has: the newest days', of one day the largest."""

_FOR_A_SURFACE = ("FF401", "FF507", "FF701", "FF703")
"""The rules that refuse a post, or code, since somebody else has the surface."""

_LONGEST = 200
"""Characters of a key that are kept."""

_DAY = 24 * 3600

_MOST = 10**11
"""More is no count, and no time in seconds."""


@record
class RefusedRow:
    """How often a rule has refused something for `key`, as it was written, in a day.

    `day` are days since 1970 (UTC).
    """

    day: int
    key: str
    rule: str
    count: int


@record
class Refused:
    """What was refused up to `at`, in seconds of UTC; `more` is not told by surface."""

    at: float
    rows: tuple[RefusedRow, ...] = ()
    more: int = 0

    def by_surface(self, since: float) -> Iterator[tuple[str, int]]:
        """Surfaces and how often each was refused from the day of `since` on."""
        first = int(since // _DAY)
        return ((row.key, row.count) for row in self.rows if row.day >= first)

    @property
    def data(self) -> bytes:
        """The blob that says this."""
        told, left = self.rows[:MOST_TOLD], self.rows[MOST_TOLD:]
        rows = [(row.day, row.key, row.rule, row.count) for row in told]
        more = self.more + sum(row.count for row in left)
        said = {"format": 1, "at": int(self.at), "rows": rows, "more": more}
        return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def read_refused(data: bytes) -> Refused | None:
    """What a server's blob says; None where it cannot be read."""
    try:
        said = json.loads(data)
        rows = [
            RefusedRow(_bounded(day), str(key)[:_LONGEST], str(rule), _bounded(count))
            for day, key, rule, count in said["rows"][:MOST_TOLD]
        ]
        at, more = _bounded(said["at"]), _bounded(said["more"])
        return Refused(float(at), tuple(rows), more)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _bounded(number: object) -> int:
    """A number that a server may have counted, or a time; ValueError for others."""
    if not isinstance(number, int) or not 0 <= number < _MOST:
        raise ValueError(number)
    return number


def day_of(at: float) -> int:
    """The day of a time in seconds of UTC."""
    return int(at // _DAY)


def surfaces_refused(findings: Iterable[Finding]) -> frozenset[tuple[str, str]]:
    """For which surfaces, and by which rules, `findings` refuse something."""
    return frozenset(
        (found.surface[:_LONGEST], found.code)
        for found in findings
        if found.rejects and found.surface and found.code in _FOR_A_SURFACE
    )
