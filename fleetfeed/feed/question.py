"""What an answer is from: which feed was read, how long ago, and who asked for what.

A FleetfeedError carries it, so that what is told beside it is what it was raised from.
"""

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.util.records import record


@record
class Basis:
    """The feed that an answer is from: a snapshot of the feed `ref` at `commit`.

    `asked` says that the remote was asked for it now; `age` are the seconds since it
    was, None where nobody knows.
    """

    snapshot: Snapshot
    ref: str
    commit: str
    asked: bool = True
    age: float | None = 0.0


@record
class Question:
    """What an error answers: who asked (`seat`), about which `items`, of which feed."""

    basis: Basis
    seat: str = ""
    items: tuple[str, ...] = ()
