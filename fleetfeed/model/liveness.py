"""Signs of life: what the judge is told about leases, from outside."""

from collections.abc import Callable
from enum import Enum

from fleetfeed.util.records import record


@record
class Alive:
    """Nobody may take over yet: the lease runs for `left` seconds more.

    Where it is over (`left` is not positive) the grace still runs. `opens` are the
    seconds until a takeover is lawful.
    """

    left: float
    opens: float = 0.0


class Lapse(Enum):
    """The lease is over, or nobody can tell."""

    LAPSED = "lapsed"
    UNKNOWN = "unknown"


Sign = Alive | Lapse
Signs = Callable[[str], Sign]
"""From an item's id to its sign."""


def no_signs(item: str) -> Sign:
    """The signs where nobody keeps time: unknown for every item."""
    del item
    return Lapse.UNKNOWN
