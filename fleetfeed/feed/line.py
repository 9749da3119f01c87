"""The line before a surface: who waits for it, and whether anybody is in the way.

A place in line is a parked item that has a TURN. It waits for all that its surfaces
overlap, so who stands before whom is told by overlapping, as all else about surfaces.
"""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import IN_LINE
from fleetfeed.model.families import Families
from fleetfeed.model.item import Item, history
from fleetfeed.model.surface import SurfaceKey


def places(
    feed: Snapshot, keys: Iterable[SurfaceKey], families: Families, but: str = ""
) -> tuple[Item, ...]:
    """The items in line for what overlaps `keys`, the first first; not the item `but`.

    Of two that have one turn, which no rule lets in, the lower item comes first.
    """
    resting = feed.resting.under(families)
    holds = (hold for key in keys for hold in resting.overlapping(key))
    found = {hold.item for hold in holds if hold.state == IN_LINE}
    items = (feed.item(item) for item in sorted(found - {but}))
    return tuple(sorted(items, key=lambda item: item.turn))


def before_whom(
    feed: Snapshot, item: Item, key: SurfaceKey, families: Families
) -> tuple[Item, ...]:
    """Who is in line for `key`, and not behind `item`, which begins to hold that.

    Its own place is in line for what it was taken for, and not for what is wider. What
    it holds already by another key, it does not begin to hold.
    """
    if _within(key, item.own, families):
        return ()
    there = places(feed, (key,), families, item.id)
    if not item.turn or not _within(key, item.keys, families):
        return there
    return tuple(other for other in there if other.turn < item.turn)


def _within(key: SurfaceKey, keys: tuple[SurfaceKey, ...], families: Families) -> bool:
    """Whether one of `keys` contains `key`."""
    wide = [parts for other in keys for parts in families.collides_as(other.parts)]
    return all(
        any(parts[: len(each)] == each for each in wide)
        for parts in families.collides_as(key.parts)
    )


def overtaken(
    before: Snapshot, after: Snapshot, items: Iterable[str], families: Families
) -> Iterator[Item]:
    """The items in line that one of `items` comes before, by what it begins to hold."""
    steps = ((before.item(name), after.item(name)) for name in items)
    return _passed(before, after, steps, families)


def overtaken_meanwhile(
    before: Snapshot, after: Snapshot, items: Iterable[str], families: Families
) -> Iterator[Item]:
    """The same, also where it has let that go since: of posts that came one by one."""
    steps = (step for name in items for step in _steps(before, after, name))
    return _passed(before, after, steps, families)


def _steps(before: Snapshot, after: Snapshot, name: str) -> Iterator[tuple[Item, Item]]:
    """An item before and after each of its posts that have come since `before`."""
    was = before.item(name)
    new = frozenset(range(was.newest + 1, after.item(name).newest + 1))
    return ((one, two) for one, _, two in history(was, after.posts(name, new)))


def _passed(
    before: Snapshot,
    after: Snapshot,
    steps: Iterable[tuple[Item, Item]],
    families: Families,
) -> Iterator[Item]:
    """Who is in line all along before what items begin to hold by `steps`."""
    seen = set[str]()
    for was, now in steps:
        for key in now.own:
            for place in before_whom(after, was, key, families):
                there = place_of(before.item(place.id)) == place_of(place)
                if there and place.id not in seen:
                    seen.add(place.id)
                    yield place


def place_of(item: Item) -> tuple[str, object, str]:
    """What tells an item's place in line from an earlier one of it."""
    return item.id, item.holding, item.op


def ahead_of(feed: Snapshot, item: Item, families: Families) -> tuple[Item, ...]:
    """Who is in line before `item` for its surfaces; all, where it is not in line."""
    there = places(feed, item.keys, families, item.id)
    if not item.turn:
        return there
    return tuple(other for other in there if other.turn < item.turn)


def in_the_way(
    feed: Snapshot, keys: Iterable[SurfaceKey], families: Families, but: str = ""
) -> tuple[str, ...]:
    """The items that hold what overlaps `keys`; not the item `but`."""
    holders = feed.holders.under(families)
    found = (hold.item for key in keys for hold in holders.overlapping(key))
    return tuple(dict.fromkeys(item for item in found if item != but))


def unblocked(
    before: Snapshot, after: Snapshot, items: Iterable[str], families: Families
) -> Iterator[Item]:
    """The items in line that nothing is in the way of any more, by posts of `items`.

    And those of `items` that have just come into a line where nothing is, and those
    behind one of them that has left it: until then it was not their turn.
    """
    seen = set[str]()
    for name in items:
        was, now = before.item(name), after.item(name)
        waiting = _behind(after, was, families) if _left(was, now) else []
        if now.turn and (now.turn, now.keys) != (was.turn, was.keys):
            waiting.append(now)
        else:
            gone = [key for key in was.held if key not in now.held]
            waiting += places(after, gone, families) if gone else ()
        for item in waiting:
            if item.id not in seen:
                seen.add(item.id)
                if not in_the_way(after, item.keys, families, item.id):
                    yield item


def _left(was: Item, now: Item) -> bool:
    """Whether the item has left its place in line."""
    return was.turn > 0 and (now.turn, now.keys) != (was.turn, was.keys)


def _behind(feed: Snapshot, place: Item, families: Families) -> list[Item]:
    """Who is in line behind a place, be that there still or not."""
    there = places(feed, place.keys, families, place.id)
    return [other for other in there if other.turn > place.turn]
