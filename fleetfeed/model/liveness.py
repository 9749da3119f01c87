"""Signs of life: what the judge is told about leases, from outside.

And how long a taker has to wait, as the judge's refusal says it and the taker reads it.
"""

import math
import re
from collections.abc import Callable, Iterable
from enum import Enum

from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.findings import Finding


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


def wait_advice(alive: Alive) -> str:
    """The part of a refusal that says from when on it is lawful (FF502, FF507)."""
    return f"; wait {math.ceil(alive.opens)} s, or ask for a release"


def advised_seconds(words: Iterable[str], findings: "Iterable[Finding]") -> int | None:
    """After how many seconds another try is lawful, by whoever said so; None: nobody.

    A server says it in its words; a ledger that keeps time lets the judge say it.
    """
    judged = (f"{found.code} {found.message}" for found in findings)
    said = (advised_wait(line) for line in (*words, *judged))
    return next((seconds for seconds in said if seconds is not None), None)


def advised_wait(line: str) -> int | None:
    """The seconds of `wait_advice` in a server's line; None where it is no such one."""
    found = re.search(r"\bFF50[27]\b.*; wait (\d+) s\b", line)
    return int(found[1]) if found else None
