"""The epoch table: which post raises an item's epoch, the fencing token.

An epoch counts acquisitions. Whoever wrote under an older one has been replaced, even
if nobody told it.
"""

from enum import Enum

from fleetfeed.model.post import State
from fleetfeed.model.seat import acts_as

RESUMABLE = frozenset({State.IN_PROGRESS, State.BLOCKED, State.PARKED})


class EpochRule(Enum):
    """What a post does to the epoch: keep it, raise it by one, or as EPOCH says."""

    KEEP = "keep"
    RAISE = "raise"
    CHOOSE = "choose"


def epoch_rule(
    epoch: int,
    seat: str,
    *,
    before: State | None,
    after: State,
    old_holder: str,
    new_holder: str,
) -> EpochRule:
    """The rule for a post of `seat` that takes an item from `before` to `after`.

    `epoch` is the item's before the post; `before` is None for a first post; a holder
    is empty where there is none.
    """
    enters = after is State.IN_PROGRESS
    if epoch == 0:
        return EpochRule.RAISE if enters else EpochRule.KEEP
    if enters and not acts_as(new_holder, old_holder):
        return EpochRule.RAISE
    if before is State.IN_PROGRESS and not enters and not acts_as(seat, old_holder):
        return EpochRule.RAISE
    if before and before.terminal and after is not before:
        return EpochRule.RAISE
    if enters and before in RESUMABLE and acts_as(seat, old_holder):
        return EpochRule.CHOOSE
    return EpochRule.KEEP
