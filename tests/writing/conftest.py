"""The worlds of a store, and an item under a lease with a clock that is ahead."""

from lease.leased import ahead, asks, later, leased
from ledger.world_cases import one, pytest_generate_tests, two, world

__all__ = [
    "ahead",
    "asks",
    "later",
    "leased",
    "one",
    "pytest_generate_tests",
    "two",
    "world",
]
