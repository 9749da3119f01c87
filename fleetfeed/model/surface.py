"""Surfaces: the keys that are claimed, and when two of them are one thing.

One function normalises a key for everyone (`segments`); comparing anything else
would let one surface be claimed under two spellings.
"""

import re

from fleetfeed.model.surface_parts import canonical, is_plain
from fleetfeed.util.records import field, record


def segments(text: str) -> tuple[str, ...]:
    """The parts of the key `text`, each in its one spelling; no empty part, no `.`.

    Never fails, so that a landed key that no rule would let in today still holds
    what it names. Joined by colons they are a key that has these parts.
    """
    if is_plain(text):
        folded = text.lower().replace("_", "-").replace("/", ":")
        parts = [part.strip() for part in folded.split(":")]
    else:
        parts = [canonical(part) for part in re.split("[:/]", text)]
    return tuple(part for part in parts if part not in ("", "."))


@record
class SurfaceKey:
    """A surface: `parts` decides what it is, `text` is how it was written."""

    parts: tuple[str, ...]
    text: str = field(compare=False)

    @classmethod
    def of(cls, text: str) -> "SurfaceKey":
        """The key that `text` names."""
        return cls(segments(text), text.strip())

    def __str__(self) -> str:
        """The normalised spelling, which is its own normal form."""
        return ":".join(self.parts)

    def contains(self, other: "SurfaceKey") -> bool:
        """Whether `other` is this surface or a part of it (whole segments)."""
        return other.parts[: len(self.parts)] == self.parts

    def overlaps(self, other: "SurfaceKey") -> bool:
        """Whether one of the two contains the other: that is a collision."""
        return self.contains(other) or other.contains(self)
