"""Seats: who posts, and who counts as whom."""

import re
from fnmatch import translate

from fleetfeed.util.lazy import pattern

SEAT = pattern(r"[A-Za-z0-9][A-Za-z0-9._\-]*(/[A-Za-z0-9][A-Za-z0-9._\-]*)*")
LONGEST = 100


def acts_as(seat: str, other: str) -> bool:
    """Whether `seat` is `other`, or `other` is a sub-seat of it (`PARENT/task`)."""
    one, two = seat.casefold(), other.casefold()
    return bool(two) and (one == two or two.startswith(one + "/"))


def is_parent(seat: str, other: str) -> bool:
    """Whether `other` is a sub-seat of `seat` and not the seat itself."""
    return acts_as(seat, other) and seat.casefold() != other.casefold()


def matches(pattern: str, seat: str) -> bool:
    """Whether `seat` fits a pool's pattern, in which `*` does not cross a `/`."""
    wanted, given = pattern.casefold().split("/"), seat.casefold().split("/")
    return len(wanted) == len(given) and all(
        re.fullmatch(translate(part), piece)
        for part, piece in zip(wanted, given, strict=True)
    )
