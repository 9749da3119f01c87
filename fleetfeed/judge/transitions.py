"""The transition table: from which state to which, and by whom.

Who loses work must have agreed, or is owed a reason: that is the whole of it.
"""

import math
from collections.abc import Iterator
from enum import Enum

from fleetfeed.judge.step import Step
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Alive, Lapse, wait_advice
from fleetfeed.model.names import acts_as
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

LAPSE_UNKNOWN = "FF501"
"""A lapse is needed, and nobody here can tell whether it is there."""

TOO_FEW = "FF613"
"""Fewer stewards stand behind an act than have to."""


class Who(Enum):
    """Those who may make a transition. The last three need a REASON."""

    HOLDER = "the holder"
    FILER = "the filer"
    OWNER = "the named owner"
    WAITER = "who is in line with it"
    CLAIMANT = "whom OWNER allows"
    STEWARD = "a steward with a REASON"
    LAPSED = "anyone with a REASON after the lease has lapsed"
    ANYONE = "anyone with a REASON"


@record
class Transition:
    """One row: `before` to one of `after`, by one of `who`."""

    before: State
    after: frozenset[State]
    who: tuple[Who, ...]


_ALL = frozenset(State)
_AWAITING, _RUNNING = State.AWAITING_CLAIM, State.IN_PROGRESS
_TAKEN = frozenset({_RUNNING, _AWAITING, State.PARKED})
_RESTING = (Who.HOLDER, Who.FILER, Who.STEWARD)
_WAITING = (Who.FILER, Who.OWNER, Who.STEWARD)
# Who may claim it, and would have to wait for nobody, may lay it aside.
_ASIDE = (Who.FILER, Who.CLAIMANT, Who.STEWARD)


def _over(state: State) -> tuple[Transition, ...]:
    return (
        Transition(state, frozenset({state}), _RESTING),
        Transition(state, _ALL - {state}, (Who.ANYONE,)),
    )


TRANSITIONS = (
    Transition(_AWAITING, frozenset({_RUNNING}), (Who.CLAIMANT, Who.LAPSED)),
    Transition(_AWAITING, frozenset({State.PARKED}), (*_ASIDE, Who.LAPSED)),
    Transition(_AWAITING, _ALL - {_RUNNING, State.PARKED}, _WAITING),
    Transition(_RUNNING, _TAKEN, (Who.HOLDER, Who.STEWARD, Who.LAPSED)),
    Transition(_RUNNING, _ALL - _TAKEN, (Who.HOLDER, Who.STEWARD)),
    Transition(State.BLOCKED, _ALL, _RESTING),
    Transition(State.PARKED, _ALL, (Who.WAITER, *_RESTING)),
    *_over(State.DONE),
    *_over(State.CANCELLED),
)


def transition(before: State, after: State) -> Transition:
    """The row for a step from `before` to `after`; every pair has exactly one."""
    return next(t for t in TRANSITIONS if t.before is before and after in t.after)


def authority(step: Step) -> Iterator[Finding]:
    """The seat may make this transition.

    A first post is anyone's; over posts that nobody can read, with a reason.
    """
    if step.before.state is None:
        if step.before.unreadable:
            yield from _reason(step)
        return
    row = transition(step.before.state, step.post.state)
    if _outright(step, row):
        return
    if _with_reason(step, row):
        yield from _reason(step)
    elif _after_lapse(step, row):
        yield from _lapse(step)
    else:
        yield _refusal(step, row)


def may(step: Step) -> bool:
    """Whether the table knows a way for the seat: outright, by a reason, by a lapse."""
    if step.before.state is None:
        return True
    row = transition(step.before.state, step.post.state)
    return _outright(step, row) or _with_reason(step, row) or _after_lapse(step, row)


def may_after_lapse(step: Step) -> bool:
    """Whether anybody may do it, with the REASON that is given, after a lapse."""
    if step.before.state is None:
        return False
    return _after_lapse(step, transition(step.before.state, step.post.state))


def comes_second(step: Step) -> bool:
    """Whether an earlier post of this very push is about the item."""
    return step.before.newest != step.context.before.item(step.before.id).newest


