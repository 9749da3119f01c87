"""For which items a command makes sense: what a seat could do with each by the rules.

That is advice to who types, before anything is asked: the judge has the last word.
"""

from collections.abc import Callable, Collection

from fleetfeed.judge.transitions import counts_as, transition
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State

_STATES = {
    "claim": State.IN_PROGRESS,
    "hold": State.IN_PROGRESS,
    "release": State.AWAITING_CLAIM,
    "block": State.BLOCKED,
    "park": State.PARKED,
    "cancel": State.CANCELLED,
    "yield": State.CANCELLED,
    "done": State.DONE,
}
"""Command -> the state that it takes an item to."""

_BEGUN = (State.DONE, State.BLOCKED)
"""What is said of work that was begun, though who filed it may say it before."""

_OVER_OTHERS = frozenset({"--reason", "--watch", "--wait"})
"""With any of these a claim may be of what another seat has."""


def suits(
    item: Item, command: str, seat: str, rules: Policy, flags: Collection[str] = ()
) -> bool:
    """Whether `seat` (empty: not known) would type `command`, with `flags`, of `item`.

    A command that reads takes any item.
    """
    if not seat:
        return True
    after = _STATES.get(command)
    if after is None or item.state is None:
        asks = _OWN.get(command)
        return asks is None or asks(item, seat)
    if after is State.IN_PROGRESS and item.state is after:
        return _claims_again(item, seat, flags)
    if item.state is after or "--resume" in flags:
        return False
    if item.state is State.AWAITING_CLAIM and after in _BEGUN:
        return False
    row = transition(item.state, after)
    return any(counts_as(who, item, seat, rules) for who in row.who)


def _claims_again(item: Item, seat: str, flags: Collection[str]) -> bool:
    """Whether what is in progress is claimed once more: one's own, or another's."""
    if acts_as(seat, item.holder):
        return "--resume" in flags
    return not _OVER_OTHERS.isdisjoint(flags)


def _has(item: Item, seat: str) -> bool:
    return item.state is State.IN_PROGRESS and acts_as(seat, item.holder)


def _has_or_waits(item: Item, seat: str) -> bool:
    return item.leased and acts_as(seat, item.beating)


def _may_give(item: Item, seat: str) -> bool:
    awaits = item.state is State.AWAITING_CLAIM and acts_as(seat, item.filer)
    return awaits or _has(item, seat)


def _may_evict(item: Item, seat: str) -> bool:
    return item.state is State.IN_PROGRESS and not acts_as(seat, item.holder)


_OWN: dict[str, Callable[[Item, str], bool]] = {
    "beat": _has_or_waits,
    "evict": _may_evict,
    "fence": _has,
    "handoff": _may_give,
    "keep": _has,
    "renew": _has_or_waits,
}
"""Command -> whether a seat would type it of an item."""
