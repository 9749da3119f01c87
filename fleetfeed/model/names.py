"""Names: of items, and of seats, who post; which seat counts as which.

An item has one spelling, since one item spelled two ways would be two claims.
"""

import re
from collections.abc import Iterable
from fnmatch import translate

from fleetfeed.util.records import record

_ITEM = re.compile(r"([A-Z][A-Z0-9]{0,15})-([0-9]{4,9})")
ITEM = r"([A-Z][A-Z0-9]{0,15})-(0[0-9]{3}|[1-9][0-9]{3,8})"
"""An item rightly spelled, but for the number 0, which none has."""
_RIGHT = re.compile(ITEM)
"""As `str` spells it: four digits, and more where they are needed."""

_LOOSE = r"\s*([A-Za-z][A-Za-z0-9]*?)[\s_\-#]*([0-9]{1,9})\s*"
PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,15}")
_IN_PROSE = re.compile(r"(?<![\w-])[a-z][a-z0-9]*-[0-9]{4,9}(?!\w)")
SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A server's name."""

LAST = 999_999_999
"""The highest number that an item can have."""


@record
class ItemId:
    """Prefix and number; `str()` gives the one spelling, such as `CMB-0036`."""

    prefix: str
    number: int

    def __str__(self) -> str:
        """The spelling: the number padded to four digits."""
        return f"{self.prefix}-{self.number:04d}"


def parse(text: str) -> ItemId | None:
    """The item that `text` spells rightly; None for any other spelling."""
    match = _RIGHT.fullmatch(text)
    number = int(match[2]) if match else 0
    return ItemId(match[1], number) if match and number else None


def split_prose(text: str) -> tuple[tuple[str, ...], str]:
    """The items that prose names, each once, in any case; and the prose without them.

    The rest is case-folded. An item is a word of its own: `XCMB-0002` names none.
    """
    folded = text.casefold()
    found = dict.fromkeys(name.upper() for name in _IN_PROSE.findall(folded))
    return tuple(found), _IN_PROSE.sub(" ", folded)


def by_prefix(items: Iterable[ItemId]) -> dict[str, list[int]]:
    """The numbers of `items`, by their prefixes."""
    found: dict[str, list[int]] = {}
    for item in items:
        found.setdefault(item.prefix, []).append(item.number)
    return found


def in_order(text: str) -> tuple[str, int]:
    """A key that sorts items by prefix and number."""
    match = _ITEM.fullmatch(text)
    return (match[1], int(match[2])) if match else ("", 0)


def meant(text: str) -> str:
    """The right spelling of what `text` probably means; empty where unknowable."""
    match = re.fullmatch(_LOOSE, text)
    if not match or not int(match[2]):
        return ""
    item = ItemId(match[1].upper(), int(match[2]))
    return str(item) if PREFIX.fullmatch(item.prefix) else ""


SEAT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]*(/[A-Za-z0-9][A-Za-z0-9._\-]*)*")
SEAT_PATTERN = r"[A-Za-z0-9*][A-Za-z0-9._\-*]*(/[A-Za-z0-9*][A-Za-z0-9._\-*]*)*"
"""A seat in which `*` stands for part of a name (see `matches`)."""
LONGEST_SEAT = 100
"""The longest name of a seat, in characters."""


def seat_meant(text: str) -> str:
    """A seat's name like `text`: `-` for what none may have; empty where none is."""
    pieces = (
        re.sub(r"[^A-Za-z0-9._\-]+", "-", part).strip("-_.") for part in text.split("/")
    )
    name = "/".join(piece for piece in pieces if piece)[:LONGEST_SEAT]
    return name if SEAT.fullmatch(name) else ""


def of_session(seat: str, session: str) -> str:
    """The seat of one session of `seat`: a sub-seat, once, however often it is said."""
    if not session or seat.casefold().endswith(f"/{session.casefold()}"):
        return seat
    return f"{seat}/{session}"


def same_seat(one: str, two: str) -> bool:
    """Whether two names are one seat's: case is no part of what it is."""
    return one.casefold() == two.casefold()


def acts_as(seat: str, other: str) -> bool:
    """Whether `seat` is `other`, or `other` is a sub-seat of it (`PARENT/task`)."""
    one, two = seat.casefold(), other.casefold()
    return bool(two) and (one == two or two.startswith(one + "/"))


def matches(pattern: str, seat: str) -> bool:
    """Whether `seat` fits a pool's pattern, in which `*` does not cross a `/`."""
    wanted, given = pattern.casefold().split("/"), seat.casefold().split("/")
    return len(wanted) == len(given) and all(
        re.fullmatch(translate(part), piece)
        for part, piece in zip(wanted, given, strict=True)
    )
