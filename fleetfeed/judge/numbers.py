"""Numbers: of a new item, and of an item's next post."""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import layout, names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.names import ItemId
from fleetfeed.util.intervals import IntervalSet

NEXT_FREE = "the next free number is "
"""Behind this stands a number, for who reads it to take (`writing.numbering`)."""


def next_number(feed: Snapshot, prefix: str, max_gap: int, *others: Snapshot) -> ItemId:
    """The number of `prefix` for the next new item, free in `feed` and `others`.

    It follows the fleet's own numbers, wherever a stray one may stand: see `following`.
    What another is about to take is passed over, as far as `feed` can tell.
    """
    taken = feed.numbers(prefix)
    for each in others:
        taken |= each.numbers(prefix)
    first = following(taken, max_gap)
    number = feed.unattended(prefix, first)
    return ItemId(prefix, first if number in taken else number)


def following(taken: IntervalSet, max_gap: int) -> int:
    """One more than the end of the longest run in `taken`; 1 where none is taken.

    In a run each number exceeds the one before by at most `max_gap`. Most numbers tell
    where the fleet is: a stray one, high or low, makes a run of its own and changes
    nothing. Of two runs as long as each other the lower counts, since a number that is
    too high is the slip that happens.
    """
    runs: list[tuple[int, int]] = []  # how many numbers a run has, and its last
    for first, last in taken.spans:
        there = last - first + 1
        if runs and first - runs[-1][1] <= max_gap:
            runs[-1] = (runs[-1][0] + there, last)
        else:
            runs.append((there, last))
    # Nothing follows the last number that an item can have.
    open_ = (run for run in runs if run[1] < names.LAST)
    return max(open_, key=lambda run: run[0], default=(0, 0))[1] + 1


def far_numbers(
    before: Snapshot, after: Snapshot, new: Iterable[str], max_gap: int
) -> Iterator[Finding]:
    """FF307 for each new item whose number is far beyond the highest so far.

    Numbers are taken in ascending order; one that is refused does not become the
    highest, so one stray number condemns itself alone.
    """
    for prefix, numbers in names.by_prefix(filter(None, map(names.parse, new))).items():
        highest, taken = before.highest(prefix), before.numbers(prefix)
        for number in sorted(numbers):
            if not highest or number <= highest + max_gap:
                highest = max(highest, number)
                taken |= IntervalSet.of([number])
                continue
            item, far = str(ItemId(prefix, number)), ItemId(prefix, highest)
            free = ItemId(prefix, following(taken, max_gap))
            # The next one that is too far is told another.
            taken |= IntervalSet.of([free.number])
            yield finding(
                "FF307",
                Place(after.tree.display_path(layout.post_path(item, 1))),
                f"{item} is far beyond {far}, the highest so far; {NEXT_FREE}{free}",
                mended=after.tree.display_path(layout.post_path(str(free), 1)),
                item=item,
            )


def gaps(
    after: Snapshot, item: str, newest: int, numbers: list[int]
) -> Iterator[Finding]:
    """FF306 for each new post that does not carry the item's next number."""
    for right, number in enumerate(sorted(numbers), newest + 1):
        if number != right:
            message = f"{item}'s next post is number {right}, not {number}"
            yield finding(
                "FF306",
                Place(after.tree.display_path(layout.post_path(item, number))),
                f"{message}; fetch, and rename the file",
                mended=after.tree.display_path(layout.post_path(item, right)),
                item=item,
            )
