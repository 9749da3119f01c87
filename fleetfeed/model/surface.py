"""Surfaces: the keys that are claimed, and when two of them are one thing.

One function normalises a key for everyone (`segments`); comparing anything else
would let one surface be claimed under two spellings.
"""

import re

from fleetfeed.util.records import field, record

LONGEST_KEY = 200
"""The longest key, in characters."""

_ALLOWED = re.compile(r"[A-Za-z0-9._\-/@+#:]*")
_EVERYTHING = frozenset({"all", "any", "*", "**", "everything"})


def segments(text: str) -> tuple[str, ...]:
    """`text` normalised: folded, `_` as `-`, `/` as `:`, no empty segment, no `.`.

    Never fails, so that a landed key that no rule would let in today still holds
    what it names.
    """
    folded = text.strip().casefold().replace("_", "-").replace("/", ":")
    parts = (part.strip() for part in folded.split(":"))
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


def shape_flaw(text: str) -> tuple[str, str] | None:
    """What is wrong with a key as written: a rule's code and why, or None."""
    written = text.strip()
    if len(written) > LONGEST_KEY:
        many = f"has {len(written)} characters, more than {LONGEST_KEY}"
        return "FF201", f"{many}; shorten it"
    parts = written.split(":")
    if _says_everything(parts):
        return "FF203", "says everything; name the artifact that is being changed"
    if not _ALLOWED.fullmatch(written):
        bad = next(ch for ch in written if not _ALLOWED.fullmatch(ch))
        if bad == "\\":
            return "FF201", "has a backslash; write / in its place"
        return "FF201", f"has {bad!a}; write ASCII letters, digits and . _ - / @ + #"
    if len(parts) == 1:
        return "FF202", "has one segment; write lane:family:artifact"
    if any(not piece for piece in re.split("[:/]", written)):
        return "FF201", "has an empty segment; take out the `:` or `/` too many"
    if any(not re.search("[A-Za-z0-9]", piece) for piece in re.split("[:/]", written)):
        return "FF201", "has a segment without a letter or digit; name the thing itself"
    if len(parts) == 2:  # noqa: PLR2004 - lane and family, nothing named in it
        return "FF203", "names a whole family; write lane:family:artifact"
    return None


def key_meant(text: str) -> str:
    """The key that a path with backslashes means; empty where that is none."""
    written = text.strip().replace("\\", "/")
    return "" if written == text.strip() or shape_flaw(written) else written


def _says_everything(parts: list[str]) -> bool:
    """Whether the artifact is `all` or the like, or the last segment is a star."""
    rest = ":".join(parts[2:]).casefold().replace("/", ":").strip(": ")
    pieces = [piece for piece in rest.split(":") if piece]
    if not pieces:
        return False
    return all(piece in _EVERYTHING for piece in pieces) or pieces[-1] in {"*", "**"}
