"""Collisions: one surface, one active owner."""

import math
from collections.abc import Iterable, Iterator

from fleetfeed.feed.surface_index import Hold, Holders
from fleetfeed.judge.step import JudgeContext, Step
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Alive, Lapse, Sign
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.printable import printable


def collisions(steps: list[Step]) -> Iterator[Finding]:
    """FF401 for each other item that holds what one item acquired in `steps`.

    A surface that is still held collides with whoever holds it afterwards. One that
    was let go again collides with whoever held it all along: under its nose.
    """
    # Of each key the last time that it was taken.
    last = {
        step.policy.families.collides_as(key.parts): (key, step)
        for step in steps
        for key in step.acquired
    }
    for key, step in last.values():
        yield from _collisions(key, step)


def _collisions(acquired: SurfaceKey, step: Step) -> Iterator[Finding]:
    # First what is there to stay: it is remembered, and the other follows from it.
    context, mine, families = step.context, step.before.id, step.policy.families
    stood_before = context.before.holders
    holders = context.after.holders.under(families)
    keeps, met = acquired in holders.held(mine), {mine}
    if keeps:
        holds: Iterable[Hold] = holders.overlapping(acquired)
    else:
        holds = _stood(context, stood_before, acquired)
    for hold in holds:
        if hold.item not in met:
            met.add(hold.item)
            yield _collision(acquired, step, hold.key, context.after.item(hold.item))


def _stood(context: JudgeContext, before: Holders, key: SurfaceKey) -> tuple[Hold, ...]:
    """What is held that overlaps `key`, by items that did so in `before`, too.

    A push may take and let go one surface under a thousand items: it is looked up once.
    """
    families = context.policy.families
    compared = families.collides_as(key.parts)
    if compared not in context.stood:
        holders = context.after.holders.under(families)
        context.stood[compared] = tuple(
            hold
            for hold in holders.overlapping(key)
            if any(families.overlap(own, key) for own in before.held(hold.item))
        )
    return context.stood[compared]


def _collision(
    acquired: SurfaceKey, step: Step, held: SurfaceKey, other: Item
) -> Finding:
    from fleetfeed.judge.advice import Asker, next_step  # late: few posts meet another

    sign = step.context.signs(other.id) if other.active else None
    mine = step.before.id if step.before.newest else ""
    asker = Asker(step.post.seat, step.policy, mine)
    todo = next_step(step.context.after, other, asker, over=sign is Lapse.LAPSED)
    return finding(
        "FF401",
        step.post.place("SURFACE_KEY"),
        collision_message(acquired, held, other, _left(sign), todo),
        item=other.id,
        surface=held.text,
        holder=other.contact,
    )


def collision_message(
    wanted: SurfaceKey, held: SurfaceKey, other: Item, left: str, todo: str
) -> str:
    """The sentence of a collision; its first word is `COLLIDE-WITH-<ITEM>`.

    `left` says in words what is left of the lease of `other`, `todo` what to do.
    """
    state = other.state.value if other.state else "an unreadable post"
    what = printable(held.text)
    if wanted != held:
        what = f"{what}, which overlaps {printable(wanted.text)}"
    who = printable(other.contact) or "an unreadable post"
    return f"COLLIDE-WITH-{other.id}: {who} holds {what} ({state}, {left}); {todo}"


def _left(sign: Sign | None) -> str:
    if isinstance(sign, Alive):
        if math.isinf(sign.left):
            return "lease without end"
        return f"lease left {math.ceil(max(sign.left, 0))} s"
    if sign is Lapse.LAPSED:
        return "lease lapsed"
    return "lease left not known here" if sign else "no lease"
