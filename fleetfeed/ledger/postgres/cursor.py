"""How far a ledger has been exported: what stands below an exported commit's message.

Appends are numbered before they commit, so a later number may be seen before an
earlier one. What has been exported is therefore no number but a snapshot of the
database (pg_snapshot): an append is new if its transaction was not visible then. Two
appends of which one builds on the other take their numbers under the same locks, so in
the order of numbers nothing comes before what it builds on.

Every commit says so by itself, in its last lines:

    Fleetfeed-Ledger: <the ledger's id> <the cluster's id>/<its timeline>
    Fleetfeed-Append: <number> <when, in microseconds>
    Fleetfeed-Cursor: <what was exported before> <the snapshot that is being exported>

A process that dies in the middle of a snapshot leaves the number that it came to, and
the next one goes on behind that.
"""

import re

from fleetfeed.checks.pushed_commit import EXPORTED
from fleetfeed.util.records import record

BY_CONTENT = "-"
"""In place of what was exported before: what that is was found by comparing posts."""

_APPEND, _CURSOR = "Fleetfeed-Append", "Fleetfeed-Cursor"
_SNAPSHOT = r"[0-9]+:[0-9]+:(?:[0-9]+(?:,[0-9]+)*)?"
_TRAILER = re.compile(
    rf"^{EXPORTED}: (\S+) (\S+)\n"
    rf"{_APPEND}: ([0-9]+) ([0-9]+)\n"
    rf"{_CURSOR}: (-|{_SNAPSHOT}) ({_SNAPSHOT})\s*\Z",
    re.MULTILINE,
)

PATTERN = f"^{_CURSOR}: "
"""What `git log --grep` finds an exported commit by."""


@record
class Origin:
    """Which ledger, and in which life of its database.

    `cluster` is another one for a database that was restored: its transactions' numbers
    are not those of before.
    """

    ledger: str
    cluster: str


@record
class Cursor:
    """What an exported commit says of itself and of what came before it.

    Exported is what was visible in the snapshot `before`, and of what is visible in
    `snapshot` all up to `append`, which was written at `at` (µs since 1970).
    """

    origin: Origin
    append: int
    at: int
    before: str
    snapshot: str

    @property
    def text(self) -> str:
        """The lines that say so."""
        ledger, cluster = self.origin.ledger, self.origin.cluster
        return (
            f"{EXPORTED}: {ledger} {cluster}\n"
            f"{_APPEND}: {self.append} {self.at}\n"
            f"{_CURSOR}: {self.before} {self.snapshot}\n"
        )

    def below(self, message: str) -> str:
        """The message of the commit: `message`, and these lines."""
        return f"{message.rstrip() or 'fleetfeed: append'}\n\n{self.text}"


def cursor_in(message: str) -> Cursor | None:
    """What a commit's message says; None where it is no exported one's."""
    found = _TRAILER.search(message)
    if not found:
        return None
    ledger, cluster, append, at, before, snapshot = found.groups()
    return Cursor(Origin(ledger, cluster), int(append), int(at), before, snapshot)
