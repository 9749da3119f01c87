"""The line before a surface: nobody jumps it, whatever way they come.

A free surface is the first one's in line while its turn lasts. What is judged is who
begins to hold a surface, so a batch, another spelling, a wider or a narrower key and a
hand-written post come to the same.
"""

import math
from collections.abc import Iterator

from fleetfeed.feed.line import before_whom, places
from fleetfeed.feed.surface_index import FULL
from fleetfeed.judge.step import Step
from fleetfeed.judge.transitions import LAPSE_UNKNOWN
from fleetfeed.model.fields import lets_go
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Alive, Lapse, Sign, wait_advice
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

HOW = "`fleetfeed claim … --wait` takes a place in line and waits for its turn"


def turn_number(step: Step) -> Iterator[Finding]:
    """FF506: TURN is the next place in line for the item's surfaces."""
    given, after = step.post.text("TURN"), step.after
    if not given or lets_go((given,)):
        return
    if step.post.state is not State.PARKED:
        message = f"TURN is for what is PARKED, and this is {step.post.state.value}"
        yield step.finding("FF506", "TURN", f"{message}; take TURN out")
        return
    if not after.keys or any(len(key.parts) < FULL for key in after.keys):
        message = f"{after.id} names no surface that there could be a line for"
        todo = "give its SURFACE_KEY, of lane, family and artifact"
        yield step.finding("FF506", "TURN", f"{message}; {todo}")
        return
    lowest, highest = _numbers(step)
    if lowest <= int(given) <= highest and not _twice(step):
        return
    message = f"the next place in line for {_surface(after)} is {lowest}, not {given}"
    mended = f"TURN: {lowest}"
    yield step.finding("FF506", "TURN", f"{message}; write `{mended}`", mended=mended)


def _numbers(step: Step) -> tuple[int, int]:
    """The lowest and the highest TURN that the post may have.

    In one push others may have come before it.
    """
    before, mine = step.before, step.before.id
    if before.turn and before.keys == step.after.keys:
        return before.turn, before.turn
    families, keys = step.policy.families, step.after.keys
    there = places(step.context.before, keys, families, mine)
    first = max((item.turn for item in there), default=0) + 1
    together = places(step.context.after, keys, families, mine)
    return first, first + sum(item.turn >= first for item in together)


def _twice(step: Step) -> bool:
    """Whether another item has the very place, where both came together."""
    keys, mine = step.after.keys, step.before.id
    others = places(step.context.after, keys, step.policy.families, mine)
    return any(item.turn == step.after.turn for item in others)


def not_your_turn(step: Step) -> Iterator[Finding]:
    """FF507 where a post takes a surface that is kept for who is in line before it."""
    context, mine = step.context, step.before
    for key in step.acquired:
        for other in before_whom(context.after, mine, key, step.policy.families):
            # Whoever came into line by this very push is behind all that are there.
            if not context.before.item(other.id).turn:
                continue
            sign = context.signs(other.id)
            if sign is Lapse.LAPSED:
                continue
            yield _kept(step, key, other, sign)
            return


def _kept(step: Step, key: SurfaceKey, other: Item, sign: Sign) -> Finding:
    who, mine = printable(other.waiter), step.before.id
    what = f"{_surface(other)} is kept for {who} by {other.id}, in line with TURN"
    message = f"{what} {other.turn} before {mine}"
    if not isinstance(sign, Alive):
        why = "and whether its turn is over cannot be told here"
        return step.finding(
            LAPSE_UNKNOWN,
            "SURFACE_KEY",
            f"{message}, {why}; {HOW}",
            step.context.unknown,
        )
    todo = wait_advice(sign) if math.isfinite(sign.opens) else ""
    found = step.finding("FF507", "SURFACE_KEY", f"{message}{todo}; {HOW}")
    return replace(found, surface=key.text)


def _surface(item: Item) -> str:
    return printable(", ".join(key.text for key in item.keys), 200)
