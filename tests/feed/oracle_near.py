"""Nearness by looking at one pair after the other, written down a second time."""

from fleetfeed.model import names

ORDER = ("at rest", "same artifact", "near spelling", "sibling")


def overlap(one, two):
    """Whether the shorter of two lists of parts begins the longer one."""
    return all(a == b for a, b in zip(one, two, strict=False))


def plain(part):
    """A last part without its extension and its signs."""
    pieces = part.split(".")
    if len(pieces) > 1 and any(pieces[:-1]):
        end = pieces[-1]
        if end and len(end) <= 8 and end.isalnum() and end[0].isalpha():
            pieces.pop()
    return "".join(pieces).replace("-", "")


def plural(one, many):
    """Whether `many` is English for several of `one`."""
    if not one:
        return False
    ways = {one + "s"}
    if one[-1] in "sxz" or one[-2:] in {"ch", "sh"}:
        ways.add(one + "es")
    if one[-1] == "y":
        ways.add(one[:-1] + "ies")
    return many in ways


def why(key, other, *, rests=False):
    """Why `other` is near `key`, or "" where it is not, or "colliding"."""
    one, two = key.parts, other.parts
    if not one or not two:
        return ""
    if overlap(one, two):
        return "at rest" if rests else "colliding"
    if rests:
        return ""
    if len(one) > 2 and len(two) > 2 and overlap(one[2:], two[2:]):
        return "same artifact"
    if len(one) != len(two) or len(one) < 3 or one[:-1] != two[:-1]:
        return ""
    last, end = plain(one[-1]), plain(two[-1])
    if last and (last == end or plural(last, end) or plural(end, last)):
        return "near spelling"
    return "sibling" if len(one) > 3 else ""


def near(held, resting, keys, item=""):
    """(item, why) of all that is near `keys`, the nearest first.

    `held` and `resting` are pairs of an item's id and a key.
    """
    found = {}
    for rests, rows in ((False, held), (True, resting)):
        for other, key in rows:
            for mine in keys:
                how = why(mine, key, rests=rests)
                if how and other != item:
                    found.setdefault(other, set()).add(how)
    rows = [
        (min(ORDER.index(how) for how in hows), names.in_order(other), other)
        for other, hows in found.items()
        if "colliding" not in hows
    ]
    return [(other, ORDER[rank]) for rank, _, other in sorted(rows)]