def _outright(step: Step, row: Transition) -> bool:
    return any(_is(step, who) for who in row.who)


def _with_reason(step: Step, row: Transition) -> bool:
    steward = Who.STEWARD in row.who and step.policy.is_steward(step.post.seat)
    return steward or Who.ANYONE in row.who


def _after_lapse(step: Step, row: Transition) -> bool:
    return Who.LAPSED in row.who and bool(step.post.reason)


def _is(step: Step, who: Who) -> bool:
    """Whether the seat is one of those who need no reason."""
    return counts_as(who, step.before, step.post.seat, step.policy)


def counts_as(who: Who, item: Item, seat: str, rules: Policy) -> bool:
    """Whether `seat` is `who` to `item`, by what both are: for no reason, no lapse."""
    if who is Who.HOLDER:
        return acts_as(seat, item.holder)
    if who is Who.FILER:
        return acts_as(seat, item.filer)
    if who is Who.OWNER:
        return bool(item.owner) and rules.may_claim(seat, item.owner)
    if who is Who.WAITER:
        return item.turn > 0 and acts_as(seat, item.waiter)
    return who is Who.CLAIMANT and rules.may_claim(seat, item.owner)


def _reason(step: Step) -> Iterator[Finding]:
    if not step.post.reason:
        before, move = step.before.state, "over an unreadable post"
        if before:
            move = f"from {before.value} to {step.post.state.value}"
        message = f"{printable(step.post.seat)} goes {move} on {step.before.id}"
        yield step.finding("FF302", "", f"{message} without REASON; add `REASON: …`")


def _lapse(step: Step) -> Iterator[Finding]:
    who, item = printable(step.before.contact), step.before.id
    if comes_second(step):
        message = f"{who} has {item} by an earlier post of this very push"
        why = "so it is alive; a lapse is leaned upon once"
        yield step.finding("FF502", "STATE", f"{message}, {why}")
        return
    sign = step.context.signs(item)
    if sign is Lapse.LAPSED:
        return
    if isinstance(sign, Alive):
        yield step.finding("FF502", "STATE", _alive(sign, who, item))
        return
    message = f"{who} holds {item}, and whether its lease has lapsed cannot be told"
    todo = f"here; ask {who} to release it, a steward to move it, or watch it:"
    todo += f" `fleetfeed claim {item} --watch --reason …`"
    yield step.finding(
        LAPSE_UNKNOWN, "STATE", f"{message} {todo}", step.context.unknown
    )


def _alive(sign: Alive, who: str, item: str) -> str:
    message = f"{who} holds {item} and is alive, its lease"
    if math.isinf(sign.left):
        return f"{message} has no end; ask for a release, or a steward to move it"
    todo = wait_advice(sign)
    if sign.left <= 0:
        return f"the lease of {who} on {item} is over, and its grace is not{todo}"
    return f"{message} runs {math.ceil(sign.left)} s more{todo}"


def _refusal(step: Step, row: Transition) -> Finding:
    before, after = row.before.value, step.post.state.value
    seat, item = printable(step.post.seat), step.before.id
    message = f"{seat} may not take {item} from {before} to {after}"
    return step.finding("FF301", "SEAT", f"{message}; {_those(step, row)} may")


def _those(step: Step, row: Transition) -> str:
    """Who may, as far as there is such a seat."""
    item = step.before
    known = {
        Who.HOLDER: item.holder,
        Who.FILER: item.filer,
        Who.OWNER: item.owner,
        Who.WAITER: item.waiter,
        Who.CLAIMANT: item.owner,
    }
    seats = ((who, known.get(who)) for who in row.who)
    there = ((who, seat) for who, seat in seats if seat != "")
    return ", or ".join(_named(who, seat) if seat else who.value for who, seat in there)


def _named(who: Who, seat: str) -> str:
    """`the holder CAMBER-06`; whom OWNER allows may be a pool's seats."""
    name = printable(seat)
    return f"{who.value} ({name})" if who is Who.CLAIMANT else f"{who.value} {name}"
