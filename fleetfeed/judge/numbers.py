"""Numbers: of a new item, and of an item's next post."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from fleetfeed import itemid, layout
from fleetfeed.finding import Finding, Place
from fleetfeed.itemid import ItemId
from fleetfeed.rules import finding
from fleetfeed.snapshot import Snapshot


def next_free(before: Snapshot, after: Snapshot, prefix: str) -> ItemId:
    """The next number of `prefix` that neither side has."""
    return ItemId(prefix, max(before.highest(prefix), after.highest(prefix)) + 1)


def far_numbers(
    before: Snapshot, after: Snapshot, new: Iterable[str], max_gap: int
) -> Iterator[Finding]:
    """FF307 for each new item whose number is far beyond the highest so far.

    Numbers are taken in ascending order; one that is refused does not become the
    highest, so one stray number condemns itself alone.
    """
    for prefix, numbers in _by_prefix(new).items():
        highest = before.highest(prefix)
        for number in sorted(numbers):
            if not highest or number <= highest + max_gap:
                highest = max(highest, number)
                continue
            item, free = str(ItemId(prefix, number)), str(ItemId(prefix, highest + 1))
            said = f"{item} is far beyond {ItemId(prefix, highest)}, the highest so far"
            yield finding(
                "FF307",
                Place(after.tree.shown(layout.post_path(item, 1))),
                f"{said}; the next free number is {free}",
                mended=after.tree.shown(layout.post_path(free, 1)),
                item=item,
            )


def _by_prefix(items: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for item in items:
        known = itemid.parse(item)
        if known:
            found[known.prefix].append(known.number)
    return found


def gaps(
    after: Snapshot, item: str, newest: int, numbers: list[int]
) -> Iterator[Finding]:
    """FF306 for each new post that does not carry the item's next number."""
    for right, number in enumerate(sorted(numbers), newest + 1):
        if number != right:
            said = f"{item}'s next post is number {right}, not {number}"
            yield finding(
                "FF306",
                Place(after.tree.shown(layout.post_path(item, number))),
                f"{said}; fetch, and rename the file",
                mended=after.tree.shown(layout.post_path(item, right)),
                item=item,
            )
