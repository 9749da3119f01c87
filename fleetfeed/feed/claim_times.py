"""Which surfaces were claimed when, as far as posts say when they were written.

By that alone it is told whether somebody had claimed a path when it was changed: a
report for people, by which nothing is refused.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import Hold, OverlapIndex, hold_of
from fleetfeed.model.families import Families
from fleetfeed.model.item import Item, history
from fleetfeed.model.post import Post, State
from fleetfeed.model.surface import SurfaceKey

Seconds = Callable[[str], float | None]
"""From an AT to seconds of UTC; None where it says no time."""

_Span = tuple[float, float]


class ClaimTimes:
    """The surfaces that items had in progress, each with the times from and to."""

    def __init__(self, feed: Snapshot, items: Iterable[Item], seconds: Seconds) -> None:
        """All posts of `items` are read."""
        self._spans: dict[Hold, list[_Span]] = defaultdict(list)
        for item in items:
            for key, span in _claimed(feed, item, seconds):
                self._spans[hold_of(key, item.id)].append(span)
        families: Families = feed.rules.families
        self._index = OverlapIndex(self._spans, families)

    def claimed(self, key: SurfaceKey, at: float) -> bool:
        """Whether some item had `key`, or a part of it, in progress at that time."""
        return any(
            start <= at <= end
            for hold in self._index.overlapping(key)
            for start, end in self._spans[hold]
        )


def _claimed(
    feed: Snapshot, item: Item, seconds: Seconds
) -> Iterator[tuple[SurfaceKey, _Span]]:
    """What an item had in progress, and from when to when.

    A post without a time is taken for one of the time before it.
    """
    began, had = 0.0, tuple[SurfaceKey, ...]()
    for _, post, after in history(Item(item.id), feed.posts(item.id)):
        told = seconds(post.text("AT")) if isinstance(post, Post) else None
        now = began if told is None else told
        yield from ((key, (began, now)) for key in had)
        began, had = now, after.keys if after.state is State.IN_PROGRESS else ()
    yield from ((key, (began, float("inf"))) for key in had)
