"""Dependencies: what waits for what, and that nothing begins upon what is not done.

And that no item waits for itself, through whatever others.
"""

from collections.abc import Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.step import Step
from fleetfeed.judge.waiting import LEFT_OUT, is_done
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import State
from fleetfeed.util.printable import printable

MOST_NAMED = 8
"""Items that one answer names; of a longer cycle the two ends."""


def waits_for(feed: Snapshot, item: Item) -> tuple[str, ...]:
    """The items that `item` depends on and that are not done."""
    others = dict.fromkeys(item.texts("DEPENDS_ON"))
    return tuple(name for name in others if not is_done(feed.item(name)))


def dependents(feed: Snapshot, item: str) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """Each open item that depends on `item`, and what it still waits for."""
    for other in feed.keeping("DEPENDS_ON"):
        over = other.state is not None and other.state.terminal
        if item in other.texts("DEPENDS_ON") and not over:
            yield other, waits_for(feed, other)


def resumable(feed: Snapshot, seat: str) -> Iterator[Item]:
    """What rests in the hands of `seat` until others are done, and they are."""
    resting = (State.BLOCKED, State.PARKED)
    for item in feed.keeping("DEPENDS_ON"):
        if item.state not in resting or item.unreadable:
            continue
        own = acts_as(seat, item.holder or item.filer)
        if own and item.texts("DEPENDS_ON") and not waits_for(feed, item):
            yield item


def begun_upon_done(step: Step) -> Iterator[Finding]:
    """What an item depends on is done before it is begun, and before it is done.

    Who goes on with what is begun is let through, whoever holds it by then.
    """
    before, after = step.before.state, step.post.state
    begins = after in (State.IN_PROGRESS, State.DONE) and after is not before
    if not begins:
        return
    names = dict.fromkeys(step.after.texts("DEPENDS_ON"))
    missing = [name for name in names if name not in step.context.done]
    if missing:
        message, level = _not_done(step, missing), step.policy.depends
        yield step.finding("FF312", "DEPENDS_ON", message, level)


def _not_done(step: Step, missing: list[str]) -> str:
    """What an item depends on and what that is at, and the next step."""
    verb = "done" if step.post.state is State.DONE else "begun"
    items = [step.context.after.item(name) for name in missing]
    named = [told(item) for item in items[:MOST_NAMED]]
    if len(items) > MOST_NAMED:
        named.append(f"and {len(items) - MOST_NAMED} more")
    what = f"{step.before.id} cannot be {verb} yet: it depends on {', '.join(named)}"
    return f"{what}; {_todo(step, items)}"


def told(item: Item) -> str:
    """`CMB-0001 (IN_PROGRESS, CAMBER-06)`."""
    if not item.newest:
        return f"{item.id} (not there)"
    state = item.state.value if item.state and not item.unreadable else "unreadable"
    who = printable(item.contact)
    return f"{item.id} ({state}, {who})" if who else f"{item.id} ({state})"


def _todo(step: Step, items: list[Item]) -> str:
    """The step that brings it on: what will never be done comes before the rest."""
    mine = step.before.id
    for item in items:
        if item.id == mine or not item.newest or item.state is State.CANCELLED:
            why = "was cancelled" if item.newest else "is not there"
            why = "waits for itself" if item.id == mine else why
            todo = "change DEPENDS_ON (`DEPENDS_ON: none` takes all away)"
            return f"{item.id} {why}: {todo}"
    first, seat = items[0], step.post.seat
    if first.unreadable:
        return f"`fleetfeed show {first.id}` says what cannot be read"
    if first.state is State.AWAITING_CLAIM:
        from fleetfeed.judge.lanes import may_take_up  # late: few posts come to it

        may = may_take_up(step.policy, first, seat)
    else:
        may = acts_as(seat, first.contact)
    if may and first.state is State.IN_PROGRESS:
        return f"`fleetfeed done {first.id}` comes first, once that is done"
    if may:
        return f"`fleetfeed claim {first.id}` takes that up"
    who = printable(first.contact)
    return f"`fleetfeed note {first.id} --body …` asks {who} how far it is"


def no_cycle(step: Step) -> Iterator[Finding]:
    """What a post says that its item depends on does not depend on that item.

    Where a later post of the same push says otherwise, that one is judged.
    """
    mine, given = step.before.id, step.post.texts("DEPENDS_ON")
    if not given or step.context.after.item(mine).texts("DEPENDS_ON") != given:
        return
    cycle = step.context.waiting.way_back(mine)
    if not cycle:
        return
    todo = f"take {cycle[1]} out of DEPENDS_ON"
    if cycle[-2] not in (mine, LEFT_OUT):
        todo = f"{todo}, or change what {cycle[-2]} depends on first"
    what = f"none of these could ever begin: {_named(cycle)}"
    yield step.finding("FF311", "DEPENDS_ON", f"{what}; {todo}")


def _named(cycle: tuple[str, ...]) -> str:
    if len(cycle) <= MOST_NAMED:
        return " -> ".join(cycle)
    half = MOST_NAMED // 2
    left_out = f"{LEFT_OUT} ({len(cycle) - 2 * half} more)"
    return " -> ".join((*cycle[:half], left_out, *cycle[-half:]))
