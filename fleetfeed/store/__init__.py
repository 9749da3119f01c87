"""Stores: where posts are appended, and how exactly one of many writers wins.

`contract` says what a store promises. `writing` is the one loop that keeps the promise
(read, judge, swap, and again) over a `ledger`, which only reads a tip and moves it by
compare-and-set. There are two ledgers: `git`, through a push, and `memory`.
"""

from fleetfeed.store.appends import FeedStore
from fleetfeed.store.contract import Append, Conflict, NotFound, Ok, Store
from fleetfeed.store.memory import MemoryLedger
from fleetfeed.store.patience import Patience

__all__ = [
    "Append",
    "Conflict",
    "FeedStore",
    "MemoryLedger",
    "NotFound",
    "Ok",
    "Patience",
    "Store",
]
