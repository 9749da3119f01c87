"""Two posts to try hooks with: one that any feed must refuse, and its good twin.

Both are notes. A note needs no item, number, prefix or surface, so that it cannot meet
anything in the feed, and a policy has no say in whether it passes. The bad one differs
by one line: a field that no policy declares. A hook that refuses both refuses
everything, which is as broken as one that refuses nothing.
"""

import secrets
from datetime import UTC, datetime

from fleetfeed.model.layout import note_path
from fleetfeed.util.records import record

REFUSAL = "FF102"
"""The code that the bad note is refused with: a field that is not declared."""

_SEAT = "FLEETFEED-DOCTOR"


@record
class Sample:
    """A post's path in the tree and its text."""

    path: str
    text: str


def samples(folder: str) -> tuple[Sample, Sample]:
    """The note that must be refused and the one that must pass, below `folder`."""
    token = secrets.token_hex(8)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = f"{folder}/{note_path(_SEAT, at, token)}"
    good = f"SEAT: {_SEAT}\nAT: {at}\nBODY: tried by fleetfeed doctor\n"
    return Sample(path, f"{good}UNDECLARED_{token.upper()}: x\n"), Sample(path, good)
