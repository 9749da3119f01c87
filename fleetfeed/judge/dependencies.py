"""Dependencies: no item waits for itself, through whatever others."""

from collections import deque
from collections.abc import Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.step import Step
from fleetfeed.model.findings import Finding

MOST_NAMED = 8
"""Items of a cycle that a message names; of a longer one the two ends."""


def no_cycle(step: Step) -> Iterator[Finding]:
    """What a post says that its item depends on does not depend on that item.

    Where a later post of the same push says otherwise, that one is judged.
    """
    mine, given = step.before.id, step.post.texts("DEPENDS_ON")
    if not given or step.context.after.item(mine).texts("DEPENDS_ON") != given:
        return
    cycle = way_back(step.context.after, mine)
    if not cycle:
        return
    todo = f"take {cycle[1]} out of DEPENDS_ON"
    if cycle[-2] != mine:
        todo = f"{todo}, or change what {cycle[-2]} depends on first"
    what = f"none of these could ever begin: {_named(cycle)}"
    yield step.finding("FF311", "DEPENDS_ON", f"{what}; {todo}")


def way_back(feed: Snapshot, item: str) -> tuple[str, ...]:
    """The shortest way along DEPENDS_ON from `item` to itself; empty without one.

    Each item is looked at once, so cycles that `item` is no part of end as well.
    """
    reached: dict[str, str] = {}
    todo = deque([item])
    while todo:
        here = todo.popleft()
        for name in feed.item(here).texts("DEPENDS_ON"):
            if name == item:
                return (*_from(item, here, reached), item)
            if name not in reached:
                reached[name] = here
                todo.append(name)
    return ()


def _from(item: str, here: str, reached: dict[str, str]) -> tuple[str, ...]:
    """The way from `item` to `here`, each having `reached` the next."""
    way = [here]
    while way[-1] != item:
        way.append(reached[way[-1]])
    return tuple(reversed(way))


def _named(cycle: tuple[str, ...]) -> str:
    if len(cycle) <= MOST_NAMED:
        return " -> ".join(cycle)
    half = MOST_NAMED // 2
    left_out = f"… ({len(cycle) - 2 * half} more)"
    return " -> ".join((*cycle[:half], left_out, *cycle[-half:]))
