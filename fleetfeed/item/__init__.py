"""Items: the fold of an item's posts into what is true of it now."""

from fleetfeed.item.epoch import EpochRule, epoch_rule
from fleetfeed.item.fold import Item, fold, step, unborn

__all__ = ["EpochRule", "Item", "epoch_rule", "fold", "step", "unborn"]
